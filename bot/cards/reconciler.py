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

THREAD_AT_ONCE = 8
"""More texts than this owed to a thread at once go in one reply."""
FLAT_AT_ONCE = 3
"""More texts than this owed to a flat channel at once go in one message."""
ROOTS_KEPT = 256
"""Roots that were worked out; thousands of channels get the same one."""
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
    """The next act, or ``None`` when the channel shows what is true. News first, then edits of what was told, then
    the root. ``components`` by id, for their labels; ``mention``: the first message, not edit, that shows its level
    carries it.

    A muted card is told nothing, and what stands of it is kept true. What it missed comes in one message, but at the
    end of an incident that was muted until then in an edit of its root.
    """
    mode, mute, root = settings.mode, card.mute, card.state.root
    quiet = mute is not None and mute.applies_to(incident, now)
    if mute and not quiet:
        card = replace(card, catch_up=True)
        if mute.until is None:
            mode, quiet = Mode.EDIT, root is None or root.ref is None
    scene = Reconciler(incident, card, mode, vendor, components, mention)
    return (None if quiet else scene.next_post()) or scene.next_edit() or scene.next_root_edit()


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
    """A message that was begun, to be sent again under its key. It shows what is true now but goes on record as what
    was meant then, so whichever of the two the channel has, the next act mends it."""
    act = Reconciler(incident, card, settings.mode, vendor, components, mention).act(kind, after, post)
    return replace(act, key=key, after=after, mention=act.mention if after.mentioned else None)


def too_late(incident: Incident, card: Card, now: datetime, limit: timedelta | None) -> bool:
    """Nothing was said yet, and it ended longer than ``limit`` ago."""
    if limit is None or card.state.posts or incident.phase not in ENDED:
        return False
    ended = incident.resolved or max((u.at for u in incident.updates), default=incident.started)
    return now - ended > limit


