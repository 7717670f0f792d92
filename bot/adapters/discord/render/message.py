"""A message as bodies of Discord's create-message request: embeds, buttons, mentions. Pure.

``Body`` is JSON as Discord takes it. The limits below are in UTF-16 units and leave room for each other: whatever a
message holds, its embed stays under Discord's 6,000. https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from typing import Any, assert_never

from bot.adapters.discord.hints import localized
from bot.adapters.discord.render.custom_ids import action_of, custom_id
from bot.adapters.discord.render.markdown import (
    MORE,
    cut,
    escape,
    is_blank,
    link_url,
    render_line,
    split,
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

MAX_TITLE = 256
MAX_PAGE = 3_000
"""Text of one embed; Discord takes 4,096."""
MAX_FIELDS = 25
MAX_FIELD_NAME = 256
MAX_FIELD_VALUE = 1_024
MAX_FIELDS_TOTAL = 2_000
MAX_FOOTER = 200
MAX_INLINE_VALUE = 48
"""Fields with a value no longer than this are shown side by side."""
MAX_LINE = 960
MAX_QUOTE = 1_200
"""How much of one vendor text a card shows; its replies show it in full."""
MAX_TEXT = 1_200
"""Text of a message without an embed; Discord takes 2,000 in all."""
MAX_LABEL = 80
MAX_ROW_BUTTONS = 5
MAX_BUTTONS = 25
MAX_THREAD_NAME = 100
MAX_TAGS = 5
"""Of a forum's post."""
MAX_PINGED = 5
"""Roles and people of one mention."""
MAX_PAGES = 15
"""Messages that one text is split into."""
EMPTY_TEXT = "—"

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
SECONDARY_STYLE = 2
SUPPRESS_EMBEDS = 1 << 2
SMALL_PRINT = "-# "
_FOOTER = re.compile(r"(?:(\d+) of (\d+) · )?([0-9a-f]{8})$")


@dataclass(frozen=True, slots=True)
class MentionTargets:
    """Whom a message may ping, found for what a user of the channel typed."""

    roles: tuple[int, ...] = ()
    users: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        return " ".join([*(f"<@&{role}>" for role in self.roles), *(f"<@{user}>" for user in self.users)])


NOBODY = MentionTargets()


@dataclass(frozen=True, slots=True)
class Footer:
    """What the footer of one of the bot's messages identifies."""

    mark: str
    """Of the act, by :func:`footer_mark`."""
    number: int = 1
    """Which of the act's messages it is, from 1."""
    total: int = 1


def footer_mark(key: str) -> str:
    """Identifies the act with this key in a footer."""
    return digest(key)[:8]


def parse_footer(text: str) -> Footer | None:
    """Reads a footer, or the last line of a message without an embed."""
    found = _FOOTER.search(text)
    return Footer(found[3], int(found[1] or 1), int(found[2] or 1)) if found else None


def as_embed(message: Message, key: str = "", targets: MentionTargets = NOBODY) -> Body:
    """The message in one body; long texts are cut, with a link to the rest."""
    message = localized(message)
    return _bodies(message, [_fitted(_block_lines(message, MAX_QUOTE), MAX_PAGE, message)], key, targets)[0]


def as_pages(
    message: Message, key: str = "", targets: MentionTargets = NOBODY, max_pages: int = MAX_PAGES
) -> list[Body]:
    """The message in as many bodies as its texts need, but no more than ``max_pages``."""
    message = localized(message)
    pages = list(islice(_paginate(_block_lines(message, None)), max_pages + 1)) or [""]
    if len(pages) > max_pages:
        pages = [*pages[: max_pages - 1], _fitted(pages[max_pages - 1].split("\n"), MAX_PAGE, message, more=True)]
    return _bodies(message, pages, key, targets)


def as_text(message: Message, key: str = "", targets: MentionTargets = NOBODY) -> Body:
    """For a channel where embeds are not allowed: Discord would drop them silently."""
    message = localized(message)
    title = f"**{escape(_title(message), MAX_TITLE)}**"
    text = _fitted([title, *_block_lines(message, MAX_QUOTE, fields=True)], MAX_TEXT, message)
    parts = [targets.text, text, f"{SMALL_PRINT}{footer_mark(key)}" if key else ""]
    return {
        "content": "\n".join(part for part in parts if part),
        "flags": SUPPRESS_EMBEDS,
        "components": components(message.buttons),
        "allowed_mentions": allowed_mentions(targets),
    }


