"""Shows cards, replies and edits on a console. Reads no input."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from cachetools import FIFOCache
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

MAX_CARDS = 500
"""Cards that can still be edited and replied to; an older one counts as scrolled off the screen."""
GUTTER_MIN_WIDTH = 60
"""From this width on, in cells, the time of each message has a column of its own."""


@dataclass(slots=True)
class _ShownCard:
    """A card on the screen."""

    messages: dict[str, Message] = field(default_factory=dict)
    """Each message as last printed, by its reference."""
    seen: set[str] = field(default_factory=set)
    """Every text and fact that was printed of it."""

    def remember(self, ref: str, message: Message) -> None:
        self.messages[ref] = message
        self.seen.add(message.title or message.summary)
        self.seen |= _texts(message)

    def is_new(self, fact: Text) -> bool:
        """Whether it was not printed yet; from now on it counts as printed."""
        known = fact.plain in self.seen
        self.seen.add(fact.plain)
        return not known


class ConsoleAdapter:
    """The port, on one rich console. A root's reference is its number, ``7``; its replies are ``7.1``, ``7.2``.

    ``first``: the number of the first card; numbers of earlier runs must not come again. ``zone`` gives a channel's
    time zone. ``hold_edits``: edits that bring no new text or state wait until something else of their card is printed,
    so that of several only the last is shown; for virtual clocks, where hours pass within a second.
    """

    platform = "console"

    def __init__(
        self,
        console: Console,
        now: Callable[[], datetime],
        zone: Callable[[Channel], str] = lambda _: "UTC",
        *,
        first: int = 1,
        hold_edits: bool = False,
    ) -> None:
        self.console = console
        self.closed = False
        self._now = now
        self._zone = zone
        self._next = first
        self._hold_edits = hold_edits
        self._cards: FIFOCache[str, _ShownCard] = FIFOCache(MAX_CARDS)
        self._pending_edits: dict[str, tuple[Channel, Message]] = {}
        self._day: date | None = None

    # --- the port ---------------------------------------------------------------------------------------------------

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        """A board's reference is its key: unlike a count it cannot come again in another run."""
        if message.kind is MessageKind.BOARD:
            ref = f"board-{key}"
        else:
            ref = str(self._next)
            self._next += 1
        self._show_card(channel, ref, message)
        return ref

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        shown = self._cards.get(root)
        if shown is None:
            raise MessageGone(root)
        self.flush(root)
        ref = f"{root}.{len(shown.messages)}"
        shown.remember(ref, message)
        view = self.view(channel)
        head = heading(message, view)
        shown.seen.add(head.plain)
        if message.footer:
            head.append_text(Text(" · ", DIM)).append_text(spans(message.footer, view, DIM))
        lines = [row for block in message.blocks for row in rows(block, view)]
        self._print_message(view, f"↳ #{root} ", head, lines)
        return ref

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        """A board of an earlier run is off the screen, so all of it is shown."""
        shown = self._cards.get(root_of(ref))
        if shown is None and message.kind is MessageKind.BOARD:
            self._show_card(channel, ref, message)
            return
        if shown is None or ref not in shown.messages:
            raise MessageGone(ref)
        self._pending_edits.pop(ref, None)
        self._pending_edits[ref] = (channel, message)
        before = shown.messages[ref]
        if not self._hold_edits or _head(before) != _head(message) or _texts(message) - shown.seen:
            self.flush(root_of(ref))

    async def find(self, channel: Channel, key: str) -> str | None:
        """Always ``None``: what an earlier run showed is off the screen, so sending it again is right."""
        return None

    async def notify_user(self, channel: Channel, user: str, message: Message) -> None:
        self.flush()
        view = self.view(channel)
        self._print_message(view, "(to you) ", heading(message, view), [*body(message, view)])

    # --- the screen -------------------------------------------------------------------------------------------------

    def view(self, channel: Channel) -> View:
        """How this channel's messages are to be rendered now."""
        return View(ZoneInfo(self._zone(channel)), self._now(), styled=self.console.is_terminal)

    def _show_card(self, channel: Channel, ref: str, message: Message) -> None:
        self._cards[ref] = shown = _ShownCard()
        shown.remember(ref, message)
        view = self.view(channel)
        self._print_message(view, _mark(ref, message), heading(message, view), [*body(message, view)])

    def flush(self, card: str | None = None) -> None:
        """Show the pending edits, all or those of one card."""
        for ref in [ref for ref in self._pending_edits if card in (None, root_of(ref))]:
            channel, message = self._pending_edits.pop(ref)
            shown = self._cards.get(root_of(ref))
            if shown is None:
                continue
            view = self.view(channel)
            changes = _changes(shown, shown.messages[ref], message, view)
            shown.remember(ref, message)
            if changes:
                mark = f"✎ {_mark(ref, message)}" if ref in self._cards else f"✎ ↳ #{root_of(ref)} "
                self._print_message(view, mark, *changes)

    def lines(self, rows: Iterable[Row]) -> list[Text]:
        """The rows as lines of this console's width."""
        return [line for row in rows for line in wrap(row, self.console, self.console.width)]

    def write(self, lines: Iterable[Text]) -> None:
        """Print lines as they are: no markup, no wrapping. ``closed`` becomes true once nobody reads any more."""
        for line in lines:
            line = for_encoding(line, self.console.encoding)
            try:
                self.console.print(line, soft_wrap=True, highlight=False, markup=False, emoji=False)
            except SystemExit:
                # What rich makes of a broken pipe; it prints nothing from then on.
                self.closed = True

    def _print_message(self, view: View, mark: str, head: Text, below: list[Row]) -> None:
        at = view.now.astimezone(view.zone)
        width = self.console.width
        if at.date() != self._day:
            self._day = at.date()
            rule = Text(f"── {at:%A} {at.day} {at:%B %Y} · {zone_name(at)} ──", DIM)
            self.write(wrap(Row(rule), self.console, width))
        gutter = 7 if width >= GUTTER_MIN_WIDTH else 0
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


