"""A message as bodies of Discord's create-message request: an embed each, its buttons, its mention. Pure.

``Body`` is JSON as Discord takes it. The limits below leave room for each other: whatever a message holds, its embed
stays under Discord's 6,000 characters. https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from typing import Any, assert_never

from bot.adapters.discord.render.custom_ids import custom_id, owner_of
from bot.adapters.discord.render.markdown import (
    MORE,
    address,
    cut,
    escape,
    is_blank,
    line,
    pieces,
    units,
)
from bot.adapters.plain_text import one_line, sanitize
from bot.domain import digest
from bot.message import (
    Block,
    Button,
    ChannelMention,
    Fields,
    Items,
    Message,
    MessageKind,
    Moment,
    Paragraph,
    Person,
    Quote,
    Tone,
    plain_text,
)

Body = dict[str, Any]

TITLE = 256
PAGE = 3_000
"""Of the text of one embed; Discord takes 4,096."""
FIELDS = 25
FIELD_NAME = 256
FIELD_VALUE = 1_024
FIELDS_TOTAL = 2_000
FOOTER = 200
INLINE = 48
"""Fields with a value no longer than this stand side by side."""
LINE = 960
QUOTE = 1_200
"""How much of one vendor text a card shows; its replies show it in full."""
BARE = 1_200
"""Of the text of a message without an embed; Discord takes 2,000 in all."""
LABEL = 80
ROW = 5
BUTTONS = 25
THREAD_NAME = 100
MAX_TAGS = 5
"""Of a forum's post."""
MAX_PINGED = 5
"""Roles and people of one mention."""
PAGES = 15
"""Messages that one text is spread over at most."""
NOTHING = "—"

COLOURS = {
    Tone.OK: 0x2E9E5B,
    Tone.MAINTENANCE: 0x3B82F6,
    Tone.DEGRADED: 0xF1C40F,
    Tone.PARTIAL: 0xE67E22,
    Tone.MAJOR: 0xD83C3E,
    Tone.UNKNOWN: 0x9B59B6,
    Tone.ENDED: 0x2E9E5B,
    Tone.GONE: 0x747F8D,
    Tone.PLAIN: 0x5865F2,
}
_OPEN_TAGS = ("open", "ongoing", "active", "incident", "outage")
_TAG_NAMES = {
    Tone.OK: ("operational", "resolved", "ended", "closed"),
    Tone.ENDED: ("resolved", "ended", "closed", "fixed", "completed", "done", "solved"),
    Tone.MAINTENANCE: ("maintenance", "planned", "scheduled"),
    Tone.DEGRADED: ("degraded", "degraded performance", "minor", *_OPEN_TAGS),
    Tone.PARTIAL: ("partial outage", "partial", "major", *_OPEN_TAGS),
    Tone.MAJOR: ("major outage", "critical", *_OPEN_TAGS),
    Tone.UNKNOWN: ("unknown", *_OPEN_TAGS),
    Tone.GONE: ("taken down", "removed", "withdrawn", "closed"),
    Tone.PLAIN: (),
}
SECONDARY = 2
SUPPRESS_EMBEDS = 1 << 2
SMALL = "-# "
_FOOT = re.compile(r"(?:(\d+) of (\d+) · )?([0-9a-f]{8})$")


@dataclass(frozen=True, slots=True)
class Pinged:
    """Whom a message may ping: ids that the adapter found for what a user of the channel typed."""

    roles: tuple[int, ...] = ()
    users: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        return " ".join([*(f"<@&{role}>" for role in self.roles), *(f"<@{user}>" for user in self.users)])


NOBODY = Pinged()


@dataclass(frozen=True, slots=True)
class Foot:
    """What the footer of a message of ours tells: the mark of its act, and which of how many messages it is."""

    mark: str
    number: int = 1
    of: int = 1


def mark(key: str) -> str:
    """What stands in the footer for the act with this key."""
    return digest(key)[:8]


def foot(text: str) -> Foot | None:
    """Reads a footer, or the last line of a message without an embed."""
    found = _FOOT.search(text)
    return Foot(found[3], int(found[1] or 1), int(found[2] or 1)) if found else None


def as_embed(message: Message, key: str = "", pinged: Pinged = NOBODY) -> Body:
    """The message in one body; long texts are cut, with a link to the rest."""
    return _bodies(message, [_begin(_lines(message, QUOTE), PAGE, message)], key, pinged)[0]