def was_text(sent: Mapping[str, Any]) -> bool:
    """Whether a message, as Discord returns it, was made by :func:`as_text` and still hides embeds. One whose embeds
    somebody removed has no such last line."""
    hidden = int(sent.get("flags") or 0) & SUPPRESS_EMBEDS
    return bool(hidden) and str(sent.get("content", "")).rpartition("\n")[2].startswith(SMALL_PRINT)


def is_card(message: Message) -> bool:
    """Whether it is kept up to date, and so one message."""
    return message.kind is MessageKind.CARD


def thread_name(message: Message) -> str:
    """At most 100 units, without markdown: Discord shows names as they are."""
    for text in (message.subject, message.title, message.summary):
        if text and not is_blank(sanitize(text)):
            return cut(one_line(text), MAX_THREAD_NAME)
    return "Incident"


def forum_tags(tags: Iterable[tuple[str, str]], tone: Tone) -> list[str]:
    """Ids of those of a forum's tags that name this state, at most :data:`MAX_TAGS`. ``tags``: name and id."""
    names = _TAG_NAMES[tone]
    return [id for name, id in tags if name.strip().casefold() in names][:MAX_TAGS]


def components(buttons: Sequence[Button]) -> list[Body]:
    """Rows of buttons; of two with the same custom id the first."""
    unique = {custom_id(action_of(button), button.command): button for button in reversed(buttons)}
    bodies = [button_body(custom, button.label) for custom, button in reversed(unique.items())][:MAX_BUTTONS]
    return [action_row(bodies[at : at + MAX_ROW_BUTTONS]) for at in range(0, len(bodies), MAX_ROW_BUTTONS)]


def action_row(buttons: Sequence[Body]) -> Body:
    return {"type": 1, "components": list(buttons)}


def button_body(custom_id: str, label: str) -> Body:
    label = cut(one_line(label), MAX_LABEL)
    return {
        "type": 2,
        "style": SECONDARY_STYLE,
        "label": EMPTY_TEXT if is_blank(label) else label,
        "custom_id": custom_id,
    }


def allowed_mentions(targets: MentionTargets) -> Body:
    """Only these are pinged, whatever the texts contain."""
    return {"parse": [], "roles": [str(i) for i in targets.roles], "users": [str(i) for i in targets.users]}


# --- parts of an embed -----------------------------------------------------------------------------------------------


