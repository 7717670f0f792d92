"""Incidents of a page whose ids, links and dates are not to be relied on, found again by any two of id, link, title and
start. Pure: the reading comes back under the ids on record, and what such a page told before stays told.

Feeds make ids anew at each build, share one link between all entries, move dates, rewrite titles at each stage, and
show an incident's newest text alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from bot.domain import ENDED, Incident, IncidentKind, Snapshot, Update
from bot.monitor.parsing.feed_entries import SAME_TITLE_WITHIN, fold_link, is_link_of_one, slug
from bot.monitor.parsing.stages import fold, without_stage
from bot.monitor.parsing.timeline import ends_last, settled_end, settled_phase

SAME_START_WITHIN = timedelta(minutes=1)
ENOUGH = 2
"""Of id, link, title and start."""
REUSED_AFTER = timedelta(days=1)
"""An id that comes back so long after its incident ended may be that of another one."""
OLD_AFTER = timedelta(days=3)
OLD_BELOW_AFTER = timedelta(days=1)
"""What is new in a page's list and was last written about so long before the page's last reading slid in again, the
second where it is older than all that is on record."""
SMALL_CHANGE_WORDS = 3
SMALL_CHANGE_SHARE = 0.2
MAX_COMPARED_WORDS = 400

_REUSED = re.compile(r"@\d{8}T\d{6}Z$")
"""Behind an id that had another incident before."""
_DIGIT = re.compile(r"\d")


def recognised(
    before: Snapshot, after: Snapshot, seen_at: datetime | None = None, absent: Collection[str] = ()
) -> Snapshot:
    """``after`` under the ids of ``before``.

    :param seen_at: the page's last reading.
    :param absent: ids of incidents that were not on the page for some readings.
    """
    records = [incident for incident in before.incidents if incident.kind is not IncidentKind.EPISODE]
    pairs = _pairs(records, after)
    taken = {incident.id for incident in records}
    incidents: list[Incident] = []
    slid_in: set[str] = set()
    for listed in after.incidents:
        was = pairs.get(listed.id)
        if was is not None and not _is_reused(was, listed, after.taken_at, absent=was.id in absent):
            incidents.append(_continued(was, listed, after))
            continue
        key = listed.id if listed.id not in taken else f"{listed.id}@{listed.started:%Y%m%dT%H%M%SZ}"
        if key in taken:
            # Once more the same, with nothing new to tell it by.
            continue
        taken.add(key)
        new = _not_ahead(_renamed(listed, key), listed.id, after)
        if records and seen_at is not None and _is_old(new, records, seen_at):
            slid_in.add(key)
            new = new if new.phase in ENDED else replace(new, unlisted=True)
        incidents.append(new)
    return replace(after, incidents=tuple(incidents), slid_in=frozenset(slid_in))


def _is_old(new: Incident, records: Sequence[Incident], seen_at: datetime) -> bool:
    is_oldest = new.started < min(incident.started for incident in records)
    return _last_word(new) < seen_at - (OLD_BELOW_AFTER if is_oldest else OLD_AFTER)


def _last_word(incident: Incident) -> datetime:
    return max([incident.started, *(update.at for update in incident.updates)])


# --- which are the same ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Marks:
    """What an incident is told by."""

    id: str
    link: str | None
    title: str
    start: datetime | None
    """``None``: it is only the time of its first sight."""
    has_title_as_id: bool


def _marks(incident: Incident, taken_at: datetime | None) -> _Marks:
    title = without_stage(incident.title)[0]
    id = _REUSED.sub("", incident.id)
    start = None if incident.started == taken_at else incident.started
    return _Marks(id, fold_link(incident.url), fold(title), start, slug(id) in (slug(title), slug(incident.title)))


def _pairs(records: Sequence[Incident], after: Snapshot) -> dict[str, Incident]:
    """What is on record, by the id under which it is listed now."""
    old = [_marks(incident, None) for incident in records]
    new = [_marks(incident, after.taken_at) for incident in after.incidents]
    shared = _shared_links(old) | _shared_links(new)
    candidates = []
    for o, n in set(_alike(old, new)):
        score = _score(old[o], new[n], shared)
        if score:
            apart = abs(records[o].started - after.incidents[n].started)
            candidates.append((-score, not records[o].is_open, apart, o, n))
    found: dict[int, int] = {}
    matched: set[int] = set()
    for *_, o, n in sorted(candidates):
        if o not in found and n not in matched:
            found[o] = n
            matched.add(n)
    _match_the_rest(found, records, after, old, new)
    return {after.incidents[n].id: records[o] for o, n in found.items()}


def _alike(old: Sequence[_Marks], new: Sequence[_Marks]) -> Iterator[tuple[int, int]]:
    """Pairs that share an id, a link or a title."""
    places: defaultdict[tuple[str, str | None], list[int]] = defaultdict(list)
    for number, marks in enumerate(old):
        for mark in (("id", marks.id), ("link", marks.link), ("title", marks.title)):
            places[mark].append(number)
    for number, marks in enumerate(new):
        for mark in (("id", marks.id), ("link", marks.link), ("title", marks.title)):
            if mark[1] is not None:
                yield from ((o, number) for o in places[mark])


def _shared_links(marks: Iterable[_Marks]) -> set[str]:
    """Of one list: links of several titles, that do not look like those of one incident."""
    titles: defaultdict[str, set[str]] = defaultdict(set)
    for each in marks:
        if each.link is not None and not is_link_of_one(each.link):
            titles[each.link].add(each.title)
    return {link for link, names in titles.items() if len(names) > 1}


def _score(old: _Marks, new: _Marks, shared: Collection[str]) -> int:
    """How sure it is that both are one; 0: they are not."""
    links = [link for link in (old.link, new.link) if link is not None and link not in shared]
    same_id, same_link, same_title = old.id == new.id, len(links) == 2 and links[0] == links[1], old.title == new.title
    same_start = old.start is not None and new.start is not None and abs(old.start - new.start) <= SAME_START_WITHIN
    score = same_id + same_link + same_title + same_start
    if score >= ENOUGH:
        return score
    links_differ = len(links) == 2 and not same_link
    if (same_id and not links_differ and not old.has_title_as_id) or (same_link and is_link_of_one(links[0])):
        return 1
    return 0


def _match_the_rest(
    found: dict[int, int], records: Sequence[Incident], after: Snapshot, old: Sequence[_Marks], new: Sequence[_Marks]
) -> None:
    """What is gone while something of its title comes, within a day, was given another name; so was what is gone while
    as many others come, like on a page that moved, if it began when one of them did."""
    # No list begins ahead of its reading: its clock is wrong.
    since = after.complete_since and min(after.complete_since, after.taken_at) - SAME_TITLE_WITHIN
    gone = [
        o
        for o, was in enumerate(records)
        if o not in found and not was.vanished and not was.unlisted and since is not None and _last_word(was) >= since
    ]
    came = [n for n in range(len(new)) if n not in found.values()]
    is_move = len(gone) == len(came)
    for by_title in (True, False) if is_move else (True,):
        for o in list(gone):
            alike = [n for n in came if _is_renamed(records[o], after, n, old[o], new[n], by_title=by_title)]
            if len(alike) == 1 or (alike and is_move):
                found[o] = alike[0]
                gone.remove(o)
                came.remove(alike[0])


def _is_renamed(was: Incident, after: Snapshot, listed_at: int, old: _Marks, new: _Marks, *, by_title: bool) -> bool:
    listed = after.incidents[listed_at]
    is_ahead = listed.kind is not IncidentKind.MAINTENANCE and listed.started > after.taken_at
    began = after.taken_at if is_ahead else listed.started
    apart = min(abs(at - began) for at in (was.started, _last_word(was)))
    same_start = not is_ahead and apart <= SAME_START_WITHIN and new.start is not None
    if not by_title:
        return same_start and (None in (old.link, new.link) or old.link == new.link)
    # What is over is not what is open under the same title today.
    goes_on = same_start or was.is_open or listed.phase in ENDED
    return goes_on and old.title == new.title and apart <= SAME_TITLE_WITHIN


def _is_reused(was: Incident, listed: Incident, now: datetime, *, absent: bool) -> bool:
    """Whether the marks of an incident that ended are those of another one now."""
    end = was.resolved or _last_word(was)
    if was.is_open or was.unlisted or now - end < REUSED_AFTER or listed.started <= end:
        return False
    told = {_words(update.text) for update in was.updates}
    latest = listed.updates[-1].text if listed.updates else ""
    has_moved = abs(listed.started - was.started) > SAME_START_WITHIN
    if (absent or was.vanished) and has_moved:
        return True
    if _words(latest) in told or listed.phase in ENDED:
        return False
    return not any(_is_small_change(u.text, latest) or _words(u.text) in _words(latest) for u in was.updates if u.text)


# --- what goes on ---------------------------------------------------------------------------------------------------


def _renamed(incident: Incident, key: str) -> Incident:
    """Under another id; the ids of its updates are made from it."""
    if key == incident.id:
        return incident
    before = f"{incident.id}:"
    updates = tuple(
        replace(update, id=f"{key}:{update.id.removeprefix(before)}") if update.id.startswith(before) else update
        for update in incident.updates
    )
    return replace(incident, id=key, updates=updates)


def _continued(was: Incident, listed: Incident, after: Snapshot) -> Incident:
    now = _renamed(listed, was.id)
    has_plan = now.kind is IncidentKind.MAINTENANCE and now.planned_end is not None
    started = now.started if has_plan else min(was.started, now.started)
    if listed.id in after.newest_only:
        updates = _told(was, now, after.taken_at)
        now = replace(now, updates=updates, phase=settled_phase(updates), resolved=settled_end(updates))
    known = {update.id: update.digest for update in was.updates}
    says_nothing_new = all(known.get(update.id) == update.digest for update in now.updates)
    url = was.url if fold_link(was.url) == fold_link(now.url) else now.url
    return replace(now, started=started, url=url or now.url, unlisted=was.unlisted and says_nothing_new)


def _told(was: Incident, now: Incident, taken_at: datetime) -> tuple[Update, ...]:
    """What was told before, and what is new in what is shown now: another text, or the same at another stage.

    The same text under a new date is nothing, a small change of it an edit. A new text under the date of one that is
    on record was written after that: it has the time of its first sight.
    """
    known = [update for update in was.updates if not update.is_note]
    free, result = list(known), {update.id: update for update in known}
    for update in now.updates:
        twin = _twin(update, free, known, is_only=len(now.updates) == 1)
        if twin is not None:
            free.remove(twin)
            text = twin.text if _words(twin.text) == _words(update.text) else update.text
            result[twin.id] = replace(twin, phase=twin.phase or update.phase, text=text)
            continue
        if _is_late(update, known):
            at = max(taken_at, known[-1].at)
        elif update.at > taken_at and not (known and known[-1].at > taken_at):
            at = taken_at
        else:
            at = update.at
        id = next(id for number in range(1, len(result) + 2) if (id := _id(was.id, at, number)) not in result)
        result[id] = Update(id, update.phase, at, update.text)
    return ends_last(result.values())


def _not_ahead(new: Incident, listed_id: str, after: Snapshot) -> Incident:
    """Nobody has written yet what is dated ahead: a clock is wrong, or a zone."""
    now = after.taken_at
    if listed_id not in after.newest_only or new.kind is IncidentKind.MAINTENANCE or _last_word(new) <= now:
        return new
    updates = ends_last(replace(update, at=min(update.at, now)) for update in new.updates)
    return replace(new, started=min(new.started, now), updates=updates, resolved=settled_end(updates))


def _is_late(update: Update, known: Sequence[Update]) -> bool:
    """Whether a new text was written after its date: that is the one of a text before, or it is an end and others were
    told since."""
    if any(update.at == other.at for other in known):
        return True
    return update.phase in ENDED and bool(known) and update.at < known[-1].at


def _twin(update: Update, free: Sequence[Update], known: Sequence[Update], *, is_only: bool) -> Update | None:
    same = [each for each in free if _words(each.text) == _words(update.text) and each.phase in (None, update.phase)]
    if same:
        nearest = min(same, key=lambda each: abs(each.at - update.at))
        # In words of before, but later than all that was said since: said again.
        said_again = is_only and nearest is not known[-1] and update.at > known[-1].at
        return None if said_again else nearest
    edited = [each for each in free if each.at == update.at or (is_only and each is known[-1])]
    return next(
        (each for each in edited if each.phase is update.phase and _is_small_change(each.text, update.text)), None
    )


def _id(incident: str, at: datetime, number: int) -> str:
    return f"{incident}:{at:%Y%m%dT%H%M%SZ}.{number:02}"


def _words(text: str) -> str:
    return " ".join(text.casefold().split())


def _is_small_change(before: str, after: str) -> bool:
    """Of a few words, and of no number: a slip of the pen was mended."""
    old, new = _words(before).split(), _words(after).split()
    if not old or not new or max(len(old), len(new)) > MAX_COMPARED_WORDS:
        return False
    changed = 0
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            changed += max(b - a, d - c)
            if _DIGIT.search(" ".join((*old[a:b], *new[c:d]))):
                return False
    return changed <= min(SMALL_CHANGE_WORDS, max(1, int(len(old) * SMALL_CHANGE_SHARE)))
