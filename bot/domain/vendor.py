"""The vendors of the catalog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

Slug = NewType("Slug", str)
"""A vendor's key in the catalog: lower-case letters, digits and hyphens."""

OWN = "own"
"""The category of pages that no catalog has: a workspace added them for itself."""
NO_PAGE = "none"
"""The kind of a vendor that people ask for by name, and that has no page which programs can read."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """One row of the catalog."""

    slug: Slug
    name: str
    page_url: str
    """Where people look, where programs cannot."""
    human_url: str
    category: str
    subcategory: str
    aliases: tuple[str, ...] = ()
    homepage: str | None = None
    kind: str | None = None
    """The page's platform; ``None`` until it is detected at the first read."""
    enabled: bool = True

    @property
    def has_page(self) -> bool:
        """Whether there is a page to read."""
        return self.kind != NO_PAGE

    @property
    def typed(self) -> str:
        """How a command names it: by the slug, or where that is only a key of ours, by the name."""
        if self.category != OWN:
            return self.slug
        plain = self.name.replace("\\", "").replace('"', "")
        return plain if plain.isalnum() else f'"{plain}"'