def as_pages(message: Message, key: str = "", pinged: Pinged = NOBODY, most: int = PAGES) -> list[Body]:
    """The message in as many bodies as its texts need, but no more than ``most``."""
    pages = list(islice(_pages(_lines(message, None)), most + 1)) or [""]
    if len(pages) > most:
        pages = [*pages[: most - 1], _begin(pages[most - 1].split("\n"), PAGE, message, more=True)]
    return _bodies(message, pages, key, pinged)


def as_text(message: Message, key: str = "", pinged: Pinged = NOBODY) -> Body:
    """For a channel where embeds are not allowed: they would vanish without a word."""
    title = f"**{escape(_title(message), TITLE)}**"
    text = _begin([title, *_lines(message, QUOTE, fields=True)], BARE, message)
    parts = [pinged.text, text, f"{SMALL}{mark(key)}" if key else ""]
    return {
        "content": "\n".join(part for part in parts if part),
        "flags": SUPPRESS_EMBEDS,
        "components": components(message.buttons),
        "allowed_mentions": allowed(pinged),
    }


def was_bare(sent: Mapping[str, Any]) -> bool:
    """Whether a message, as Discord returns it, was made by :func:`bare`, and no embed is seen in it. One whose embeds
    somebody removed has no such last line."""
    hidden = int(sent.get("flags") or 0) & SUPPRESS_EMBEDS
    return bool(hidden) and str(sent.get("content", "")).rpartition("\n")[2].startswith(SMALL)


def is_card(message: Message) -> bool:
    """Whether it is kept up to date, and so one message."""
    return message.kind is MessageKind.CARD


def thread_name(message: Message) -> str:
    """At most 100 units, without markdown: Discord shows names as they are."""
    for text in (message.subject, message.title, message.summary):
        if text and not is_blank(sanitize(text)):
            return cut(one_line(text), THREAD_NAME)
    return "Incident"


def forum_tags(tags: Iterable[tuple[str, str]], tone: Tone) -> list[str]:
    """Which of a forum's tags say how an incident stands: ids, at most :data:`MAX_TAGS`. ``tags``: name and id."""
    wanted = _TAG_NAMES[tone]
    return [id for name, id in tags if name.strip().casefold() in wanted][:MAX_TAGS]


def components(buttons: Sequence[Button]) -> list[Body]:
    """Rows of buttons; of two that do the same the first."""
    unique = {custom_id(owner_of(button), button.command): button for button in reversed(buttons)}
    shown = [button_body(custom, button.label) for custom, button in reversed(unique.items())][:BUTTONS]
    return [row(shown[at : at + ROW]) for at in range(0, len(shown), ROW)]


def row(buttons: Sequence[Body]) -> Body:
    return {"type": 1, "components": list(buttons)}


def button_body(custom: str, label: str) -> Body:
    label = cut(one_line(label), LABEL)
    return {"type": 2, "style": SECONDARY, "label": NOTHING if is_blank(label) else label, "custom_id": custom}


def allowed(pinged: Pinged) -> Body:
    """Nobody but these, whatever stands in the texts."""
    return {"parse": [], "roles": [str(i) for i in pinged.roles], "users": [str(i) for i in pinged.users]}


# --- parts of an embed -----------------------------------------------------------------------------------------------


