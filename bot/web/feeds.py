"""A vendor's incidents as an Atom feed (RFC 4287), its maintenances as a calendar (RFC 5545), its state as a badge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from bot.web.document import document
from bot.web.vendor_page import ShownIncident, ShownUpdate, VendorPage

ATOM_ENTRIES = 100
UNSAFE_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF))
LINE_OCTETS = 74
"""Of a calendar, after which a line is folded; a fold adds one."""
COLOURS = {
    "operational": "#1a7f37",
    "maintenance": "#0969da",
    "degraded": "#9a6700",
    "partial_outage": "#bc4c00",
    "major_outage": "#cf222e",
    "unknown": "#57606a",
}
"""White text on each has a contrast of at least 4.5."""
CHAR_PX = 6.6
"""Of the badge's font at 11 px, on average; the text is stretched to the width that is worked out."""


def atom(page: VendorPage, base: str) -> str:
    """An entry per update, the newest first; ids stay the same for ever. ``base``: where the site is."""
    here = f"{base}/v/{page.slug}"
    incidents = (*page.open, *page.planned, *page.past)
    entries = [(u, number, i) for i in incidents for number, u in enumerate(reversed(i.updates))]
    entries.sort(key=lambda entry: (entry[0].at, entry[1]), reverse=True)
    newest = entries[0][0].at if entries else page.read_at
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>urn:lookout:{_text(page.slug)}</id>",
        f"<title>{_text(page.name)}: incidents</title>",
        f"<updated>{_time(newest)}</updated>",
        f"<author><name>{_text(page.name)}</name></author>",
        f'<link rel="self" href={_attribute(f"{here}.atom")}/>',
        f'<link rel="alternate" type="text/html" href={_attribute(here)}/>',
        *(
            line
            for update, number, incident in entries[:ATOM_ENTRIES]
            for line in _entry(page, incident, update, number, here)
        ),
        "</feed>",
    ]
    return "\n".join(lines) + "\n"


def _entry(page: VendorPage, incident: ShownIncident, update: ShownUpdate, number: int, here: str) -> Iterator[str]:
    """``number``: how many of its updates came before."""
    title = f"{incident.title} — {update.phase}" if update.phase else incident.title
    yield "<entry>"
    yield f"<id>urn:lookout:{_text(page.slug)}:{_text(incident.id)}:{number}</id>"
    yield f"<title>{_text(title)}</title>"
    yield f"<published>{_time(update.at)}</published><updated>{_time(update.at)}</updated>"
    yield f'<link rel="alternate" href={_attribute(incident.url or here)}/>'
    yield f"<category term={_attribute(incident.level)}/>"
    yield f'<content type="html">{_text(document(update.text))}</content>'
    yield "</entry>"


def _text(text: str) -> str:
    return escape(text.translate(UNSAFE_XML))


def _attribute(text: str) -> str:
    return quoteattr(text.translate(UNSAFE_XML))


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else "1970-01-01T00:00:00Z"


def calendar(page: VendorPage, now: datetime) -> str:
    """Maintenances, planned ones and those of the last 90 days."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Lookout//Maintenances//EN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_value(f'{page.name}: maintenances')}",
    ]
    for incident in (*page.open, *page.planned, *page.past):
        if incident.kind == "maintenance":
            lines += _event(page, incident, now)
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCALENDAR"))


def _event(page: VendorPage, incident: ShownIncident, now: datetime) -> list[str]:
    end = incident.ended or incident.planned_end or incident.started + timedelta(hours=1)
    text = incident.updates[0].text if incident.updates else ""
    return [
        "BEGIN:VEVENT",
        f"UID:{_value(incident.id)}@{page.slug}.lookout",
        f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
        f"DTSTART:{incident.started:%Y%m%dT%H%M%SZ}",
        f"DTEND:{max(end, incident.started):%Y%m%dT%H%M%SZ}",
        f"SUMMARY:{_value(f'{page.name}: {incident.title}')}",
        *([f"DESCRIPTION:{_value(text)}"] if text else []),
        *([f"URL:{incident.url}"] if incident.url and incident.url.isprintable() else []),
        "END:VEVENT",
    ]


def _value(text: str) -> str:
    """Of the type TEXT, https://www.rfc-editor.org/rfc/rfc5545#section-3.3.11."""
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        text = text.replace(plain, written)
    return "".join(char for char in text if char.isprintable())


def _folded(line: str) -> str:
    """At octets, but never within a character."""
    parts, part, size = [], "", 0
    for char in line:
        width = len(char.encode("utf-8", "replace"))
        if size + width > LINE_OCTETS:
            parts.append(part)
            part, size = " ", 1
        part, size = part + char, size + width
    return "\r\n".join([*parts, part])


def badge(label: str, level: str, level_text: str) -> str:
    """An SVG of 20 px height: what it is about, and how it is."""
    left, right = round(len(label) * CHAR_PX) + 12, round(len(level_text) * CHAR_PX) + 12
    name, text = _text(label), _text(level_text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img"'
        f" aria-label={_attribute(f'{label}: {level_text}')}><title>{name}: {text}</title>"
        f'<rect width="{left + right}" height="20" rx="3" fill="#24292f"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left}z" fill="{COLOURS[level]}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="6" y="14" textLength="{left - 12}">{name}</text>'
        f'<text x="{left + 6}" y="14" textLength="{right - 12}">{text}</text></g></svg>\n'
    )
