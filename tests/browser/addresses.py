"""Each kind of page, and where it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.browser.bot import Bot

ADDRESSES: Mapping[str, Callable[[Bot], str]] = {
    "front": lambda _: "/",
    "found": lambda _: "/?q=mail",
    "category": lambda _: "/c/email",
    "vendor": lambda _: "/v/pigeonry",
    "unread vendor": lambda _: "/v/github",
    "incidents": lambda _: "/v/kelpcloud/incidents",
    "incident": lambda _: "/v/pigeonry/incidents/pgq7stuck3mr",
    "nothing": lambda _: "/v/nothing",
    "dashboard": Bot.dashboard,
    "old dashboard": lambda _: "/d/x",
}
