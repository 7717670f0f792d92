"""The vendors that Lookout knows, and how they are found by what people type. Immutable."""

from bot.catalog.catalog import Catalog, Found, NearMiss, load

__all__ = ["Catalog", "Found", "NearMiss", "load"]
