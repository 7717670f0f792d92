"""Compares what a channel has been shown with what is true, and works out the next act. Pure and total."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.cards.reasons import reason_for
from bot.cards.showing import (
    EPISODE_PREFIX,
    group_repeats,
    ids_of,
    reply_fingerprint,
    show_news,
    show_reminder,
    show_reply,
    show_root,
    update_views,
)
from bot.cards.views import Act, ActReason, ReplyView, RootView, View
from bot.domain import (
    ENDED,
    NO_WISHES,
    STATE_AFTER,
    UNDER_WAY,
    ActKind,
    Card,
    CardState,
    ChannelSettings,
    Component,
    Held,
    HeldReason,
    Incident,
    IncidentKind,
    Level,
    Mention,
    Mode,
    News,
    NewsFingerprint,
    Phase,
    Post,
    PostFingerprint,
    ReminderFingerprint,
    ReplyFingerprint,
    RootFingerprint,
    RootState,
    UnknownFingerprint,
    Update,
    Vendor,
    Wishes,
    digest,
    due_reminder,
    dump_fingerprint,
    held_back,
)

MAX_SINGLE_REPLIES = 8
"""More unseen texts than this go into a thread as one reply."""
MAX_SINGLE_POSTS = 3
"""More unseen texts than this go into a flat channel as one message."""
THREADED = frozenset({Mode.THREAD, Mode.THREAD_KEY})
CHANNEL_NEWS = frozenset({News.WORSE, News.ENDED, News.REOPENED})
"""News that a channel with key moments is told outside the thread."""
STARTS = frozenset({News.STARTED, News.REOPENED})
"""News of a maintenance that is under way from then on."""


def reconcile(
    incident: Incident,
    card: Card,
    settings: ChannelSettings,
    vendor: Vendor,
    components: Mapping[str, Component],
    mention: Mention | None,
    now: datetime,
    wishes: Wishes = NO_WISHES,
) -> Act | None:
    """The next act, or ``None`` when the channel shows what is true: new texts first, then news without a text, then
    edits of replies, then the root. ``components`` by id, for their labels; ``mention``: the first message, not edit,
    that shows its level carries it.

    A card that is held back (:func:`bot.domain.held_back`) gets no new message, only edits of those that it has. What
    it missed comes in one message; if the incident was muted until its end, in an edit of the root.
    """
    facts = (incident, card, settings, vendor, components, mention, now)
    reconciler = _reconciler(*facts)
    told = reconciler.next_message(wishes.leads(settings), now)
    if told is not None and told.kind is not ActKind.EDIT and held_back(incident, card, settings, wishes, now):
        # Anew: what this one was about to tell counts as shown to it.
        told, reconciler = None, _reconciler(*facts)
    return told or reconciler.next_edit() or reconciler.next_root_edit()


def kept_back(
    incident: Incident,
    card: Card,
    settings: ChannelSettings,
    vendor: Vendor,
    components: Mapping[str, Component],
    now: datetime,
    wishes: Wishes,
) -> Held | None:
    """Why something that the channel was not told yet waits; ``None``: nothing waits, or nothing is to be told."""
    held = held_back(incident, card, settings, wishes, now)
    if held is None:
        return None
    act = _reconciler(incident, card, settings, vendor, components, None, now).next_message(wishes.leads(settings), now)
    return held if act is not None and act.kind is not ActKind.EDIT else None


def _reconciler(
    incident: Incident,
    card: Card,
    settings: ChannelSettings,
    vendor: Vendor,
    components: Mapping[str, Component],
    mention: Mention | None,
    now: datetime,
) -> Reconciler:
    """What was kept back is caught up on in one message."""
    mode, mute = settings.mode, card.mute
    lapsed = mute is not None and not mute.applies_to(incident, now)
    if lapsed or card.held is not None:
        card = replace(card, catch_up=True)
    if lapsed and mute is not None:
        card = replace(card, mute=None)
        mode = Mode.EDIT if mute.ends_silently(incident) else mode
    return Reconciler(incident, card, mode, vendor, labels_of(incident, components), bool(components), mention)


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
    labels = labels_of(incident, components)
    reconciler = Reconciler(incident, card, settings.mode, vendor, labels, bool(components), mention)
    act = reconciler.act(kind, after, post)
    return replace(act, key=key, after=after, mention=act.mention if after.mentioned else None)


def too_late(incident: Incident, card: Card, now: datetime, limit: timedelta | None) -> bool:
    """Nothing was posted yet, and the incident ended longer than ``limit`` ago. What waited on purpose is not late."""
    if limit is None or card.state.posts or card.held is not None or incident.phase not in ENDED:
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
        labels: tuple[str, ...],
        has_parts: bool,
        mention: Mention | None,
    ) -> None:
        """``labels``: of the components that the incident names; ``has_parts``: the page lists some."""
        self.incident, self.state, self.mode = incident, card.state, mode
        self.card, self.vendor, self.labels, self.has_parts = card, vendor, labels, has_parts
        self.known = {u.id: u for u in incident.updates}
        self.whom = mention.target if mention else None
        self.mention = self.whom if mention and not self.state.mentioned and mention.is_due(incident) else None

    # --- the three steps -------------------------------------------------------------------------------------------

    def next_post(self) -> Act | None:
        """Show the next update that the channel has not seen. Of an incident that was taken down only
        Lookout's own notes, if the channel has heard of it; none of an episode that the vendor's incident explains."""
        root, posts, unseen = self.state.root, self.state.posts, self._unseen()
        if self.incident.vanished:
            unseen = [u for u in unseen if u.is_note]
        if (self.incident.vanished and root is None) or self.incident.explained_by is not None:
            return None
        runs = group_repeats(unseen)
        next_run = ids_of(runs[0] if runs and not self.card.catch_up else unseen)
        if root is None:
            return self.show_updates(ActKind.POST, 0, ids_of(unseen) if self.mode is Mode.EDIT else next_run)
        if unseen and self.mode is Mode.EDIT:
            return self.show_updates(ActKind.EDIT if root.ref else ActKind.POST, 0, ids_of(unseen))
        last = max(index for index, post in enumerate(posts) if post.updates or not index)
        if unseen and posts[last].ref and self._is_repeat(posts[last], runs[0]):
            return self._count_repeats(last, ids_of(runs[0]), alone=len(runs) == 1)
        if self._drops_own_text(unseen):
            return self.show_updates(ActKind.REPLY, len(posts), root.updates)
        if not unseen:
            listed = isinstance(root.fingerprint, RootFingerprint) and root.fingerprint.listed
            return self.show_updates(ActKind.POST, 0, ()) if listed and root.ref is None and self._news() else None
        if self.card.catch_up and (news := self.next_news()):
            return news
        if root.ref is None:
            return self.show_updates(ActKind.POST, 0, next_run)
        if self.mode is Mode.FLAT:
            return self.show_updates(
                ActKind.POST, len(posts), ids_of(unseen) if len(runs) > MAX_SINGLE_POSTS else next_run
            )
        return self.show_updates(
            ActKind.REPLY, len(posts), ids_of(unseen) if len(runs) > MAX_SINGLE_REPLIES else next_run
        )

    def next_message(self, leads: Collection[timedelta], now: datetime) -> Act | None:
        """What the channel has not been told yet. ``leads``: how long before a planned maintenance it is reminded."""
        return self.next_post() or self.next_news() or self.next_reminder(leads, now)

    def next_news(self) -> Act | None:
        """What the channel is to notice though no update tells it: an edit notifies nobody."""
        root = self.state.root
        if root is None or root.ref is None or self.incident.explained_by is not None:
            return None
        news = self._news()
        return self._say(NewsFingerprint(news, self.incident.level)) if news and self._is_told_by_itself(news) else None

    def next_reminder(self, leads: Collection[timedelta], now: datetime) -> Act | None:
        """Whatever the mode: who asks to be reminded wants a message."""
        root = self.state.root
        if not leads or root is None or root.ref is None:
            return None
        told = [p.fingerprint.reminder for p in self.state.posts if isinstance(p.fingerprint, ReminderFingerprint)]
        known = (self.card.root_at, *(update.at for update in self.known.values() if update.is_new_plan))
        known_since = max((at for at in known if at is not None), default=None)
        reminder = due_reminder(self.incident, leads, told, known_since, now, past_start=self._reminds_past_start())
        return self._say(ReminderFingerprint(reminder)) if reminder else None

    def _reminds_past_start(self) -> bool:
        """Whether a reminder that was kept back is told though the maintenance has begun. A digest tells of what is
        planned by itself, and what is ignored needs no reminder; in edit mode no other message tells of the start."""
        held, phase = self.card.held, self.incident.phase
        if held is HeldReason.QUIET_HOURS:
            return phase is Phase.SCHEDULED or self.mode is Mode.EDIT
        return held is HeldReason.MUTED and phase not in ENDED and (phase is Phase.SCHEDULED or self.mode is Mode.EDIT)

    def next_edit(self) -> Act | None:
        """Edit the oldest message under the root whose facts have changed."""
        posts = self.state.posts
        for index, post in enumerate(posts[1:], start=1):
            if not post.updates:
                continue
            from_vendor = any(u in self.known or not u.startswith(EPISODE_PREFIX) for u in post.updates)
            if post.ref and from_vendor and self._reply_fingerprint(index) != post.fingerprint:
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
        view: View
        fingerprint: PostFingerprint
        if index == 0:
            view, fingerprint = self._root_view(posts)
        elif isinstance(post.fingerprint, NewsFingerprint):
            fingerprint = post.fingerprint
            view = show_news(self.incident, self.vendor, self.labels, fingerprint, self._shown_level())
        elif isinstance(post.fingerprint, ReminderFingerprint):
            fingerprint = post.fingerprint
            view = show_reminder(self.incident, self.vendor, self.labels, fingerprint)
        else:
            view = self._reply_view(posts, index, standalone=standalone)
            fingerprint = reply_fingerprint(view.updates, standalone=view.standalone, vanished=view.vanished)
        ref = before.ref if before and kind is ActKind.EDIT else None
        told = self.state.covered_updates
        new, covered = self._updates(u for p in posts for u in p.updates if u not in told), self._updates(told)
        reason = reason_for(kind, index, before, fingerprint, new, covered)
        mention = self.mention if kind is not ActKind.EDIT and reason is not ActReason.DROPPED else None
        mentions = post.mentions if kind is ActKind.EDIT else mention is not None
        post = replace(post, ref=ref, fingerprint=fingerprint, mentions=mentions)
        posts = (*posts[:index], post, *posts[index + 1 :])
        after = CardState(posts, self.state.mentioned or mention is not None)
        root = self.state.root
        is_news = isinstance(fingerprint, NewsFingerprint) and fingerprint.news in CHANNEL_NEWS
        is_news = is_news or (isinstance(fingerprint, ReminderFingerprint) and kind is ActKind.REPLY)
        about = self._about(kind, index, before, after.posts[index])
        return Act(
            kind=kind,
            reason=reason,
            key=key_of(self.card, about),
            about=about,
            view=view,
            after=after,
            post=index,
            ref=ref if kind is ActKind.EDIT else root.ref if kind is ActKind.REPLY and root else None,
            broadcast=is_news and self.mode is Mode.THREAD_KEY,
            mention=mention,
            mentioned=self.whom if kind is ActKind.EDIT and mentions else None,
        )

    def _say(self, fingerprint: NewsFingerprint | ReminderFingerprint) -> Act:
        """A message without a text of the vendor's."""
        kind = ActKind.REPLY if self.mode in THREADED else ActKind.POST
        posts = (*self.state.posts, Post(None, fingerprint, ()))
        return self.act(kind, replace(self.state, posts=posts), len(self.state.posts))

    def show_updates(self, kind: ActKind, index: int, updates: tuple[str, ...]) -> Act:
        """The act that makes post ``index``, new or not, cover these updates too."""
        posts = self.state.posts
        old = posts[index] if index < len(posts) else Post(None, UnknownFingerprint(), ())
        new = replace(old, updates=(*old.updates, *updates))
        return self.act(kind, CardState((*posts[:index], new, *posts[index + 1 :])), index)

    def _count_repeats(self, index: int, updates: tuple[str, ...], *, alone: bool) -> Act | None:
        """The act that says how often the text of post ``index`` was said by now: one edit, of the root. If there is
        other news, for which the root has to wait, the next act tells both."""
        posts = self.state.posts
        old = posts[index]
        new = replace(old, updates=(*old.updates, *updates))
        counted = replace(self.state, posts=(*posts[:index], new, *posts[index + 1 :]))
        if alone and self.incident.phase not in ENDED and self.next_news() is None:
            return self.act(ActKind.EDIT, counted, 0 if posts[0].ref else index)
        self.state = counted
        return self.next_post()

    def _about(self, kind: ActKind, index: int, before: Post | None, after: Post) -> str:
        old, new = dump_fingerprint(before.fingerprint) if before else "", dump_fingerprint(after.fingerprint)
        return digest(self.incident.vendor, self.incident.id, kind, str(index), old, new, *after.updates)

    # --- news ------------------------------------------------------------------------------------------------------

    def _news(self) -> News | None:
        """What is so now, and was not when the channel was last told."""
        incident, (told, level) = self.incident, self._told()
        if incident.vanished or incident.unlisted:
            news = News.VANISHED if incident.vanished else News.UNLISTED
            noted = any(update.is_note for update in list(self.known.values())[-1:])
            return None if noted or told is STATE_AFTER[news] else news
        if incident.phase in ENDED:
            return None if told is RootState.ENDED else News.ENDED
        if told is RootState.ENDED:
            return News.REOPENED
        if told in (RootState.VANISHED, RootState.UNLISTED):
            return News.RESTORED
        if self._has_started() and not self._start_is_told():
            return News.STARTED
        worse = level is not None and incident.level is not None and level < incident.level
        return News.WORSE if worse else None

    def _is_told_by_itself(self, news: News) -> bool:
        """Whether the mode has a message for news without a text: of a maintenance also where its end is no key moment,
        unless its vendor told of that."""
        if self.mode is Mode.EDIT:
            return False
        if self.mode is Mode.THREAD_KEY or (self.mode is Mode.THREAD and news not in CHANNEL_NEWS):
            return True
        covered = self._updates(self.state.covered_updates)
        is_plan = self.incident.kind is IncidentKind.MAINTENANCE
        unsaid = not (covered and covered[-1].phase in ENDED)
        return is_plan and (news is News.STARTED or (news is News.ENDED and unsaid))

    def _has_started(self) -> bool:
        return self.incident.kind is IncidentKind.MAINTENANCE and self.incident.phase in UNDER_WAY

    def _start_is_told(self) -> bool:
        """Whether a message has told that it began, after the last one that told of another start."""
        for post in reversed(self.state.posts):
            if isinstance(post.fingerprint, NewsFingerprint) and post.fingerprint.news in STARTS:
                return True
            for update in reversed(self._updates(post.updates)):
                if update.phase in UNDER_WAY or update.phase in ENDED:
                    return True
                if update.is_new_plan:
                    return False
        return self.card.root_at is None or self.card.root_at >= self.incident.started

    def _told(self) -> tuple[RootState, Level | None]:
        """The state and level that the newest news told, else those that the root shows."""
        for post in reversed(self.state.posts):
            if isinstance(post.fingerprint, NewsFingerprint):
                return post.fingerprint.state, post.fingerprint.level
        shown = self.state.posts[0].fingerprint
        if not isinstance(shown, RootFingerprint):
            return RootState.OPEN, None
        # An end that only an edit has shown yet, while the card was muted, is still to be told.
        unseen, covered = self._unseen(), self._updates(self.state.covered_updates)
        edited_only = bool(unseen) and unseen[-1].phase in ENDED and not (covered and covered[-1].phase in ENDED)
        return (RootState.OPEN if edited_only else shown.state), shown.level

    def _shown_level(self) -> Level | None:
        return self._told()[1] if self.state.posts else None

    def _drops_own_text(self, unseen: Sequence[Update]) -> bool:
        """Whether the root's own text is about to leave it and stands nowhere else. A root that had other messages
        below it before, or was over when it was posted, goes on showing it."""
        root, later = self.state.posts[0], self.state.posts[1:]
        if self.mode not in THREADED or root.ref is None or any(post.updates for post in later):
            return False
        if self.incident.kind is IncidentKind.EPISODE:
            return False
        is_open = isinstance(root.fingerprint, RootFingerprint) and root.fingerprint.state is RootState.OPEN
        says = any(update.text.strip() for update in self._updates(root.updates))
        return is_open and says and (self.incident.phase in ENDED or any(not update.is_note for update in unseen))

    def unseen_ids(self) -> tuple[str, ...]:
        return ids_of(self._unseen())

    def _unseen(self) -> list[Update]:
        covered = self.state.covered_updates
        return [u for u in self.known.values() if u.id not in covered]

    # --- what a post shows -----------------------------------------------------------------------------------------

    def _updates(self, ids: Iterable[str]) -> list[Update]:
        wanted = frozenset(ids)
        return [u for u in self.known.values() if u.id in wanted]

    def _is_repeat(self, post: Post, run: Sequence[Update]) -> bool:
        covered = self._updates(post.updates)
        return bool(covered) and covered[-1].digest == run[0].digest

    def _reply_view(self, posts: Sequence[Post], index: int, *, standalone: bool) -> ReplyView:
        ids, last = posts[index].updates, index == len(posts) - 1
        return show_reply(self.incident, self.vendor, self.labels, ids, standalone=standalone, last=last)

    def _reply_fingerprint(self, index: int) -> ReplyFingerprint:
        """What post ``index`` is to show, without making the view of every reply of a card to find the one that
        differs."""
        posts = self.state.posts
        standalone = _is_standalone(posts[index])
        vanished = self.incident.vanished and standalone and index == len(posts) - 1
        updates = update_views(self.incident, self.known, posts[index].updates)
        return reply_fingerprint(updates, standalone=standalone, vanished=vanished)

    def _root_view(self, posts: Sequence[Post]) -> tuple[RootView, RootFingerprint]:
        own, below = posts[0].updates, {u for post in posts[1:] for u in post.updates}
        covered = ids_of(self._updates(CardState(tuple(posts)).covered_updates))
        stands_below = bool(own) and below.issuperset(own)
        facts = (self.incident, self.vendor, self.labels, self.has_parts)
        card = self.card
        mute = card.mute.of(self.incident) if card.mute else None
        return show_root(
            *facts, covered, own, stands_below, card.note, card.hits, card.ack, mute.ignored if mute else None
        )


def labels_of(incident: Incident, components: Mapping[str, Component]) -> tuple[str, ...]:
    """Of the components that it names."""
    return tuple([components[c].label for c in incident.components if c in components])


def key_of(card: Card, about: str) -> str:
    """Of the act on this card that ``about`` names among all acts on cards that are alike."""
    channel = card.channel
    return digest(channel.platform, channel.workspace, channel.id, str(card.id), about)


def _is_standalone(post: Post) -> bool:
    return isinstance(post.fingerprint, ReplyFingerprint) and post.fingerprint.standalone
