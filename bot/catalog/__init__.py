"""The vendors that Lookout knows, and how they are found by what people type. Immutable."""

from bot.catalog.catalog import Catalog, Completion, Found, NearMiss, load
from bot.catalog.facts import Facts, Product
from bot.catalog.rows import CatalogError

__all__ = ["Catalog", "CatalogError", "Completion", "Facts", "Found", "NearMiss", "Product", "load"]
