"""A feed read again and again: what of it would be told, without a store and a chat."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from bot.domain import Incident, Opened, PageMemory, Resolved, Slug, Snapshot, Vanished
from bot.monitor.absence import is_certain
from bot.monitor.news import Context, News, judge
from bot.monitor.provider import Body
from bot.monitor.providers import BY_KIND
from bot.monitor.recognition import recognised

ACME = Slug("acme")
EIGHT = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
HOST = "https://status.acme.example"


@dataclass(frozen=True)
class Item:
    """An entry; what is ``None`` is left out."""

    title: str = "Ferries late"
    text: str = "We are investigating late ferries."
    at: datetime | str | None = EIGHT
    id: str | None = "g1"
    link: str | None = f"{HOST}/n/1"

    def __str__(self) -> str:
        at = f"{self.at:%a, %d %b %Y %H:%M:%S} GMT" if isinstance(self.at, datetime) else self.at
        parts = {"title": self.title, "guid": self.id, "link": self.link, "pubDate": at, "description": self.text}
        return f"<item>{''.join(f'<{tag}>{escape(text)}</{tag}>' for tag, text in parts.items() if text)}</item>"


def feed(*items: Item) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Acme</title>'
    return f"{head}{''.join(map(str, items))}</channel></rss>".encode()


OLD = Item("Fog", "This incident has been resolved.", EIGHT - timedelta(days=2), "g0", f"{HOST}/n/0")


@dataclass
class FeedDays:
    """The page of which all is on record in ``known``. ``told``: ids, a time each whenever they were announced."""

    now: datetime = EIGHT
    known: dict[str, Incident] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)
    ended: list[tuple[str, datetime]] = field(default_factory=list)
    taken_down: list[str] = field(default_factory=list)
    updates: list[str] = field(default_factory=list)
    """Texts, each whenever it came as an update of its own."""
    edits: int = 0
    memory: PageMemory = field(default_factory=PageMemory)
    seen_at: datetime | None = None

    def read(self, *items: Item, minutes: float = 1, content: bytes | None = None) -> News:
        """One reading, ``minutes`` after the one before."""
        if self.seen_at is not None:
            self.now += timedelta(minutes=minutes)
        after = BY_KIND["rss"].parse(ACME, (Body("x", content or feed(*items)),), self.now)
        before = None
        if self.seen_at is not None:
            before = Snapshot(ACME, None, "", (), tuple(self.known.values()), self.now)
            absent = {id for id, absence in self.memory.absent.items() if is_certain(absence, self.now)}
            after = recognised(before, after, self.seen_at, absent)
        context = Context(memory=self.memory, seen_at=self.seen_at, lists_past=True)
        news = judge(before, after, self.now, context=context)
        self._count(news)
        self.known |= {incident.id: incident for incident in news.incidents}
        self.memory, self.seen_at = news.memory, self.now
        return news

    def _count(self, news: News) -> None:
        for change in news.changes:
            if isinstance(change, Opened) and change.incident.id in news.announce:
                self.told[change.incident.id] += 1
            elif isinstance(change, Resolved):
                self.ended.append((change.incident.id, self.now))
            elif isinstance(change, Vanished):
                self.taken_down.append(change.incident.id)
        for incident in news.incidents:
            was = {u.id: u for u in self.known[incident.id].updates} if incident.id in self.known else {}
            self.updates += [u.text for u in incident.updates if u.id not in was]
            self.edits += sum(u.id in was and was[u.id].digest != u.digest for u in incident.updates)

    @property
    def only(self) -> Incident:
        """The one incident beside :data:`OLD`."""
        (found,) = [incident for incident in self.known.values() if incident.title != OLD.title]
        return found


def later(item: Item, **changes: object) -> Item:
    return replace(item, **changes)  # type: ignore[arg-type]