def _changes(shown: _ShownCard, before: Message, after: Message, view: View) -> tuple[Text, list[Row]] | None:
    """What an edit adds to the screen: one line, and below it texts that are new to the card.

    The first paragraph of a card is its state, which its replies tell too: it is shown beside what else there is.
    Another paragraph right above a quote is that quote's heading and goes with it. An age that went on adds nothing,
    nor does the footer of anything but an open card.
    """
    paragraphs = {_without_ages(block.line) for block in before.blocks if isinstance(block, Paragraph)}
    items, known = _items(before.blocks), _facts(before.blocks)
    state: list[Text] = []
    facts: list[Text] = []
    below: list[Row] = []
    for number, (block, following) in enumerate(pairwise((*after.blocks, None))):
        match block:
            case Paragraph(line=line) if number == 0 and after.kind is MessageKind.CARD:
                state = [spans(line, view)] if _without_ages(line) not in paragraphs else []
            case Quote(text=text) if text not in shown.seen:
                below += rows(block, view)
            case Paragraph(line=line) if isinstance(following, Quote):
                if following.text not in shown.seen:
                    below.append(Row(spans(line, view)))
            case Paragraph(line=line) if _without_ages(line) not in paragraphs:
                facts += filter(shown.is_new, [spans(line, view)])
            case Items(lines=lines) if after.kind is MessageKind.BOARD:
                # What was true before is new when it is true again.
                below += [Row(spans(line, view), lead="• ") for line in lines if line not in items]
            case Items(lines=lines):
                facts += filter(shown.is_new, [spans(line, view) for line in lines if line not in items])
            case Fields(pairs=pairs):
                for name, line in pairs:
                    if known.get(name, line) != line and shown.is_new(value := spans(line, view)):
                        facts.append(Text(f"{safe(name)} ").append_text(value))
    if after.kind is MessageKind.CARD and not after.subtitle and after.footer != before.footer:
        facts += filter(shown.is_new, [spans(after.footer, view)])
    head = heading(after, view)
    is_known = _head(before) == _head(after) or head.plain in shown.seen
    if is_known and not facts and not below:
        return None
    for fact in (*state, *facts):
        head.append_text(Text(" · ", DIM)).append_text(fact)
    return head, below


def _without_ages(line: Line) -> Line:
    return tuple(span for span in line if not (isinstance(span, Moment) and span.style in (Style.AGO, Style.ELAPSED)))


def _head(message: Message) -> tuple[object, ...]:
    return message.title, message.struck, message.tone, _without_ages(message.subtitle)


def _texts(message: Message) -> set[str]:
    return {block.text for block in message.blocks if isinstance(block, Quote)}


def _items(blocks: Iterable[Block]) -> set[Line]:
    return {line for block in blocks if isinstance(block, Items) for line in block.lines}


def _facts(blocks: Iterable[Block]) -> dict[str, Line]:
    return {name: line for block in blocks if isinstance(block, Fields) for name, line in block.pairs}
