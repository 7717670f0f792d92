"""A category of the catalog, ``ai-ml``, as people write it: *AI and ML*. Pure."""

from __future__ import annotations

ACRONYMS = frozenset({"ai", "api", "cdn", "cms", "crm", "dns", "erp", "hr", "it", "ml"})
SPELT = {"iot": "IoT", "esign": "e-signing", "ecommerce": "e-commerce", "auth": "sign-in", "social": "social media"}
NAMES = {"ci-cd": "CI/CD"}
OF_TWO_FIELDS = frozenset({
    "ai-ml", "banking-fintech", "cms-websites", "crm-sales", "data-analytics", "design-creative", "dns-domains",
    "documents-esign", "erp-operations", "events-scheduling", "finance-accounting", "forms-surveys", "hr-recruiting",
    "identity-auth", "iot-hardware", "legal-compliance", "media-social", "restaurants-retail", "shipping-logistics",
    "storage-backup", "travel-hospitality",
})  # fmt: skip


def category_name(category: str) -> str:
    if category in NAMES:
        return NAMES[category]
    words = [word.upper() if word in ACRONYMS else SPELT.get(word, word) for word in category.split("-")]
    name = (" and " if category in OF_TWO_FIELDS else " ").join(words)
    return name[:1].upper() + name[1:]
