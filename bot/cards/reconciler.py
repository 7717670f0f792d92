"""Compares what a channel has been shown with what is true, and works out the next act. Pure and total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby

from bot.cards.views import Act, ActReason, ReplyView, RootView, UpdateView
from bot.domain import (
    ENDED,
    ActKind,
    Card,
    CardState,
    ChannelSettings,
    Component,
    Incident,
    Mention,
    Mode,
    Phase,
    Post,
    PostFingerprint,
    ReplyFingerprint,
    RootFingerprint,
    RootState,
    UnknownFingerprint,
    Update,
    Vendor,
    digest,
    dump_fingerprint,
)

MAX_SINGLE_REPLIES = 8
"""More unseen texts than this go into a thread as one reply."""
MAX_SINGLE_POSTS = 3
"""More unseen texts than this go into a flat channel as one message."""
ROOT_CACHE_SIZE = 256
"""Thousands of channels get the same root."""
EPISODE_PREFIX = "episode-"
"""Ids of updates that the monitor wrote for an episode start with this. A card that was merged into the vendor's
incident keeps them: its incident does not know them, and the vendor never took them down."""


def reconcile(
    incident: Incident,
    card: Card,
    settings: ChannelSettings,
    vendor: Vendor,
    components: Mapping[str, Component],
    mention: Mention | None,
    now: datetime,
) -> Act | None:
    """The next act, or ``None`` when the channel shows what is true: new messages first, then edits of replies, then
    the root. ``components`` by id, for their labels; ``mention``: the first message, not edit, that shows its level
    carries it.

    A muted card gets no new message, only edits of those that it has. What it missed comes in one message; if the
    incident was muted until its end, in an edit of the root.
    """
    mode, mute, root = settings.mode, card.mute, card.state.root
    muted = mute is not None and mute.applies_to(incident, now)
    if mute and not muted:
        card = replace(card, catch_up=True)
        if mute.until is None:
            mode, muted = Mode.EDIT, root is None or root.ref is None
    reconciler = Reconciler(incident, card, mode, vendor, components, mention)
    return (None if muted else reconciler.next_post()) or reconciler.next_edit() or reconciler.next_root_edit()


def resume(
    incident: Incident,
    card: Card,
    settings: ChannelSettings,
    vendor: Vendor,
    components: Mapping[str, Component],
    mention: Mention | None = None,
    *,
    kind: ActKind,
    key: str,
    after: CardState,
    post: int,
) -> Act:
    """The act of an intent, to be sent again under its key. The message shows what is true now but is recorded as
    ``after``, what was true then: whichever of the two the channel has, the next act corrects it."""
    act = Reconciler(incident, card, settings.mode, vendor, components, mention).act(kind, after, post)
    return replace(act, key=key, after=after, mention=act.mention if after.mentioned else None)


def too_late(incident: Incident, card: Card, now: datetime, limit: timedelta | None) -> bool:
    """Nothing was posted yet, and the incident ended longer than ``limit`` ago."""
    if limit is None or card.state.posts or incident.phase not in ENDED:
        return False
    ended = incident.resolved or max((u.at for u in incident.updates), default=incident.started)
    return now - ended > limit


class Reconciler:
    """Compares one card with its incident."""

    def __init__(
        self,
        incident: Incident,
        card: Card,
        mode: Mode,
        vendor: Vendor,
        components: Mapping[str, Component],
        mention: Mention | None,
    ) -> None:
        self.incident, self.state, self.mode = incident, card.state, mode
        self.card, self.vendor, self.components = card, vendor, components
        self.known = {u.id: u for u in incident.updates}
        self.mention = mention.target if mention and not self.state.mentioned and mention.is_due(incident) else None

    # --- the three steps -------------------------------------------------------------------------------------------

    def next_post(self) -> Act | None:
        """Show the next update that the channel has not seen. Of an incident that was taken down only
        Lookout's own notes, if the channel has heard of it; none of an episode that the vendor's incident explains."""
        root, posts, covered = self.state.root, self.state.posts, self.state.covered_updates
        unseen = [u for u in self.known.values() if u.id not in covered]
        if self.incident.vanished:
            unseen = [u for u in unseen if u.is_note]
        gone_untold = self.incident.vanished and root is None
        if gone_untold or self.incident.explained_by is not None or (root and not unseen):
            return None
        runs = _group_repeats(unseen)
        next_run = _ids(runs[0] if runs and not self.card.catch_up else unseen)
        if root is None:
            return self._show_updates(ActKind.POST, 0, _ids(unseen) if self.mode is Mode.EDIT else next_run)
        if self.mode is Mode.EDIT:
            return self._show_updates(ActKind.EDIT if root.ref else ActKind.POST, 0, _ids(unseen))
        if posts[-1].ref and self._is_repeat(posts[-1], runs[0]):
            return self._show_updates(ActKind.EDIT, len(posts) - 1, _ids(runs[0]))
        if root.ref is None:
            return self._show_updates(ActKind.POST, 0, next_run)
        if self.mode is Mode.FLAT:
            return self._show_updates(
                ActKind.POST, len(posts), _ids(unseen) if len(runs) > MAX_SINGLE_POSTS else next_run
            )
        return self._show_updates(
            ActKind.REPLY, len(posts), _ids(unseen) if len(runs) > MAX_SINGLE_REPLIES else next_run
        )

    def next_edit(self) -> Act | None:
        """Edit the oldest message under the root whose facts have changed."""
        posts = self.state.posts
        for index, post in enumerate(posts[1:], start=1):
            from_vendor = any(u in self.known or not u.startswith(EPISODE_PREFIX) for u in post.updates)
            if post.ref and from_vendor and self._reply_fingerprint(posts, index, post) != post.fingerprint:
                return self.act(ActKind.EDIT, self.state, index)
        return None

    def next_root_edit(self) -> Act | None:
        """Edit the root if its facts have changed."""
        posts = self.state.posts
        if posts and posts[0].ref and self._root_view(posts)[1] != posts[0].fingerprint:
            return self.act(ActKind.EDIT, self.state, 0)
        return None

    # --- an act ----------------------------------------------------------------------------------------------------

    def act(self, kind: ActKind, after: CardState, index: int) -> Act:
        """The act that makes post ``index`` of ``after`` show the facts."""
        posts, post = after.posts, after.posts[index]
        before = self.state.posts[index] if index < len(self.state.posts) else None
        standalone = kind is ActKind.POST if before is None else _is_standalone(before)
        view: RootView | ReplyView
        fingerprint: PostFingerprint
        if index:
            view = self._reply_view(posts, index, standalone=standalone)
            fingerprint = _build_reply_fingerprint(view)
        else:
            view, fingerprint = self._root_view(posts)
        ref = before.ref if before and kind is ActKind.EDIT else None
        mention = self.mention if kind is not ActKind.EDIT else None
        posts = (*posts[:index], replace(post, ref=ref, fingerprint=fingerprint), *posts[index + 1 :])
        after = CardState(posts, self.state.mentioned or mention is not None)
        new_ids = tuple(u for u in post.updates if before is None or u not in before.updates)
        reason = self._reason(new_ids, kind, index, before, fingerprint)
        root = self.state.root
        return Act(
            kind=kind,
            reason=reason,
            key=self._key(kind, index, before, after.posts[index]),
            view=view,
            after=after,
            post=index,
            ref=ref if kind is ActKind.EDIT else root.ref if kind is ActKind.REPLY and root else None,
            broadcast=kind is ActKind.REPLY and self.mode is Mode.THREAD_KEY and self._is_key_moment(new_ids),
            mention=mention,
        )

    def _show_updates(self, kind: ActKind, index: int, updates: tuple[str, ...]) -> Act:
        """The act that makes post ``index``, new or not, cover these updates too."""
        posts = self.state.posts
        old = posts[index] if index < len(posts) else Post(None, UnknownFingerprint(), ())
        new = replace(old, updates=(*old.updates, *updates))
        return self.act(kind, CardState((*posts[:index], new, *posts[index + 1 :])), index)

    def _key(self, kind: ActKind, index: int, before: Post | None, after: Post) -> str:
        card = self.card
        old, new = dump_fingerprint(before.fingerprint) if before else "", dump_fingerprint(after.fingerprint)
        channel = (card.channel.platform, card.channel.workspace, card.channel.id)
        return digest(*channel, card.vendor, card.incident, str(card.id), kind, str(index), old, new, *after.updates)

    # --- why -------------------------------------------------------------------------------------------------------

    def _reason(
        self, new_ids: Sequence[str], kind: ActKind, index: int, before: Post | None, now: PostFingerprint
    ) -> ActReason:
        if index == 0 and before is None:
            return ActReason.OPENED
        if new_ids:
            return self._reason_for_updates(new_ids, kind)
        was = before.fingerprint if before else UnknownFingerprint()
        if now.vanished != was.vanished:
            return ActReason.VANISHED if now.vanished else ActReason.RESTORED
        return self._reason_for_root_edit(was, now) if index == 0 else ActReason.EDITED

    def _reason_for_updates(self, new_ids: Sequence[str], kind: ActKind) -> ActReason:
        runs = _group_repeats(self._updates(new_ids))
        if len(runs) > 1:
            return ActReason.CAUGHT_UP
        newest, before = self._newest_and_previous(new_ids)
        if newest is not None and newest.digest == (before.digest if before else None) and kind is ActKind.EDIT:
            return ActReason.REPEATED
        if newest is None or newest.phase is None:
            return ActReason.UPDATED
        was_ended = before is not None and before.phase in ENDED
        if newest.phase in ENDED:
            return ActReason.UPDATED if was_ended or newest.phase is Phase.POSTMORTEM else ActReason.RESOLVED
        return ActReason.REOPENED if was_ended else ActReason.UPDATED

    def _reason_for_root_edit(self, was: PostFingerprint, now: PostFingerprint) -> ActReason:
        """Of an edit that adds no update: does it follow one that was posted, or is it the news itself?"""
        if not isinstance(was, RootFingerprint) or not isinstance(now, RootFingerprint):
            return ActReason.REFRESHED
        if now.state is RootState.EXPLAINED and was.state is not RootState.EXPLAINED:
            return ActReason.EXPLAINED
        if now.state is RootState.UNLISTED and was.state is not RootState.UNLISTED:
            return ActReason.UNLISTED
        covered = self._updates(self.state.covered_updates)
        end_covered = bool(covered) and covered[-1].phase in ENDED
        match was.state, now.state:
            case RootState.OPEN, RootState.ENDED if not end_covered:
                return ActReason.RESOLVED
            case RootState.ENDED, RootState.OPEN if not covered or end_covered:
                return ActReason.REOPENED
        if was.own_updates != now.own_updates:
            return ActReason.EDITED
        return ActReason.REFRESHED if was.shown_updates != now.shown_updates else ActReason.UPDATED

    def _is_key_moment(self, new_ids: Sequence[str]) -> bool:
        """Worse than the root shows, over, or open again."""
        newest, before = self._newest_and_previous(new_ids)
        ended, was_ended = (u is not None and u.phase in ENDED for u in (newest, before))
        root, level = self.state.root, self.incident.level
        before_level = root.fingerprint.level if root and isinstance(root.fingerprint, RootFingerprint) else None
        worse = before_level is not None and level is not None and before_level < level
        return worse or ended != was_ended

    def _newest_and_previous(self, new_ids: Sequence[str]) -> tuple[Update | None, Update | None]:
        """The newest update of these, and the newest of those posted before them."""
        new, covered = self._updates(new_ids), self._updates(self.state.covered_updates)
        return new[-1] if new else None, covered[-1] if covered else None

    # --- what a post shows -----------------------------------------------------------------------------------------

    def _updates(self, ids: Iterable[str]) -> list[Update]:
        wanted = frozenset(ids)
        return [u for u in self.known.values() if u.id in wanted]

    def _is_repeat(self, post: Post, run: Sequence[Update]) -> bool:
        covered = self._updates(post.updates)
        return bool(covered) and covered[-1].digest == run[0].digest

    def _reply_view(self, posts: Sequence[Post], index: int, *, standalone: bool) -> ReplyView:
        updates = _update_views(self.incident, self.known, posts[index].updates)
        return ReplyView(
            slug=self.incident.vendor,
            id=self.incident.id,
            vendor=self.vendor.name,
            title=self.incident.title,
            url=self.incident.url or self.vendor.human_url,
            phase=updates[-1].phase if updates else None,
            level=self.incident.level,
            updates=updates,
            standalone=standalone,
            vanished=self.incident.vanished and standalone and index == len(posts) - 1,
            kind=self.incident.kind,
        )

    def _reply_fingerprint(self, posts: Sequence[Post], index: int, post: Post) -> ReplyFingerprint:
        return _build_reply_fingerprint(self._reply_view(posts, index, standalone=_is_standalone(post)))

    def _root_view(self, posts: Sequence[Post]) -> tuple[RootView, RootFingerprint]:
        known = self.components
        labels = tuple(known[c].label for c in self.incident.components if c in known)
        covered = _ids(self._updates(CardState(tuple(posts)).covered_updates))
        return _build_root_view(self.incident, self.vendor, labels, bool(known), covered, posts[0].updates)


@lru_cache(maxsize=ROOT_CACHE_SIZE)
def _build_root_view(
    incident: Incident,
    vendor: Vendor,
    components: tuple[str, ...],
    has_parts: bool,
    covered: tuple[str, ...],
    own: tuple[str, ...],
) -> tuple[RootView, RootFingerprint]:
    """``components`` by their labels; ``covered``: ids of the updates that the card covers, ``own``: its root."""
    known = {u.id: u for u in incident.updates}
    updates = _update_views(incident, known, covered)
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
        first=updates[0] if updates else None,
        newest=updates[-1] if updates else None,
        updates=sum(not u.is_note for u in known.values()),
        has_parts=has_parts,
        explained_by=incident.explained_by,
        unlisted=incident.unlisted,
        overdue=incident.overdue,
        recovering=incident.recovering,
        unstable=incident.unstable,
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
    first_and_newest = (f"{u.phase}\x1e{u.text}\x1e{u.count}" for u in (view.first, view.newest) if u)
    times = (t.isoformat() if t else "" for t in (view.started, view.resolved, view.planned_end))
    details = digest(view.title, view.kind, view.phase or "", *times, view.url or "", *sorted(view.components))
    if view.explained_by is not None:
        details = digest(details, view.explained_by)
    # What is mostly not so changes no fingerprint while it is not.
    if view.overdue or view.recovering or view.unstable:
        details = digest(details, str((view.overdue, view.recovering)), str(view.unstable))
    return view, RootFingerprint(state, view.level, own_updates, digest(*first_and_newest, str(view.updates)), details)


def _update_views(incident: Incident, known: Mapping[str, Update], ids: Sequence[str]) -> tuple[UpdateView, ...]:
    """Texts in the order in which the channel saw them; one that the page took down is not known any more."""
    views: list[UpdateView] = []
    for run in _group_repeats([known[i] for i in ids if i in known]):
        last = max(u.at for u in run)
        again = last if len(run) > 1 else None
        views.append(UpdateView(run[0].phase, run[0].at, run[0].text, len(run), again, note=run[-1].is_note))
    if any(i not in known and not i.startswith(EPISODE_PREFIX) for i in ids):
        views.append(UpdateView(None, incident.started, "", removed=True))
    return tuple(views)


def _build_reply_fingerprint(view: ReplyView) -> ReplyFingerprint:
    texts = digest(*(f"{u.phase}\x1e{u.text}\x1e{u.count}\x1e{u.removed}" for u in view.updates))
    return ReplyFingerprint(view.standalone, view.vanished, texts)


def _is_standalone(post: Post) -> bool:
    return isinstance(post.fingerprint, ReplyFingerprint) and post.fingerprint.standalone


def _ids(updates: Iterable[Update]) -> tuple[str, ...]:
    return tuple(u.id for u in updates)


def _group_repeats(updates: Sequence[Update]) -> list[list[Update]]:
    """Updates in a row with the same text and phase."""
    return [list(run) for _, run in groupby(updates, key=lambda u: u.digest)]