def _bodies(message: Message, pages: Sequence[str], key: str, targets: MentionTargets) -> list[Body]:
    bodies = []
    for number, text in enumerate(pages, start=1):
        first, last = number == 1, number == len(pages)
        embed: Body = {"color": COLOURS[message.tone]}
        if first:
            title = escape(_title(message), MAX_TITLE - 4)
            embed["title"] = f"~~{title}~~" if message.struck else title
            if message.url and (url := link_url(message.url)):
                embed["url"] = url
        if not is_blank(text):
            embed["description"] = text
        if last and (fields := _embed_fields(message)):
            embed["fields"] = fields
        if last and (at := next((s.at for s in message.footer if isinstance(s, Moment)), None)):
            embed["timestamp"] = at.astimezone(UTC).isoformat()
        mentions = _mention_line(message) if last else ""
        if mentions:
            embed["description"] = "\n".join(part for part in (embed.get("description"), mentions) if part)
        footer = [
            cut(_footer_text(message), MAX_FOOTER // 2) if last and not mentions else "",
            f"{number} of {len(pages)}" if len(pages) > 1 else "",
            footer_mark(key) if key else "",
        ]
        if any(footer):
            embed["footer"] = {"text": " · ".join(part for part in footer if part)}
        body: Body = {
            "embeds": [embed],
            "components": components(message.buttons) if last else [],
            "allowed_mentions": allowed_mentions(targets if first else NOBODY),
        }
        if first and targets.text:
            body["content"] = targets.text
        bodies.append(body)
    return bodies


def _title(message: Message) -> str:
    text = one_line(message.title or message.summary)
    return EMPTY_TEXT if is_blank(text) else text


def _footer_text(message: Message) -> str:
    """The footer as plain text; a moment in it becomes the embed's timestamp."""
    return one_line(plain_text(tuple(span for span in message.footer if not isinstance(span, Moment)))).strip(" ·")


def _mention_line(message: Message) -> str:
    """A footer with people or channels as a line of small print: an embed's own footer has_mentions those as ids."""
    has_mentions = any(isinstance(span, Person | ChannelMention) for span in message.footer)
    return f"{SMALL_PRINT}{render_line(message.footer, MAX_FOOTER)}" if has_mentions else ""


def _closing_fields(message: Message) -> Fields | None:
    """Fields at the end of a message become the embed's fields, which Discord shows below the text."""
    last = message.blocks[-1] if message.blocks else None
    return last if isinstance(last, Fields) else None


def _embed_fields(message: Message) -> list[Body]:
    closing, left = _closing_fields(message), MAX_FIELDS_TOTAL
    fields: list[Body] = []
    for name, value in closing.pairs[:MAX_FIELDS] if closing else ():
        heading = escape(one_line(name), MAX_FIELD_NAME)
        text = render_line(value, MAX_FIELD_VALUE)
        left -= units(heading) + units(text) + 1
        if left < 0:
            break
        fields.append(
            {
                "name": EMPTY_TEXT if is_blank(heading) else heading,
                "value": EMPTY_TEXT if is_blank(text) else text,
                "inline": units(text) <= MAX_INLINE_VALUE,
            }
        )
    return fields


# --- text ------------------------------------------------------------------------------------------------------------


def _block_lines(message: Message, max_quote: int | None, *, fields: bool = False) -> Iterator[str]:
    """The blocks as lines of markdown of at most :data:`MAX_LINE` units. ``max_quote``: units of one vendor text,
    ``None`` for all. ``fields``: also those that the embed shows by itself."""
    closing = _closing_fields(message)
    before: Block | None = None
    for block in message.blocks:
        match block:
            case Paragraph(line=spans):
                yield render_line(spans, MAX_LINE)
            case Items(lines=items):
                yield from (f"- {render_line(item, MAX_LINE)}" for item in items)
            case Fields(pairs=pairs) if fields or block is not closing:
                for name, value in pairs:
                    heading = escape(one_line(name), MAX_FIELD_NAME)
                    yield (
                        f"**{heading}** {render_line(value, MAX_LINE)}"
                        if not is_blank(heading)
                        else render_line(value, MAX_LINE)
                    )
            case Fields():
                pass
            case Quote(text=text, struck=struck):
                if isinstance(before, Quote):
                    yield ""
                yield from _quote_lines(text, struck, max_quote)
            case _:
                assert_never(block)
        before = block


def _quote_lines(text: str, struck: bool, limit: int | None) -> Iterator[str]:
    used, empty = 0, False
    for part in sanitize(text).strip().split("\n"):
        if is_blank(part):
            empty = True
            continue
        for piece in split(part.strip(), MAX_LINE):
            if limit is not None and used and used + units(piece) > limit:
                yield f"> {MORE}"
                return
            if empty and used:
                yield "> "
            empty = False
            used += units(piece)
            yield f"> ~~{piece.strip()}~~" if struck and not is_blank(piece) else f"> {piece.rstrip()}"


def _paginate(lines: Iterable[str]) -> Iterator[str]:
    page: list[str] = []
    size = 0
    for text in lines:
        if page and size + units(text) + 1 > MAX_PAGE:
            yield "\n".join(page)
            page, size = [], 0
        page.append(text)
        size += units(text) + 1
    if page:
        yield "\n".join(page)


def _fitted(lines: Iterable[str], limit: int, message: Message, *, more: bool = False) -> str:
    """As many lines as fit; where one does not, or ``more`` is to come, a link to the rest in its place."""
    shown: list[str] = []
    left = limit
    for text in lines:
        left -= units(text) + 1
        if left < 0:
            more = True
            break
        shown.append(text)
    if more or any(text == f"> {MORE}" for text in shown):
        url = link_url(message.url) if message.url else None
        shown.append(f"[{MORE} the rest]({url.replace('(', '%28').replace(')', '%29')})" if url else MORE)
    return "\n".join(shown)
