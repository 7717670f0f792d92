"""What a vendor does and what of it people ask for by name, as the catalog has it. Immutable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Product(NamedTuple):
    """A product of a vendor that has no page of its own."""

    name: str
    """As people type it: ``S3``."""
    part: str | None = None
    """What the vendor's page calls it, as far as is known: ``Amazon Simple Storage Service``."""

    @property
    def names(self) -> tuple[str, ...]:
        """What to look for on the page, the likeliest first."""
        return (self.part, self.name) if self.part else (self.name,)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a vendor beside its page."""

    about: str = ""
    """What it does, in one line that begins in lower case and has no full stop; empty: not known."""
    specialty: str | None = None
    """What it is, finer than its subcategory: two of one specialty can be used in place of each other."""
    products: tuple[Product, ...] = ()


NO_FACTS = Facts()