def _bodies(message: Message, pages: Sequence[str], key: str, pinged: Pinged) -> list[Body]:
    bodies = []
    for number, text in enumerate(pages, start=1):
        first, last = number == 1, number == len(pages)
        embed: Body = {"color": COLOURS[message.tone]}
        if first:
            title = escape(_title(message), TITLE - 4)
            embed["title"] = f"~~{title}~~" if message.struck else title
            if message.url and (url := address(message.url)):
                embed["url"] = url
        if not is_blank(text):
            embed["description"] = text
        if last and (fields := _fields(message)):
            embed["fields"] = fields
        if last and (at := next((s.at for s in message.footer if isinstance(s, Moment)), None)):
            embed["timestamp"] = at.astimezone(UTC).isoformat()
        people = _of_people(message) if last else ""
        if people:
            embed["description"] = "\n".join(part for part in (embed.get("description"), people) if part)
        small = [
            cut(_small(message), FOOTER // 2) if last and not people else "",
            f"{number} of {len(pages)}" if len(pages) > 1 else "",
            mark(key) if key else "",
        ]
        if any(small):
            embed["footer"] = {"text": " · ".join(part for part in small if part)}
        body: Body = {
            "embeds": [embed],
            "components": components(message.buttons) if last else [],
            "allowed_mentions": allowed(pinged if first else NOBODY),
        }
        if first and pinged.text:
            body["content"] = pinged.text
        bodies.append(body)
    return bodies


def _title(message: Message) -> str:
    text = one_line(message.title or message.summary)
    return NOTHING if is_blank(text) else text


def _small(message: Message) -> str:
    """The footer in plain words; a moment in it is the embed's own time."""
    return one_line(plain_text(tuple(span for span in message.footer if not isinstance(span, Moment)))).strip(" ·")


def _of_people(message: Message) -> str:
    """A footer shows people and channels as bare ids; a line in small print names them."""
    shows = any(isinstance(span, Person | ChannelMention) for span in message.footer)
    return f"{SMALL}{line(message.footer, FOOTER)}" if shows else ""


def _facts(message: Message) -> Fields | None:
    """Fields at the end of a message are the embed's own; Discord shows those below the text."""
    last = message.blocks[-1] if message.blocks else None
    return last if isinstance(last, Fields) else None


def _fields(message: Message) -> list[Body]:
    facts, left = _facts(message), FIELDS_TOTAL
    fields: list[Body] = []
    for name, value in facts.pairs[:FIELDS] if facts else ():
        heading = escape(one_line(name), FIELD_NAME)
        text = line(value, FIELD_VALUE)
        left -= units(heading) + units(text) + 1
        if left < 0:
            break
        fields.append(
            {
                "name": NOTHING if is_blank(heading) else heading,
                "value": NOTHING if is_blank(text) else text,
                "inline": units(text) <= INLINE,
            }
        )
    return fields


# --- text ------------------------------------------------------------------------------------------------------------


def _lines(message: Message, quote: int | None, *, fields: bool = False) -> Iterator[str]:
    """The blocks as lines of markdown of at most :data:`LINE` units. ``quote``: how much of one vendor text, ``None``:
    all of it. ``fields``: those too that the embed shows by itself."""
    facts = _facts(message)
    before: Block | None = None
    for block in message.blocks:
        match block:
            case Paragraph(line=spans):
                yield line(spans, LINE)
            case Items(lines=items):
                yield from (f"- {line(item, LINE)}" for item in items)
            case Fields(pairs=pairs) if fields or block is not facts:
                for name, value in pairs:
                    heading = escape(one_line(name), FIELD_NAME)
                    yield f"**{heading}** {line(value, LINE)}" if not is_blank(heading) else line(value, LINE)
            case Fields():
                pass
            case Quote(text=text, struck=gone):
                if isinstance(before, Quote):
                    yield ""
                yield from _quoted(text, gone, quote)
            case _:
                assert_never(block)
        before = block


def _quoted(text: str, gone: bool, limit: int | None) -> Iterator[str]:
    used, empty = 0, False
    for part in sanitize(text).strip().split("\n"):
        if is_blank(part):
            empty = True
            continue
        for piece in pieces(part.strip(), LINE):
            if limit is not None and used and used + units(piece) > limit:
                yield f"> {MORE}"
                return
            if empty and used:
                yield "> "
            empty = False
            used += units(piece)
            yield f"> ~~{piece.strip()}~~" if gone and not is_blank(piece) else f"> {piece.rstrip()}"


def _pages(lines: Iterable[str]) -> Iterator[str]:
    page: list[str] = []
    size = 0
    for text in lines:
        if page and size + units(text) + 1 > PAGE:
            yield "\n".join(page)
            page, size = [], 0
        page.append(text)
        size += units(text) + 1
    if page:
        yield "\n".join(page)


def _begin(lines: Iterable[str], limit: int, message: Message, *, more: bool = False) -> str:
    """As many lines as fit; where one does not, or ``more`` is to come, a link to the rest in its place."""
    kept: list[str] = []
    left = limit
    for text in lines:
        left -= units(text) + 1
        if left < 0:
            more = True
            break
        kept.append(text)
    if more or any(text == f"> {MORE}" for text in kept):
        url = address(message.url) if message.url else None
        kept.append(f"[{MORE} the rest]({url.replace('(', '%28').replace(')', '%29')})" if url else MORE)
    return "\n".join(kept)
