"""Deletes what is kept of a workspace, or of a person, for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    TableClause,
    case,
    column,
    delete,
    func,
    inspect,
    select,
    table,
    update,
)

from bot.store.database import Database, writes
from bot.store.due import earliest, lock_channels, recompute_channel_due
from bot.store.json_columns import dump_ignored, load_ignored
from bot.store.tables import (
    API_KEY,
    AUDIT,
    CARD,
    CHANNEL,
    DEPENDENCY,
    FOLLOWING,
    OWN_PAGE,
    PAGE,
    SERVICE,
    SUBSCRIPTION,
    VENDOR_NOTE,
    Row,
)
from bot.store.watching import update_watched

ERASED = "erased"
"""In place of who created something that stays."""
_OF = ("team_id", "enterprise_id", "is_enterprise_install")
_BOTS = {"slack": table("slack_bots", *map(column, _OF))}
_INSTALLATIONS = {"slack": table("slack_installations", *map(column, (*_OF, "user_id")))}
"""slack_sdk's tables: made where an app is installed by OAuth, by slack_sdk."""


class Erasure:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def workspace(self, tx: Connection, platform: str, workspace: str) -> int:
        """Its channels with all that belongs to them, its services, its own pages, notes and keys, its installations.

        Returns how many channels.
        """
        own = select(OWN_PAGE.c.slug).where(OWN_PAGE.c.platform == platform, OWN_PAGE.c.workspace == workspace)
        shared = select(OWN_PAGE.c.slug).where((OWN_PAGE.c.platform != platform) | (OWN_PAGE.c.workspace != workspace))
        pages = tx.scalars(own.where(OWN_PAGE.c.slug.not_in(shared))).all()
        tx.execute(delete(OWN_PAGE).where(OWN_PAGE.c.platform == platform, OWN_PAGE.c.workspace == workspace))
        tx.execute(delete(PAGE).where(PAGE.c.slug.in_(pages)))
        noted = (VENDOR_NOTE.c.platform == platform) & (VENDOR_NOTE.c.workspace == workspace)
        tx.execute(delete(VENDOR_NOTE).where(noted))
        tx.execute(delete(API_KEY).where(API_KEY.c.platform == platform, API_KEY.c.workspace == workspace))
        ours = (SERVICE.c.platform == platform) & (SERVICE.c.workspace == workspace)
        needed = tx.scalars(
            select(DEPENDENCY.c.slug).distinct().join(SERVICE, DEPENDENCY.c.service == SERVICE.c.pk).where(ours)
        ).all()
        tx.execute(delete(SERVICE).where(ours))
        tx.execute(delete(AUDIT).where((AUDIT.c.platform == platform) & (AUDIT.c.workspace == workspace)))
        for installed in (*_there(tx, _INSTALLATIONS, platform), *_there(tx, _BOTS, platform)):
            i = installed.c
            organisations = i.is_enterprise_install.is_(True) & (i.enterprise_id == workspace)
            tx.execute(delete(installed).where((i.team_id == workspace) | organisations))
        gone = (CHANNEL.c.platform == platform) & (CHANNEL.c.workspace == workspace)
        count = tx.execute(delete(CHANNEL).where(gone)).rowcount
        update_watched(tx, needed)
        return count

    @writes
    def person(self, tx: Connection, platform: str, person: str) -> int:
        """Every mention of them: what they created stays, without their id; nobody is pinged by their name. Returns how
        many."""
        count = 0
        theirs = (AUDIT.c.platform == platform) & (AUDIT.c.created_by == person)
        tx.execute(update(AUDIT).where(theirs).values(created_name=""))
        for made in Row.metadata.sorted_tables:
            if "created_by" in made.c:
                theirs = _on(made, platform) & (made.c.created_by == person)
                count += tx.execute(update(made).where(theirs).values(created_by=ERASED)).rowcount
        count += _give_up_acks(tx, platform, person) + _forget_ignorers(tx, platform, person)
        names = [f"<@{person}>", f"<@!{person}>"]
        for made in (SUBSCRIPTION, FOLLOWING):
            pings = _on(made, platform) & made.c.mention.in_(names)
            count += tx.execute(update(made).where(pings).values(mention=None)).rowcount
        for spelling in (f"<@{person}>", f"<@!{person}>", f"<@{person}|"):
            count += _replace(tx, VENDOR_NOTE, platform, spelling) + _replace(tx, AUDIT, platform, spelling)
        theirs = SERVICE.c.owner.in_(names) | SERVICE.c.owner.startswith(f"<@{person}|", autoescape=True)
        owned = _on(SERVICE, platform) & theirs
        count += tx.execute(update(SERVICE).where(owned).values(owner=None)).rowcount
        for installed in _there(tx, _INSTALLATIONS, platform):
            count += tx.execute(update(installed).where(installed.c.user_id == person).values(user_id=ERASED)).rowcount
        return count


def _give_up_acks(tx: Connection, platform: str, person: str) -> int:
    """Cards that name them fall due, to name nobody."""
    c = CARD.c
    theirs = _on(CARD, platform) & (c.acked_by == person)
    concerned = tx.scalars(select(c.channel).where(theirs).distinct()).all()
    lock_channels(tx, CHANNEL.c.pk.in_(concerned))
    again = earliest(c.due_since, func.coalesce(c.posted_at, c.created_at))
    looked_at = {"version": c.version + 1, "due_since": case((c.dropped, None), else_=again)}
    nobodys = {"acked_by": None, "acked_name": None, "acked_at": None}
    count = tx.execute(update(CARD).where(theirs).values(**nobodys, **looked_at)).rowcount
    for channel in concerned:
        recompute_channel_due(tx, channel)
    return count


def _forget_ignorers(tx: Connection, platform: str, person: str) -> int:
    """What they had ignored stays so; the cards fall due with the next change."""
    c = CARD.c
    named = _on(CARD, platform) & c.ignored.contains(person, autoescape=True)
    count = 0
    for pk, text in tx.execute(select(c.pk, c.ignored).where(named)).all():
        ignored = load_ignored(text)
        reason = ignored.reason.replace(f"<@{person}", f"<@{ERASED}").replace(f"<@!{person}", f"<@{ERASED}")
        kept = replace(ignored, reason=reason)
        if ignored.by == person:
            kept = replace(kept, by=ERASED, name="")
        if kept != ignored:
            tx.execute(update(CARD).where(c.pk == pk).values(ignored=dump_ignored(kept)))
            count += 1
    return count


def _replace(tx: Connection, made: Table, platform: str, spelling: str) -> int:
    """In texts that people typed, nobody instead of a person. ``spelling``: how the platform writes them."""
    nobody = f"<@{ERASED}{spelling[-1]}"
    named = _on(made, platform) & made.c.text.contains(spelling, autoescape=True)
    return tx.execute(update(made).where(named).values(text=func.replace(made.c.text, spelling, nobody))).rowcount


def _on(made: Table, platform: str) -> ColumnElement[bool]:
    """Rows that belong to the platform, by themselves or by their channel."""
    if "platform" in made.c:
        return made.c.platform == platform
    return made.c.channel.in_(select(CHANNEL.c.pk).where(CHANNEL.c.platform == platform))


def _there(tx: Connection, tables: Mapping[str, TableClause], platform: str) -> list[TableClause]:
    found = tables.get(platform)
    return [found] if found is not None and inspect(tx).has_table(found.name) else []
