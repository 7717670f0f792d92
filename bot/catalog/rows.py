"""A catalog as a file: one vendor a line, in JSON, by slug. Reads it, checks it, merges it, writes it one way."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Container, Iterable, Mapping
from itertools import count
from typing import Any

from bot.catalog.facts import NO_FACTS, Facts, Product
from bot.catalog.names import has_password, typed_url
from bot.domain import OWN, Slug, Vendor

Row = Mapping[str, Any]
"""Fields of one vendor by name. In a file that is laid over another one it may hold those alone that differ."""

FIELDS: dict[str, type] = {
    "slug": str,
    "name": str,
    "aliases": list,
    "homepage": str,
    "page_url": str,
    "human_url": str,
    "kind": str,
    "category": str,
    "subcategory": str,
    "specialty": str,
    "about": str,
    "products": dict,
    "enabled": bool,
    "standing": int,
}
"""In the order in which they are written."""
REQUIRED = ("name", "page_url", "category")
_ADDRESSES = frozenset({"page_url", "human_url", "homepage"})
_TYPE_NAMES = {str: "a text", list: "a list", dict: "an object", bool: "true or false", int: "a number"}
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class CatalogError(Exception):
    """One sentence that says which line of which file is wrong, and what to do."""


def read_rows(text: str, name: str) -> dict[str, Row]:
    """The rows of a file by slug; empty lines and those that begin with ``#`` are passed over. ``name`` is what the
    file is called. Raises :class:`CatalogError`."""
    rows: dict[str, Row] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise CatalogError(f"{name}, line {number}: this is no JSON object on one line.") from None
        if (wrong := _row_problem(row)) is not None:
            raise CatalogError(f"{name}, line {number}: {wrong}.")
        if row["slug"] in rows:
            raise CatalogError(f"{name}, line {number}: {row['slug']} stands there twice; keep one.")
        rows[row["slug"]] = row
    return rows


def merge(below: Mapping[str, Row], above: Mapping[str, Row], name: str) -> dict[str, Row]:
    """Both; where both have a vendor, field by field what is above. ``name`` is the upper file's. Raises
    :class:`CatalogError` for a new vendor that is not whole."""
    merged = dict(below)
    for slug, row in above.items():
        merged[slug] = {**merged.get(slug, {}), **row}
        missing = [field for field in REQUIRED if field not in merged[slug]]
        if missing:
            raise CatalogError(f"{name}: {slug} is not in the catalog yet, so give it {' and '.join(missing)}.")
    return merged


def vendor_of(row: Row) -> Vendor:
    """Fields that are left out have their plain default: ``human_url`` is ``page_url``, ``subcategory`` is
    ``category``, ``enabled`` is true."""
    return Vendor(
        slug=Slug(row["slug"]),
        name=row["name"],
        page_url=row["page_url"],
        human_url=row.get("human_url", row["page_url"]),
        category=row["category"],
        subcategory=row.get("subcategory", row["category"]),
        aliases=tuple(row.get("aliases", ())),
        homepage=row.get("homepage"),
        kind=row.get("kind"),
        enabled=row.get("enabled", True),
    )


def facts_of(row: Row) -> Facts:
    """``products`` are names with what the page calls each, or null."""
    products = (Product(name, part) for name, part in row.get("products", {}).items())
    return Facts(row.get("about", ""), row.get("specialty"), tuple(products))


def row_of(vendor: Vendor, facts: Facts = NO_FACTS) -> Row:
    """The vendor as a row; what has its plain default is left out, and so is ``standing``."""
    row = {
        "slug": vendor.slug,
        "name": vendor.name,
        "aliases": list(vendor.aliases) or None,
        "homepage": vendor.homepage,
        "page_url": vendor.page_url,
        "human_url": None if vendor.human_url == vendor.page_url else vendor.human_url,
        "kind": vendor.kind,
        "category": vendor.category,
        "subcategory": None if vendor.subcategory == vendor.category else vendor.subcategory,
        "specialty": facts.specialty,
        "about": facts.about or None,
        "products": {product.name: product.part for product in facts.products} or None,
        "enabled": None if vendor.enabled else False,
    }
    return {field: value for field, value in row.items() if value is not None}


def free_slug(name: str, taken: Container[str]) -> Slug:
    """A slug made of a vendor's name, with a number where that one is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    first = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "vendor"
    numbered = (f"{first}-{number}" for number in count(2))
    return Slug(first if first not in taken else next(slug for slug in numbered if slug not in taken))


def line_of(row: Row) -> str:
    """The row as it stands in a file."""
    ordered = {field: row[field] for field in FIELDS if field in row}
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))


def text_of(rows: Iterable[Row]) -> str:
    """The whole file."""
    return "".join(f"{line_of(row)}\n" for row in sorted(rows, key=lambda row: str(row["slug"])))


def _row_problem(row: object) -> str | None:
    if not isinstance(row, dict):
        return "this is no JSON object"
    if not isinstance(row.get("slug"), str) or not _SLUG.fullmatch(row["slug"]):
        return "give it a slug of lower-case letters, digits and single hyphens"
    for field, value in row.items():
        if field not in FIELDS:
            return f"there is no field {field}; there are {', '.join(FIELDS)}"
        if type(value) is not FIELDS[field] and not (value is None and field in ("kind", "homepage")):
            return f"{field} has to be {_TYPE_NAMES[FIELDS[field]]}"
        if field in _ADDRESSES and isinstance(value, str) and not _is_address(value):
            return f"{field} has to be an address such as https://status.example.com"
    if not all(isinstance(alias, str) for alias in row.get("aliases", ())):
        return "aliases have to be texts"
    if not all(part is None or isinstance(part, str) for part in row.get("products", {}).values()):
        return "each of the products has to have what the page calls it, or null"
    if row.get("category") == OWN:
        return f"the category {OWN} is that of pages that workspaces add for themselves; take another"
    return None


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://")) and typed_url(text) == text and not has_password(text)
