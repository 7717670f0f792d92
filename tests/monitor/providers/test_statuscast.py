"""StatusCast: states as classes in HTML."""

from __future__ import annotations

import pytest

from bot.domain import Level
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import body, page, read

HTML = page("statuscast/page.html")


def shown(*states: str) -> bytes:
    rows = (
        f'<b>C{n}</b><span class="status-list-component-status-text component-{s}">x</span>'
        for n, s in enumerate(states)
    )
    return f"<!DOCTYPE html><html>{''.join(rows)}</html>".encode()


def test_components() -> None:
    snapshot = read(HTML, "statuscast")
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("cash-cards", "Cash & cards", Level.OPERATIONAL),
        ("vault", "Vault", Level.MAJOR_OUTAGE),
        ("vault-2", "Vault", Level.MAINTENANCE),
        ("post", "Post", None),
    ]
    assert (snapshot.level, snapshot.status_text) == (Level.MAJOR_OUTAGE, "Unavailable")


@pytest.mark.parametrize(
    ("states", "level"),
    [
        (("available", "available"), Level.OPERATIONAL),
        (("available", "informational"), Level.OPERATIONAL),
        (("available", "maintenance"), Level.MAINTENANCE),
        (("available", "monitored"), Level.DEGRADED),
        (("available", "identified"), Level.DEGRADED),
        (("available", "investigating"), Level.DEGRADED),
        (("degraded", "unavailable"), Level.MAJOR_OUTAGE),
        (("available", "asleep"), None),
    ],
)
def test_states(states: tuple[str, ...], level: Level | None) -> None:
    assert read(body(shown(*states)), "statuscast").level == level


@pytest.mark.parametrize(
    "content", [b"{}", b"<!DOCTYPE html><html></html>", shown("available")[:-3], HTML.content[:60], b"<rss/>"]
)
def test_what_cannot_be_read_fails(content: bytes) -> None:
    with pytest.raises(ParseFailed):
        read(body(content), "statuscast")


def test_a_page_of_open_tags_is_none() -> None:
    piece = b'<span class="status-list-component-status-text component-available"> <b class="component-name'
    assert not BY_KIND["statuscast"].recognises(Body("", b"<!DOCTYPE html>" + piece * 20_000))


def test_the_page_itself_is_asked_for() -> None:
    url = "https://status.acme.example/"
    assert BY_KIND["statuscast"].state_urls(url) == (url,)
