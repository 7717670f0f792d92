"""What each message of a card shows of its incident, and the fingerprint of that. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import groupby

from bot.cards.substance import newest_of_substance
from bot.cards.views import NewsView, ReminderView, Reopening, ReplyView, RootView, UpdateView
from bot.domain import (
    ENDED,
    Ack,
    Hit,
    Ignored,
    Incident,
    Level,
    NewsFingerprint,
    Phase,
    ReminderFingerprint,
    ReplyFingerprint,
    RootFingerprint,
    RootState,
    Update,
    Vendor,
    digest,
)

ROOT_CACHE_SIZE = 256
"""Thousands of channels get the same root."""
EPISODE_PREFIX = "episode-"
"""Ids of updates that the monitor wrote for an episode start with this. A card that was merged into the vendor's
incident keeps them: its incident does not know them, and the vendor never took them down."""


@lru_cache(maxsize=ROOT_CACHE_SIZE)
def show_root(
    incident: Incident,
    vendor: Vendor,
    components: tuple[str, ...],
    has_parts: bool,
    covered: tuple[str, ...],
    own: tuple[str, ...],
    own_stands_below: bool,
    note: str = "",
    hits: tuple[Hit, ...] = (),
    ack: Ack | None = None,
    ignored: Ignored | None = None,
) -> tuple[RootView, RootFingerprint]:
    """``components`` by their labels; ``covered``: ids of the updates that the card covers, ``own``: its root.
    ``own_stands_below``: a reply has the root's own texts too; ``note``: the workspace's own on the vendor; ``hits``:
    services; ``ack`` and ``ignored``: the channel's."""
    known = {u.id: u for u in incident.updates}
    updates = update_views(incident, known, covered)
    kept = () if own_stands_below else _first_and_newest(update_views(incident, known, _in_order(incident, own)))
    view = RootView(
        slug=incident.vendor,
        id=incident.id,
        vendor=vendor.name,
        vendor_url=vendor.human_url,
        title=incident.title,
        kind=incident.kind,
        phase=incident.phase,
        level=incident.level,
        started=incident.started,
        resolved=incident.resolved,
        planned_end=incident.planned_end,
        url=incident.url,
        vanished=incident.vanished,
        components=components,
        quote=newest_of_substance(updates),
        newest=updates[-1] if updates else None,
        updates=sum(not u.is_note for u in known.values()),
        has_parts=has_parts,
        explained_by=incident.explained_by,
        unlisted=incident.unlisted,
        overdue=incident.overdue,
        recovering=incident.recovering,
        unstable=incident.unstable,
        kept=kept,
        reopening=reopening_of(incident),
        has_postmortem=any(u.phase is Phase.POSTMORTEM for u in incident.updates),
        homepage=vendor.homepage,
        note=note if incident.is_open else "",
        hits=hits if incident.is_open else (),
        ack=ack if incident.is_open else None,
        ignored=ignored if incident.is_open else None,
    )
    if view.explained_by is not None:
        state = RootState.EXPLAINED
    elif view.vanished:
        state = RootState.VANISHED
    elif view.unlisted:
        state = RootState.UNLISTED
    else:
        state = RootState.ENDED if view.phase in ENDED else RootState.OPEN
    own_updates = digest(*(u.digest for u in known.values() if u.id in own))
    first_and_newest = [updates[0], updates[-1]] if updates else []
    shown = [f"{u.phase}\x1e{u.text}\x1e{u.count}" for u in first_and_newest]
    if own_stands_below or view.quote not in (*first_and_newest, None):
        # Beside what was shown ever since, so that roots of before keep their fingerprints.
        shown.append(f"{view.quote.phase}\x1e{view.quote.text}" if view.quote else "")
    times = (t.isoformat() if t else "" for t in (view.started, view.resolved, view.planned_end))
    details = digest(view.title, view.kind, view.phase or "", *times, view.url or "", *sorted(view.components))
    if view.explained_by is not None:
        details = digest(details, view.explained_by)
    # What is mostly not so changes no fingerprint while it is not.
    if view.overdue or view.recovering or view.unstable:
        details = digest(details, str((view.overdue, view.recovering)), str(view.unstable))
        if view.unstable and view.unstable.now is not None:
            details = digest(details, view.unstable.now.word)
    if view.note:
        details = digest(details, view.note)
    if view.hits:
        details = digest(details, *(f"{hit.service}\x1e{hit.certain}" for hit in view.hits))
    if view.ignored:
        details = digest(details, "ignored", view.ignored.by, view.ignored.name, view.ignored.reason)
        details = digest(details, view.ignored.at.isoformat(), str(view.ignored.until_changed))
    if view.ack:
        details = digest(details, "ack", view.ack.by, view.ack.name, view.ack.at.isoformat())
    return view, RootFingerprint(state, view.level, own_updates, digest(*shown, str(view.updates)), details)


