"""Shows cards, replies and edits on a console. Decides nothing about what is due, and reads no input."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from bot.adapters.console.render import (
    DIM,
    Row,
    View,
    body,
    for_encoding,
    heading,
    rows,
    safe,
    spans,
    wrap,
    zone_name,
)
from bot.delivery.port import MessageGone
from bot.domain import Channel
from bot.message import Block, Fields, Items, Line, Message, MessageKind, Moment, Paragraph, Quote, Style

CARDS_KEPT = 500
"""Cards that can still be edited and replied to; an older one counts as gone from the screen."""
GUTTER_FROM = 60
"""The least width at which the time of each message stands in a column of its own."""


@dataclass(slots=True)
class _Shown:
    """A card on the screen: each message as last printed, and all that was printed of it piece by piece."""

    messages: dict[str, Message] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def remember(self, ref: str, message: Message) -> None:
        self.messages[ref] = message
        self.told.add(message.title or message.summary)
        self.told |= _texts(message)

    def news(self, fact: Text) -> bool:
        """Whether it was not told yet; from now on it is."""
        known = fact.plain in self.told
        self.told.add(fact.plain)
        return not known


class ConsoleAdapter:
    """The port, on one rich console. A root's reference is its number, ``7``; its replies are ``7.1``, ``7.2``.

    ``first``: the number of the first card; numbers of earlier runs must not come again. ``zone`` gives a channel's
    time zone. ``hold``: edits that bring no new text or state wait until something else of their card is printed, so
    that of several only the last is shown; for virtual clocks, where hours pass within a second.
    """

    platform = "console"

    def __init__(
        self,
        console: Console,
        now: Callable[[], datetime],
        zone: Callable[[Channel], str] = lambda _: "UTC",
        *,
        first: int = 1,
        hold: bool = False,
    ) -> None:
        self.console = console
        self.closed = False
        self._now = now
        self._zone = zone
        self._next = first
        self._hold = hold
        self._cards: dict[str, _Shown] = {}
        self._held: dict[str, tuple[Channel, Message]] = {}
        self._day: date | None = None

    # --- the port ---------------------------------------------------------------------------------------------------

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        """A board has a name of its own, that cannot come again with another run's count."""
        if message.kind is MessageKind.BOARD:
            ref = f"board-{key}"
        else:
            ref = str(self._next)
            self._next += 1
        self._show(channel, ref, message)
        return ref

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        shown = self._cards.get(root)
        if shown is None:
            raise MessageGone(root)
        self.flush(root)
        ref = f"{root}.{len(shown.messages)}"
        shown.remember(ref, message)
        view = self.view(channel)
        head = heading(message)
        if message.footer:
            head.append_text(Text(" · ", DIM)).append_text(spans(message.footer, view, DIM))
        lines = [row for block in message.blocks for row in rows(block, view)]
        self._message(view, f"↳ #{root} ", head, lines)
        return ref

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        """A board of an earlier run is off the screen, so it is shown whole."""
        shown = self._cards.get(root_of(ref))
        if shown is None and message.kind is MessageKind.BOARD:
            self._show(channel, ref, message)
            return
        if shown is None or ref not in shown.messages:
            raise MessageGone(ref)
        self._held.pop(ref, None)
        self._held[ref] = (channel, message)
        before = shown.messages[ref]
        if not self._hold or _head(before) != _head(message) or _texts(message) - shown.told:
            self.flush(root_of(ref))

    async def find(self, channel: Channel, key: str) -> str | None:
        """Always ``None``: what an earlier run showed is off the screen, so sending it again is right."""
        return None

    async def notify_user(self, channel: Channel, user: str, message: Message) -> None:
        self.flush()
        view = self.view(channel)
        self._message(view, "(to you) ", heading(message), [*body(message, view)])

    # --- the screen -------------------------------------------------------------------------------------------------

    def view(self, channel: Channel) -> View:
        """How this channel's messages are to be rendered now."""
        return View(ZoneInfo(self._zone(channel)), self._now(), styled=self.console.is_terminal)

    def _show(self, channel: Channel, ref: str, message: Message) -> None:
        self._cards[ref] = shown = _Shown()
        while len(self._cards) > CARDS_KEPT:
            del self._cards[next(iter(self._cards))]
        shown.remember(ref, message)
        view = self.view(channel)
        self._message(view, _mark(ref, message), heading(message), [*body(message, view)])

    def flush(self, card: str | None = None) -> None:
        """Show the edits that are held back, all or those of one card."""
        for ref in [ref for ref in self._held if card in (None, root_of(ref))]:
            channel, message = self._held.pop(ref)
            shown = self._cards.get(root_of(ref))
            if shown is None:
                continue
            view = self.view(channel)
            changes = _changes(shown, shown.messages[ref], message, view)
            shown.remember(ref, message)
            if changes:
                mark = f"✎ {_mark(ref, message)}" if ref in self._cards else f"✎ ↳ #{root_of(ref)} "
                self._message(view, mark, *changes)

    def lines(self, rows: Iterable[Row]) -> list[Text]:
        """The rows as lines of this console's width."""
        return [line for row in rows for line in wrap(row, self.console, self.console.width)]

    def write(self, lines: Iterable[Text]) -> None:
        """Print lines as they are: no markup, no wrapping. Once nobody reads any more, ``closed`` is true."""
        for line in lines:
            line = for_encoding(line, self.console.encoding)
            try:
                self.console.print(line, soft_wrap=True, highlight=False, markup=False, emoji=False)
            except SystemExit:
                # What rich makes of a broken pipe; it prints nothing from then on.
                self.closed = True

    def _message(self, view: View, mark: str, head: Text, below: list[Row]) -> None:
        at = view.now.astimezone(view.zone)
        width = self.console.width
        if at.date() != self._day:
            self._day = at.date()
            rule = Text(f"── {at:%A} {at.day} {at:%B %Y} · {zone_name(at)} ──", DIM)
            self.write(wrap(Row(rule), self.console, width))
        gutter = 7 if width >= GUTTER_FROM else 0
        margin = " " * (gutter + (2 if mark[0] in "↳✎" else 0))
        first = wrap(Row(head, lead=mark), self.console, width - gutter)
        time = Text(f"{at:%H:%M}  " if gutter else "", DIM)
        pieces = [(time if number == 0 else Text(" " * gutter)) + line for number, line in enumerate(first)]
        for row in below:
            pieces += [Text(margin) + line for line in wrap(row, self.console, width - len(margin))]
        self.write(pieces)


