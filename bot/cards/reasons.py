"""Why an act is due. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards.showing import group_repeats
from bot.cards.views import ActReason
from bot.domain import (
    ENDED,
    ActKind,
    NewsFingerprint,
    Phase,
    Post,
    PostFingerprint,
    ReminderFingerprint,
    RootFingerprint,
    RootState,
    UnknownFingerprint,
    Update,
)


def reason_for(
    kind: ActKind,
    index: int,
    before: Post | None,
    now: PostFingerprint,
    new: Sequence[Update],
    covered: Sequence[Update],
) -> ActReason:
    """Of the act that makes post ``index`` show ``now``. ``before``: the post as it stands, ``new``: the updates that
    the act tells, ``covered``: those that were told before it, all oldest first."""
    if index == 0 and before is None:
        return ActReason.OPENED
    if isinstance(now, NewsFingerprint):
        return ActReason.ANNOUNCED
    if isinstance(now, ReminderFingerprint):
        return ActReason.REMINDED
    if index and before is None and not new:
        return ActReason.DROPPED
    if new:
        return _reason_for_updates(kind, new, covered)
    was = before.fingerprint if before else UnknownFingerprint()
    if now.vanished != was.vanished:
        return ActReason.VANISHED if now.vanished else ActReason.RESTORED
    return _reason_for_root_edit(was, now, covered) if index == 0 else ActReason.EDITED


def _reason_for_updates(kind: ActKind, new: Sequence[Update], covered: Sequence[Update]) -> ActReason:
    if len(group_repeats(new)) > 1:
        return ActReason.CAUGHT_UP
    newest, before = new[-1], covered[-1] if covered else None
    if newest.digest == (before.digest if before else None) and kind is ActKind.EDIT:
        return ActReason.REPEATED
    if newest.phase is None:
        return ActReason.UPDATED
    was_ended = before is not None and before.phase in ENDED
    if newest.phase in ENDED:
        return ActReason.UPDATED if was_ended or newest.phase is Phase.POSTMORTEM else ActReason.RESOLVED
    return ActReason.REOPENED if was_ended else ActReason.UPDATED


def _reason_for_root_edit(was: PostFingerprint, now: PostFingerprint, covered: Sequence[Update]) -> ActReason:
    """Of an edit that adds no update: does it follow one that was posted, or is it the news itself?"""
    if not isinstance(was, RootFingerprint) or not isinstance(now, RootFingerprint):
        return ActReason.REFRESHED
    if now.state is RootState.EXPLAINED and was.state is not RootState.EXPLAINED:
        return ActReason.EXPLAINED
    if now.state is RootState.UNLISTED and was.state is not RootState.UNLISTED:
        return ActReason.UNLISTED
    end_covered = bool(covered) and covered[-1].phase in ENDED
    match was.state, now.state:
        case RootState.OPEN, RootState.ENDED if not end_covered:
            return ActReason.RESOLVED
        case RootState.ENDED, RootState.OPEN if not covered or end_covered:
            return ActReason.REOPENED
    if was.own_updates != now.own_updates:
        return ActReason.EDITED
    return ActReason.REFRESHED if was.shown_updates != now.shown_updates else ActReason.UPDATED