class Reconciler:
    """One card before its incident. What a post shows is kept as facts, not as words: a new wording edits nothing."""

    def __init__(
        self,
        incident: Incident,
        card: Card,
        mode: Mode,
        vendor: Vendor,
        components: Mapping[str, Component],
        mention: Mention | None,
    ) -> None:
        self.incident, self.shown, self.mode = incident, card.state, mode
        self.card, self.vendor, self.components = card, vendor, components
        self.known = {u.id: u for u in incident.updates}
        self.mention = mention.target if mention and not self.shown.mentioned and mention.is_due(incident) else None

    # --- the three steps -------------------------------------------------------------------------------------------

    def next_post(self) -> Act | None:
        """Tell the next of what the channel was never told. Of an incident that was taken down, nothing more, nor of an
        episode that another card explains."""
        shown, covered = self.shown, self.shown.covered_updates
        owed = [u for u in self.known.values() if u.id not in covered]
        if self.incident.vanished or self.incident.explained_by is not None or (shown.root and not owed):
            return None
        runs = _runs(owed)
        first = _ids(runs[0] if runs and not self.card.catch_up else owed)
        if shown.root is None:
            return self._tell(ActKind.POST, 0, _ids(owed) if self.mode is Mode.EDIT else first)
        if self.mode is Mode.EDIT:
            return self._tell(ActKind.EDIT if shown.root.ref else ActKind.POST, 0, _ids(owed))
        if shown.posts[-1].ref and self._repeats(shown.posts[-1], runs[0]):
            return self._tell(ActKind.EDIT, len(shown.posts) - 1, _ids(runs[0]))
        if shown.root.ref is None:
            return self._tell(ActKind.POST, 0, first)
        if self.mode is Mode.FLAT:
            return self._tell(ActKind.POST, len(shown.posts), _ids(owed) if len(runs) > FLAT_AT_ONCE else first)
        return self._tell(ActKind.REPLY, len(shown.posts), _ids(owed) if len(runs) > THREAD_AT_ONCE else first)

    def next_edit(self) -> Act | None:
        """Edit the oldest message under the root whose facts have changed."""
        posts = self.shown.posts
        for index, post in enumerate(posts[1:], start=1):
            told = any(u in self.known or not u.startswith(EPISODE_PREFIX) for u in post.updates)
            if post.ref and told and self._reply_fingerprint(posts, index, post) != post.fingerprint:
                return self.act(ActKind.EDIT, self.shown, index)
        return None

    def next_root_edit(self) -> Act | None:
        """Edit the root to the state now."""
        posts = self.shown.posts
        if posts and posts[0].ref and self._root(posts)[1] != posts[0].fingerprint:
            return self.act(ActKind.EDIT, self.shown, 0)
        return None

    # --- an act ----------------------------------------------------------------------------------------------------

    def act(self, kind: ActKind, after: CardState, index: int) -> Act:
        """The act that makes post ``index`` of ``after`` show the facts."""
        posts, post = after.posts, after.posts[index]
        before = self.shown.posts[index] if index < len(self.shown.posts) else None
        standalone = kind is ActKind.POST if before is None else _is_standalone(before)
        view: RootView | ReplyView
        fingerprint: PostFingerprint
        if index:
            view = self._reply_view(posts, index, standalone=standalone)
            fingerprint = _reply_fingerprint(view)
        else:
            view, fingerprint = self._root(posts)
        ref = before.ref if before and kind is ActKind.EDIT else None
        mention = self.mention if kind is not ActKind.EDIT else None
        shown = (*posts[:index], replace(post, ref=ref, fingerprint=fingerprint), *posts[index + 1 :])
        after = CardState(shown, self.shown.mentioned or mention is not None)
        fresh = tuple(u for u in post.updates if before is None or u not in before.updates)
        reason = self._reason(fresh, kind, index, before, fingerprint)
        root = self.shown.root
        return Act(
            kind=kind,
            reason=reason,
            key=self._key(kind, index, before, after.posts[index]),
            view=view,
            after=after,
            post=index,
            ref=ref if kind is ActKind.EDIT else root.ref if kind is ActKind.REPLY and root else None,
            broadcast=kind is ActKind.REPLY and self.mode is Mode.THREAD_KEY and self._is_key_moment(fresh),
            mention=mention,
        )

    def _tell(self, kind: ActKind, index: int, updates: tuple[str, ...]) -> Act:
        posts = self.shown.posts
        old = posts[index] if index < len(posts) else Post(None, UnknownFingerprint(), ())
        new = replace(old, updates=(*old.updates, *updates))
        return self.act(kind, CardState((*posts[:index], new, *posts[index + 1 :])), index)

    def _key(self, kind: ActKind, index: int, before: Post | None, after: Post) -> str:
        card = self.card
        old, new = dump_fingerprint(before.fingerprint) if before else "", dump_fingerprint(after.fingerprint)
        place = (card.channel.platform, card.channel.workspace, card.channel.id, card.vendor, card.incident)
        return digest(*place, str(card.id), kind, str(index), old, new, *after.updates)

    # --- why -------------------------------------------------------------------------------------------------------

    def _reason(
        self, fresh: Sequence[str], kind: ActKind, index: int, before: Post | None, now: PostFingerprint
    ) -> ActReason:
        if index == 0 and before is None:
            return ActReason.OPENED
        if fresh:
            return self._reason_told(fresh, kind)
        was = before.fingerprint if before else UnknownFingerprint()
        if now.vanished != was.vanished:
            return ActReason.VANISHED if now.vanished else ActReason.RESTORED
        return self._reason_root(was, now) if index == 0 else ActReason.EDITED

    def _reason_told(self, fresh: Sequence[str], kind: ActKind) -> ActReason:
        runs = _runs(self._pick(fresh))
        if len(runs) > 1:
            return ActReason.CAUGHT_UP
        newest, before = self._turn(fresh)
        if newest is not None and newest.digest == (before.digest if before else None) and kind is ActKind.EDIT:
            return ActReason.REPEATED
        if newest is None or newest.phase is None:
            return ActReason.UPDATED
        was_ended = before is not None and before.phase in ENDED
        if newest.phase in ENDED:
            return ActReason.UPDATED if was_ended or newest.phase is Phase.POSTMORTEM else ActReason.RESOLVED
        return ActReason.REOPENED if was_ended else ActReason.UPDATED

    def _reason_root(self, was: PostFingerprint, now: PostFingerprint) -> ActReason:
        """Of an edit that tells no update: does it follow one that was told, or is it the news itself?"""
        if not isinstance(was, RootFingerprint) or not isinstance(now, RootFingerprint):
            return ActReason.REFRESHED
        if now.state is RootState.EXPLAINED and was.state is not RootState.EXPLAINED:
            return ActReason.EXPLAINED
        told = self._pick(self.shown.covered_updates)
        told_end = bool(told) and told[-1].phase in ENDED
        match was.state, now.state:
            case RootState.OPEN, RootState.ENDED if not told_end:
                return ActReason.RESOLVED
            case RootState.ENDED, RootState.OPEN if not told or told_end:
                return ActReason.REOPENED
        if was.own_updates != now.own_updates:
            return ActReason.EDITED
        return ActReason.REFRESHED if was.shown_updates != now.shown_updates else ActReason.UPDATED

    def _is_key_moment(self, fresh: Sequence[str]) -> bool:
        """Worse than the root says, over, or open again."""
        newest, before = self._turn(fresh)
        ended, was_ended = (u is not None and u.phase in ENDED for u in (newest, before))
        root, level = self.shown.root, self.incident.level
        before_level = root.fingerprint.level if root and isinstance(root.fingerprint, RootFingerprint) else None
        worse = before_level is not None and level is not None and before_level < level
        return worse or ended != was_ended

    def _turn(self, fresh: Sequence[str]) -> tuple[Update | None, Update | None]:
        """The newest update of these, and the newest of those told before them."""
        news, told = self._pick(fresh), self._pick(self.shown.covered_updates)
        return news[-1] if news else None, told[-1] if told else None

    # --- what a post shows -----------------------------------------------------------------------------------------

    def _pick(self, ids: Iterable[str]) -> list[Update]:
        wanted = frozenset(ids)
        return [u for u in self.known.values() if u.id in wanted]

    def _repeats(self, post: Post, run: Sequence[Update]) -> bool:
        told = self._pick(post.updates)
        return bool(told) and told[-1].digest == run[0].digest

    def _reply_view(self, posts: Sequence[Post], index: int, *, standalone: bool) -> ReplyView:
        said = _said(self.incident, self.known, posts[index].updates)
        return ReplyView(
            slug=self.incident.vendor,
            id=self.incident.id,
            vendor=self.vendor.name,
            title=self.incident.title,
            url=self.incident.url or self.vendor.human_url,
            phase=said[-1].phase if said else None,
            level=self.incident.level,
            updates=said,
            standalone=standalone,
            vanished=self.incident.vanished and standalone and index == len(posts) - 1,
            kind=self.incident.kind,
        )

    def _reply_fingerprint(self, posts: Sequence[Post], index: int, post: Post) -> ReplyFingerprint:
        return _reply_fingerprint(self._reply_view(posts, index, standalone=_is_standalone(post)))

    def _root(self, posts: Sequence[Post]) -> tuple[RootView, RootFingerprint]:
        """The root as it is to be seen, and the facts that it then shows."""
        incident, parts = self.incident, self.components
        labels = tuple(parts[c].label for c in incident.components if c in parts)
        told = _ids(self._pick(CardState(tuple(posts)).covered_updates))
        return _root(incident, self.vendor, labels, bool(parts), told, posts[0].updates)


