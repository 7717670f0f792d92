"""Pages that are nearly as long as a page may be, each of what a careless parser takes long over."""

from __future__ import annotations

import json

from tests.monitor.providers.bodies import component, incident, post, summary

PARTS = 1_200
"""How many times over a page has what repeats, to be of some nine megabytes."""

_ENTRY = "<entry><id>{}</id><updated>2026-06-03T12:00:00Z</updated><content>{}</content></entry>"


def long_pages(parts: int = PARTS) -> dict[str, tuple[bytes, str]]:
    """Bodies by name, each with the kind that reads it."""
    return {
        "page": (_page(parts), "statuspage"),
        "feed": (_feed(parts), "rss"),
        "sentence": (_feed_of_one("not resolved " * 580 * parts), "rss"),
        "heads": (_feed_of_one("&lt;small>Jun " * 500 * parts), "rss"),
    }


def _page(parts: int) -> bytes:
    """Of everything that repeats."""
    text = "<p><b>Down</b> &amp; out<br>" * 200
    rows = [incident(f"i{n}", incident_updates=[post(f"u{n}", text=text)]) for n in range(parts)]
    components = [component(f"c{n}", "major_outage", group_id=f"g{n % 50}") for n in range(8 * parts)]
    groups = [component(f"g{n}", group=True, components=[f"c{m}" for m in range(parts)]) for n in range(50)]
    return json.dumps(summary(incidents=rows, components=[*components, *groups])).encode()


def _feed(parts: int) -> bytes:
    update = "&lt;p&gt;&lt;small&gt;Jun 3, 12:00 UTC&lt;/small&gt; resolved not &lt;/p&gt;"
    return f"<feed>{''.join(_ENTRY.format(n, update * 100) for n in range(parts))}</feed>".encode()


def _feed_of_one(content: str) -> bytes:
    return f"<feed>{_ENTRY.format(1, content)}</feed>".encode()
