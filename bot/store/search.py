"""Finds incidents by what a person has at hand: an id, the start of one, a link."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, select

from bot.store.rows import AnyRow
from bot.store.tables import INCIDENT, PAGE
from bot.store.upserts import link, split_link

MAX_RESULTS = 5
MIN_PREFIX = 4
"""Characters of an id that are enough to look for it."""


def search(tx: Connection, text: str, hidden: ColumnElement[bool]) -> list[AnyRow]:
    """Rows of ``INCIDENT``, the newest first, found in the surest way that finds any; of no vendor that is hidden."""
    text = text.strip().strip("<>")
    i = INCIDENT.c
    shown = ~hidden
    slug, _, id = text.partition("/")
    found = _newest(tx, shown & (i.slug == slug.lower()) & (i.id == id)) or _newest(tx, shown & (i.id == text))
    if "/" in text:
        found = found or _newest(tx, shown & (i.link == link(text))) or _by_page_link(tx, text, shown)
    if not found and len(id or slug) >= MIN_PREFIX:
        start = shown & i.id.istartswith(id or slug, autoescape=True)
        found = _newest(tx, start & (i.slug == slug.lower()) if id else start)
    return found


def _by_page_link(tx: Connection, text: str, shown: ColumnElement[bool]) -> list[AnyRow]:
    """A link to an incident ends in its id, or has it before a last word such as ``write-up``."""
    host, path = split_link(text)
    words = [word for word in path.split("/") if len(word) >= MIN_PREFIX]
    found = _newest(tx, shown & INCIDENT.c.id.in_(words[-2:]))
    pages = select(PAGE.c.slug, PAGE.c.page_url, PAGE.c.human_url).where(PAGE.c.slug.in_([row.slug for row in found]))
    here = {
        row.slug for row in tx.execute(pages) if host in (split_link(row.page_url)[0], split_link(row.human_url)[0])
    }
    return [row for row in found if row.slug in here] or found


def _newest(tx: Connection, which: ColumnElement[bool]) -> list[AnyRow]:
    i = INCIDENT.c
    return list(
        tx.execute(select(INCIDENT).where(which).order_by(i.started.desc(), i.pk.desc()).limit(MAX_RESULTS)).all()
    )
