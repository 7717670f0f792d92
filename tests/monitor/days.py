"""A page's day on a virtual clock, without a store: each reading is judged, and what one channel gets of it is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.cards import Act, NewsView, ReminderView, ReplyView, RootView
from bot.cards.reconciler import reconcile
from bot.domain import (
    ActKind,
    Card,
    CardState,
    Channel,
    ChannelSettings,
    Incident,
    Mode,
    Snapshot,
    Vendor,
    Verdict,
    VerdictReason,
)
from bot.message import Message
from bot.monitor.news import Context, News, judge
from bot.monitor.trouble import CONFIRM_AFTER
from bot.wording.cards import news_message, reminder_message, reply_message, root_message
from tests.monitor.facts import ACME, NOON
from tests.text import read as as_text

CHANNEL = Channel("list", "local", "ops")
VENDOR = Vendor(ACME, "Acme", "https://acme.example", "https://acme.example", "cloud", "hosting")
VERDICT = Verdict(True, VerdictReason.WHOLE_VENDOR)
EVERY = timedelta(seconds=30)


@dataclass(frozen=True)
class Told:
    """One act in the channel."""

    at: datetime
    kind: ActKind
    incident: str
    text: str


@dataclass
class Day:
    """``page(now, n)`` is what the n-th reading, from 1, finds."""

    page: Callable[[datetime, int], Snapshot]
    now: datetime = NOON
    told: list[Told] = field(default_factory=list)
    readings: int = 0
    record: Snapshot | None = None
    _context: Context = field(default_factory=Context)
    _cards: dict[str, Card] = field(default_factory=dict)

    def run(self, **span: float) -> None:
        end = self.now + timedelta(**span)
        while self.now < end:
            self.read()
            look_at = self._context.memory.look_at
            soon = self.now + CONFIRM_AFTER
            self.now = min(self.now + EVERY, max(look_at, soon)) if look_at else self.now + EVERY

    def read(self) -> News:
        self.readings += 1
        state = self.page(self.now, self.readings)
        news = judge(self.record, state, self.now, context=self._context)
        known = {i.id: i for i in self.record.incidents} if self.record else {}
        known |= {i.id: i for i in news.incidents}
        for episode, by in news.merged:
            card = self._cards.pop(episode, None)
            if card and by not in self._cards:
                self._cards[by] = replace(card, incident=by)
            del known[episode]
        for episode, by in news.explained:
            self._show(replace(known.pop(episode), explained_by=known[by].title))
        kept = tuple(i for i in known.values() if i.is_open or self.now - (i.resolved or i.started) < timedelta(days=1))
        self.record = replace(news.snapshot, incidents=kept, complete_since=None)
        self._context = Context(news.memory, self.now, state.page_updated_at)
        for incident in news.incidents:
            if incident.id in known and (
                incident.id in news.announce or incident.id in self._cards or incident.is_open
            ):
                self._show(incident)
        return news

    def counts(self) -> tuple[int, int, int]:
        """Roots, replies and edits."""
        counted = Counter(each.kind for each in self.told)
        return counted[ActKind.POST], counted[ActKind.REPLY], counted[ActKind.EDIT]

    def news(self) -> list[Told]:
        """All but the edits."""
        return [each for each in self.told if each.kind is not ActKind.EDIT]

    def _show(self, incident: Incident) -> None:
        card = self._cards.get(incident.id) or Card(len(self._cards), CHANNEL, incident.id, ACME, VERDICT)
        components = {c.id: c for c in self.record.components} if self.record else {}
        while act := reconcile(incident, card, ChannelSettings(Mode.THREAD), VENDOR, components, None, self.now):
            self.told.append(Told(self.now, act.kind, incident.id, as_text(_message(act))))
            posts = [replace(p, ref=p.ref or f"m{i}") for i, p in enumerate(act.after.posts)]
            card = replace(card, state=CardState(tuple(posts), act.after.mentioned))
        self._cards[incident.id] = card


def _message(act: Act) -> Message:
    match act.view:
        case RootView():
            return root_message(act.view)
        case ReplyView():
            return reply_message(act.view)
        case NewsView():
            return news_message(act.view)
        case ReminderView():
            return reminder_message(act.view)