def show_reply(
    incident: Incident, vendor: Vendor, components: tuple[str, ...], ids: Sequence[str], *, standalone: bool, last: bool
) -> ReplyView:
    """``ids``: of its updates; ``last``: no message comes after it."""
    updates = update_views(incident, {u.id: u for u in incident.updates}, ids)
    return ReplyView(
        slug=incident.vendor,
        id=incident.id,
        vendor=vendor.name,
        title=incident.title,
        url=incident.url or vendor.human_url,
        phase=updates[-1].phase if updates else None,
        level=incident.level,
        updates=updates,
        standalone=standalone,
        vanished=incident.vanished and standalone and last,
        kind=incident.kind,
        components=components,
        started=incident.started,
    )


def reply_fingerprint(updates: Sequence[UpdateView], *, standalone: bool, vanished: bool) -> ReplyFingerprint:
    """Of a :class:`ReplyView` with these."""
    # How often a text was said is told by the root alone; the 1 keeps the fingerprints of before.
    texts = digest(*(f"{u.phase}\x1e{u.text}\x1e1\x1e{u.removed}" for u in updates))
    return ReplyFingerprint(standalone, vanished, texts)


def show_news(
    incident: Incident,
    vendor: Vendor,
    components: tuple[str, ...],
    fingerprint: NewsFingerprint,
    before: Level | None,
) -> NewsView:
    """``before``: the level that the channel was shown so far."""
    return NewsView(
        slug=incident.vendor,
        id=incident.id,
        vendor=vendor.name,
        title=incident.title,
        url=incident.url or vendor.human_url,
        kind=incident.kind,
        news=fingerprint.news,
        phase=incident.phase,
        level=fingerprint.level,
        before=before,
        started=incident.started,
        resolved=incident.resolved,
        components=components,
        reopening=reopening_of(incident),
        planned_end=incident.planned_end,
    )


def show_reminder(
    incident: Incident, vendor: Vendor, components: tuple[str, ...], fingerprint: ReminderFingerprint
) -> ReminderView:
    return ReminderView(
        slug=incident.vendor,
        id=incident.id,
        vendor=vendor.name,
        title=incident.title,
        url=incident.url or vendor.human_url,
        kind=incident.kind,
        components=components,
        phase=incident.phase,
        level=incident.level,
        starts=incident.started,
        ends=incident.planned_end,
        lead=fingerprint.reminder.lead,
    )


def reopening_of(incident: Incident) -> Reopening | None:
    """The last time that an update opened it again after its end, as long as it is open."""
    if incident.phase in ENDED:
        return None
    ended, found = None, None
    for update in incident.updates:
        if update.phase in ENDED:
            ended = ended or update
        elif ended and update.phase is not None:
            found, ended = Reopening(update.at, max(update.at - ended.at, timedelta())), None
    return found


def group_repeats(updates: Sequence[Update]) -> list[list[Update]]:
    """Updates in a row with the same text and phase."""
    return [list(run) for _, run in groupby(updates, key=lambda u: u.digest)]


def ids_of(updates: Iterable[Update]) -> tuple[str, ...]:
    return tuple(u.id for u in updates)


def _in_order(incident: Incident, ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(u.id for u in incident.updates if u.id in ids)


def _first_and_newest(updates: tuple[UpdateView, ...]) -> tuple[UpdateView, ...]:
    return updates if len(updates) < 2 else (updates[0], updates[-1])


def update_views(incident: Incident, known: Mapping[str, Update], ids: Sequence[str]) -> tuple[UpdateView, ...]:
    """Texts in the order in which the channel saw them; one that the page took down is not known any more."""
    views: list[UpdateView] = []
    for run in group_repeats([known[i] for i in ids if i in known]):
        last = max(u.at for u in run)
        again = last if len(run) > 1 else None
        views.append(UpdateView(run[0].phase, run[0].at, run[0].text, len(run), again, note=run[-1].is_note))
    if any(i not in known and not i.startswith(EPISODE_PREFIX) for i in ids):
        views.append(UpdateView(None, incident.started, "", removed=True))
    return tuple(views)