@lru_cache(maxsize=ROOTS_KEPT)
def _root(
    incident: Incident,
    vendor: Vendor,
    components: tuple[str, ...],
    has_parts: bool,
    told: tuple[str, ...],
    own: tuple[str, ...],
) -> tuple[RootView, RootFingerprint]:
    """``components`` by their labels; ``told``: the updates that the channel will have seen; ``own``: the root's."""
    known = {u.id: u for u in incident.updates}
    said = _said(incident, known, told)
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
        until=incident.planned_end,
        url=incident.url,
        vanished=incident.vanished,
        components=components,
        first=said[0] if said else None,
        newest=said[-1] if said else None,
        updates=len(known),
        has_parts=has_parts,
        explained=incident.explained_by,
    )
    if view.explained is not None:
        state = RootState.EXPLAINED
    elif view.vanished:
        state = RootState.VANISHED
    else:
        state = RootState.ENDED if view.phase in ENDED else RootState.OPEN
    texts = digest(*(u.digest for u in known.values() if u.id in own))
    ends = digest(*(f"{s.phase}\x1e{s.text}\x1e{s.count}" for s in (view.first, view.newest) if s), str(view.updates))
    times = (t.isoformat() if t else "" for t in (view.started, view.resolved, view.until))
    rest = digest(view.title, view.kind, view.phase or "", *times, view.url or "", *sorted(view.components))
    if view.explained is not None:
        rest = digest(rest, view.explained)
    return view, RootFingerprint(state, view.level, texts, ends, rest)


def _said(incident: Incident, known: Mapping[str, Update], ids: Sequence[str]) -> tuple[UpdateView, ...]:
    """Texts in the order they were told; a text that the page took down is not known any more."""
    said: list[UpdateView] = []
    for run in _runs([known[i] for i in ids if i in known]):
        last = max(u.at for u in run)
        said.append(UpdateView(run[0].phase, run[0].at, run[0].text, len(run), last if len(run) > 1 else None))
    if any(i not in known and not i.startswith(EPISODE_PREFIX) for i in ids):
        said.append(UpdateView(None, incident.started, "", removed=True))
    return tuple(said)


def _reply_fingerprint(view: ReplyView) -> ReplyFingerprint:
    texts = digest(*(f"{s.phase}\x1e{s.text}\x1e{s.count}\x1e{s.removed}" for s in view.updates))
    return ReplyFingerprint(view.standalone, view.vanished, texts)


def _is_standalone(post: Post) -> bool:
    return isinstance(post.fingerprint, ReplyFingerprint) and post.fingerprint.standalone


def _ids(updates: Iterable[Update]) -> tuple[str, ...]:
    return tuple(u.id for u in updates)


def _runs(updates: Sequence[Update]) -> list[list[Update]]:
    """Updates in a row that say the same."""
    return [list(run) for _, run in groupby(updates, key=lambda u: u.digest)]
