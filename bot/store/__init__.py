"""The only way to the database. Values in, values out; one public method is one transaction."""

from bot.store.database import StoreError
from bot.store.store import Store

__all__ = ["Store", "StoreError"]
