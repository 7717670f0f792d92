"""Why a page may not be read, as people in a chat are told, and as whoever runs Lookout is: with the setting's name."""

from __future__ import annotations

ASK_TO_ALLOW = "Whoever runs Lookout can allow it."
ASK_FOR_HEADERS = "Whoever runs Lookout can set what it asks for."
_SETTINGS = {
    ASK_TO_ALLOW: "If it may be read, list it in LOOKOUT_FETCH_ALLOW_HOSTS.",
    ASK_FOR_HEADERS: "If it may be read, set what it asks for in LOOKOUT_PAGE_HEADERS_FILE.",
}


def for_operator(reason: str) -> str:
    """The reason with the name of the setting that helps."""
    for ask, setting in _SETTINGS.items():
        reason = reason.replace(ask, setting)
    return reason