def _mark(root: str, message: Message) -> str:
    return "#board " if message.kind is MessageKind.BOARD else f"#{root} "


def root_of(ref: str) -> str:
    """The card's number in the reference of any of its messages."""
    return ref.partition(".")[0]


def _changes(shown: _Shown, before: Message, after: Message, view: View) -> tuple[Text, list[Row]] | None:
    """What an edit brings that the screen does not show yet: one line, and below it texts that are new to the card.

    A paragraph right above a quote is that quote's heading and goes with it. Small print alone is no news, nor is an
    age that went on.
    """
    paragraphs = {_ageless(block.line) for block in before.blocks if isinstance(block, Paragraph)}
    items, known = _items(before.blocks), _facts(before.blocks)
    facts: list[Text] = []
    below: list[Row] = []
    for block, following in pairwise((*after.blocks, None)):
        match block:
            case Quote(text=text) if text not in shown.told:
                below += rows(block, view)
            case Paragraph(line=line) if isinstance(following, Quote):
                if following.text not in shown.told:
                    below.append(Row(spans(line, view)))
            case Paragraph(line=line) if _ageless(line) not in paragraphs:
                facts += filter(shown.news, [spans(line, view)])
            case Items(lines=lines) if after.kind is MessageKind.BOARD:
                # What was so before is news when it is so again.
                below += [Row(spans(line, view), lead="• ") for line in lines if line not in items]
            case Items(lines=lines):
                facts += filter(shown.news, [spans(line, view) for line in lines if line not in items])
            case Fields(pairs=pairs):
                for name, line in pairs:
                    if known.get(name, line) != line and shown.news(value := spans(line, view)):
                        facts.append(Text(f"{safe(name)} ").append_text(value))
    if _head(before) == _head(after) and not facts and not below:
        return None
    head = heading(after)
    for fact in facts:
        head.append_text(Text(" · ", DIM)).append_text(fact)
    return head, below


def _ageless(line: Line) -> Line:
    return tuple(span for span in line if not (isinstance(span, Moment) and span.style is Style.AGO))


def _head(message: Message) -> tuple[str | None, bool]:
    return message.title, message.struck


def _texts(message: Message) -> set[str]:
    return {block.text for block in message.blocks if isinstance(block, Quote)}


def _items(blocks: Iterable[Block]) -> set[Line]:
    return {line for block in blocks if isinstance(block, Items) for line in block.lines}


def _facts(blocks: Iterable[Block]) -> dict[str, Line]:
    return {name: line for block in blocks if isinstance(block, Fields) for name, line in block.pairs}
