from __future__ import annotations

import pytest

from bot.monitor.parsing.titles import NAME_CHARS, page_name
from bot.monitor.provider import Body


def named(content: str) -> str | None:
    return page_name(Body("https://status.example.com", content.encode()))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('{"page": {"id": "x", "name": "Acme"}, "status": {}}', "Acme"),
        ('{"data": {"attributes": {"company_name": "Acme & Sons"}}}', "Acme & Sons"),
        ('{"config": {"title": "Acme Status"}}', "Acme"),
        ('{"page": {"name": null}, "title": 3, "name": ["x"]}', None),
        ("[1, 2]", None),
        ("not json", None),
        ("", None),
        ("<!doctype html><html><head><title>Acme’s Status Page</title>", "Acme"),  # noqa: RUF001
        ("<!doctype html><title>Status | Acme &amp; Sons</title>", "Acme & Sons"),
        ("<!doctype html><title>System Status</title>", None),
        ('<html><meta property="og:site_name" content="Acme"><title>All Systems Operational</title>', "Acme"),
        ('<?xml version="1.0"?><rss><channel><title><![CDATA[Acme Status - Incident History]]></title>', "Acme"),
        ("<feed><title>Acme Cloud Status - Incident history</title>", "Acme Cloud"),
        ("<html><title>Statusphere</title>", "Statusphere"),
        (f"<html><title>{'Acme ' * 20}</title>", f"{'Acme ' * 11}Acme…"),
        ("<html><title>Service Status - Status Page</title>", None),
    ],
)
def test_a_page_is_called_what_it_calls_itself_without_the_word_status(content: str, name: str | None) -> None:
    assert named(content) == name
    assert name is None or len(name) <= NAME_CHARS
