"""A channel's board, and the answers about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from bot.domain import Board, Level, PageState, ServiceTiles, Slug, Tile, digest
from bot.message import (
    Block,
    Button,
    Code,
    Items,
    Line,
    Link,
    Message,
    MessageKind,
    Moment,
    Paragraph,
    Strong,
    Style,
    Tone,
    plain_text,
)
from bot.wording.phrases import join, level_text, one_line
from bot.wording.status import status_buttons, tally
from bot.wording.subscriptions import nothing_subscribed_message
from bot.wording.vendor_state import board_vendor_line, is_current, rank, tone

LINES_CHARS = 2_400
"""Of the vendors' lines, addresses among them: what every platform shows whole in one message. The narrowest is
Discord, whose renderer gives a card 3,000; names and titles that have to be escaped may take more."""
MARKUP_CHARS = 16
"""Of one line that no reader sees: the list's mark, brackets, bold print."""
SUBJECT = "Status board"
OTHERS = "Others"
"""Heads the vendors that no service needs."""
ON, OFF = "board on", "board off"


def board_message(tiles: Sequence[Tile], now: datetime, services: Sequence[ServiceTiles] = ()) -> Message:
    """The board itself: worst first, each vendor in a line; what finds no room is counted. ``services``: those that
    need some of these vendors, which stand below their names."""
    if not tiles:
        empty = nothing_subscribed_message()
        return Message(empty.summary, title=empty.title, blocks=empty.blocks, subject=SUBJECT, kind=MessageKind.BOARD)
    ordered = sorted(tiles, key=lambda tile: rank(tile.state, now))
    states = [tile.state for tile in ordered]
    blocks, shown = _blocks(_groups(ordered, services, now), now)
    if left := [state for state in states if state.vendor.slug not in shown]:
        blocks.append(Paragraph((f"and {_counted(left, now)}; ", Code("status"), " lists all.")))
    read = [s.read_at for s in states if s.read_at and is_current(s, now)]
    if read:
        blocks.append(Paragraph(("Oldest reading: ", Moment(min(read), Style.AGO))))
    title = tally(states, now) if len(states) > 1 else _alone(states[0], now)
    return Message(
        summary=title,
        tone=tone(states[0], now),
        title=title,
        blocks=tuple(blocks),
        footer=(Moment(now, Style.DATETIME), " · From the vendors' own status pages"),
        buttons=status_buttons(states, now),
        subject=SUBJECT,
        kind=MessageKind.BOARD,
    )


def _groups(
    ordered: Sequence[Tile], services: Sequence[ServiceTiles], now: datetime
) -> list[tuple[str, Sequence[Tile]]]:
    """Names of services, the worst first, each with its tiles; last what no service needs."""
    groups = [(one.service, sorted(one.tiles, key=lambda tile: rank(tile.state, now))) for one in services]
    groups.sort(key=lambda group: rank(group[1][0].state, now)[0])
    needed = {tile.state.vendor.slug for one in services for tile in one.tiles}
    others = [tile for tile in ordered if tile.state.vendor.slug not in needed]
    return [*groups, *([(OTHERS if groups else "", others)] if others else [])]


def _blocks(groups: Sequence[tuple[str, Sequence[Tile]]], now: datetime) -> tuple[list[Block], set[Slug]]:
    """As many lines as there is room for, at least one; and the vendors in them."""
    room, blocks, shown = LINES_CHARS, list[Block](), set[Slug]()
    for name, tiles in groups:
        heading: Line = (Strong(one_line(name)),) if name else ()
        room -= _chars(heading) if name else 0
        lines: list[Line] = []
        for tile in tiles:
            line = _line(tile, now)
            room -= _chars(line)
            if room < 0 and shown:
                break
            lines.append(line)
            shown.add(tile.state.vendor.slug)
        if lines:
            blocks += [*([Paragraph(heading)] if heading else []), Items(tuple(lines))]
    return blocks, shown


def board_fingerprint(message: Message) -> str:
    """A fingerprint of a board's text, without its age: as long as that is the same it need not be edited."""
    lasting = [block for block in message.blocks if not _is_age(block)]
    return digest(message.tone, message.title or "", repr(lasting), repr(message.buttons))


def board_left_message(*, moved: bool) -> Message:
    """In place of a board that is none any more."""
    title = "This board has moved down." if moved else "This board was taken down."
    hint: Line = ("The newest one further down in this channel is kept up to date.",)
    if not moved:
        hint = ("It is not kept up to date any more. ", Code(ON), " puts up a new one.")
    return Message(title, title=title, blocks=(Paragraph(hint),), subject=SUBJECT, kind=MessageKind.BOARD)


def board_line(board: Board) -> Line:
    """For ``list`` and ``settings``."""
    if board.error:
        return (f"Board: not up to date. {board.error}",)
    if board.edited_at is None:
        return ("Board: on its way.",)
    edited = Moment(board.edited_at, Style.AGO)
    return ("Board: kept up to date, last edited ", edited, "; ", Code(ON), " moves it down, ", Code(OFF), " ends it.")


def put_up_message(*, moved: bool) -> Message:
    """The answer to ``board on``."""
    title = "The board moves to the end of this channel." if moved else "This channel gets a board."
    what = "One message with this channel's vendors, worst first, kept up to date. "
    return Message(title, title=title, blocks=(Paragraph((what, Code(OFF), " takes it down.")),))


def taken_down_message(*, stood: bool) -> Message:
    """The answer to ``board off``."""
    return _no_board("The board is taken down.") if stood else no_board_message()


def no_board_message() -> Message:
    return _no_board("This channel has no board.")


def current_board_message(board: Board, *, may_manage: bool) -> Message:
    """The answer to ``board`` where there is one."""
    buttons = (Button("Move it down here", ON), Button("Take it down", OFF)) if may_manage else ()
    title = "This channel has a board."
    return Message(title, title=title, blocks=(Paragraph(board_line(board)),), buttons=buttons)


def _no_board(title: str) -> Message:
    hint: Line = (Code(ON), " puts one up: this channel's vendors in one message, worst first, kept up to date.")
    return Message(title, title=title, blocks=(Paragraph(hint),))


def _line(tile: Tile, now: datetime) -> Line:
    until = tile.mute.until if tile.mute else None
    muted: Line = (" until ", Moment(until, Style.DATETIME)) if until else ()
    return board_vendor_line(tile.state, tile.since, now, muted=muted, muted_incidents=tile.muted_incidents)


def _chars(line: Line) -> int:
    return MARKUP_CHARS + len(plain_text(line)) + sum(len(span.url) for span in line if isinstance(span, Link))


def _counted(rest: Sequence[PageState], now: datetime) -> str:
    """``2 more degraded performance, 3 more unknown and 31 more operational``"""
    kinds = Counter(s.snapshot.level if s.snapshot and is_current(s, now) else None for s in rest)
    order = sorted(kinds, key=lambda level: (level is Level.OPERATIONAL, level is None, -(level or 0)))
    return join([f"{kinds[level]:,} more {level_text(level)}" for level in order])


def _alone(state: PageState, now: datetime) -> str:
    name = state.vendor.name
    match tone(state, now):
        case Tone.OK:
            return f"No outage: {name} is operational."
        case Tone.UNKNOWN:
            return f"Unknown: {name}."
        case _:
            return f"{name}: {level_text(state.snapshot.level if state.snapshot else None)}."


def _is_age(block: Block) -> bool:
    return isinstance(block, Paragraph) and any(isinstance(span, Moment) for span in block.line)
