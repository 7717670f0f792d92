"""A category of the catalog, ``ai-ml``, as people write it: *AI and ML*. Pure."""

from __future__ import annotations

ACRONYMS = frozenset({"ai", "api", "cd", "cdn", "ci", "cms", "crm", "dns", "erp", "hr", "it", "ml"})
NAMES = {"ai-ml": "AI and ML", "ci-cd": "CI/CD", "iot-hardware": "IoT and hardware"}


def category_name(category: str) -> str:
    if category in NAMES:
        return NAMES[category]
    words = [word.upper() if word in ACRONYMS else word for word in category.split("-")]
    name = " ".join(words)
    return name[:1].upper() + name[1:]
