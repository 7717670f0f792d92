"""The only way to the database. Values in, values out; one public method is one transaction."""

from bot.store.database import StoreError, StoreUnavailable
from bot.store.store import Store

__all__ = ["Store", "StoreError", "StoreUnavailable"]
