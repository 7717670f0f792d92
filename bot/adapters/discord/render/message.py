"""A message as bodies of Discord's create-message request: texts, embeds, buttons, mentions. Pure.

``Body`` is JSON as Discord takes it. An open card is an embed with one sentence above it: that sentence is what the
notification of a phone shows, which shows nothing of an embed. A card that is over and all that stands below a card is
plain text, which has no frame and is as wide as the phone.

The limits below are in UTF-16 units and leave room for each other: whatever a message holds, its embed stays under
Discord's 6,000. https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import islice

from bot.adapters.discord.hints import localized
from bot.adapters.discord.render.components import EMPTY_TEXT, Body, components, single_row
from bot.adapters.discord.render.lines import (
    MAX_FIELD_NAME,
    MAX_LINE,
    block_lines,
    closing_fields,
    dot,
    fitted,
    paginate,
    small_print,
    title_of,
)
from bot.adapters.discord.render.markdown import cut, escape, is_blank, link_url, render_line, units
from bot.adapters.discord.render.marks import CARRIER, Mark, act_mark, carries, marked_url
from bot.adapters.plain_text import one_line, sanitize
from bot.message import (
    ChannelMention,
    Line,
    Link,
    Message,
    MessageKind,
    Moment,
    Person,
    Tone,
    plain_text,
)

MAX_TITLE = 256
MAX_PAGE = 3_000
"""Text of one embed, of whose 4,096 the small print and a title that stands in the text take the rest."""
MAX_FIELDS = 25
MAX_FIELD_VALUE = 1_024
MAX_FIELDS_TOTAL = 2_000
MAX_FOOTER = 200
MAX_INLINE_VALUE = 48
"""Fields with a value no longer than this are shown side by side."""
MAX_QUOTE = 1_200
"""How much of one vendor text a card shows; its replies show it in full."""
MAX_TEXT = 1_820
"""Of a message without an embed; Discord takes 2,000 in all, and a mention has to fit too."""
MAX_LEAD = 600
MAX_AUTHOR = 256
MAX_THREAD_NAME = 100
MAX_TAGS = 5
"""Of a forum's post."""
MAX_PINGED = 5
"""Roles and people of one mention."""
MAX_PAGES = 15
"""Messages that one text is split into."""

# Each is seen on Discord's dark and light backgrounds: a contrast of 3 at least.
COLOURS = {
    Tone.OK: 0x2E9E5B,
    Tone.MAINTENANCE: 0x3B82F6,
    Tone.DEGRADED: 0xA87F00,
    Tone.PARTIAL: 0xDD6B10,
    Tone.MAJOR: 0xD83C3E,
    Tone.MONITORING: 0x3B82F6,
    Tone.UNKNOWN: 0xA569BD,
    Tone.ENDED: 0x2E9E5B,
    Tone.GONE: 0x747F8D,
    Tone.PLAIN: 0x6C78F4,
}
_OPEN_TAGS = ("open", "ongoing", "active", "incident", "outage")
_TAG_NAMES = {
    Tone.OK: ("operational", "resolved", "ended", "closed"),
    Tone.ENDED: ("resolved", "ended", "closed", "fixed", "completed", "done", "solved"),
    Tone.MAINTENANCE: ("maintenance", "planned", "scheduled"),
    Tone.DEGRADED: ("degraded", "degraded performance", "minor", *_OPEN_TAGS),
    Tone.PARTIAL: ("partial outage", "partial", "major", *_OPEN_TAGS),
    Tone.MAJOR: ("major outage", "critical", *_OPEN_TAGS),
    Tone.MONITORING: ("monitoring", "watching", *_OPEN_TAGS),
    Tone.UNKNOWN: ("unknown", *_OPEN_TAGS),
    Tone.GONE: ("taken down", "removed", "withdrawn", "closed"),
    Tone.PLAIN: (),
}
TEXT_KINDS = frozenset({MessageKind.REPLY, MessageKind.DIGEST})
"""What is plain text, so that a notification shows it."""
SUPPRESS_EMBEDS = 1 << 2
"""The flag of a message below whose links nothing unfolds."""


@dataclass(frozen=True, slots=True)
class MentionTargets:
    """Whom a message may ping, found for what a user of the channel typed."""

    roles: tuple[int, ...] = ()
    users: tuple[int, ...] = ()
    silent: bool = False
    """They are named, and not pinged: they were before."""

    @property
    def text(self) -> str:
        return " ".join([*(f"<@&{role}>" for role in self.roles), *(f"<@{user}>" for user in self.users)])


NOBODY = MentionTargets()


def as_embed(message: Message, key: str = "", targets: MentionTargets = NOBODY) -> Body:
    """The message in one body; long texts are cut, with a link to the rest. A card that is over is one of text."""
    message = localized(message)
    if is_card(message) and message.subtitle:
        return as_text(message, key, targets)
    lines = _lines(message, MAX_QUOTE)
    if is_card(message):
        lines.append(small_print(message.footer, MAX_LINE, links=message.author is None))
    return _bodies(message, [fitted((line for line in lines if line), MAX_PAGE, message)], key, targets)[0]


def as_pages(
    message: Message, key: str = "", targets: MentionTargets = NOBODY, max_pages: int = MAX_PAGES
) -> list[Body]:
    """The message in as many bodies as its texts need, but no more than ``max_pages``."""
    message = localized(message)
    if message.kind in TEXT_KINDS:
        return _texts(message, key, targets, max_pages)
    return _bodies(message, _pages(_lines(message, None), MAX_PAGE, message, max_pages), key, targets)


def as_text(message: Message, key: str = "", targets: MentionTargets = NOBODY) -> Body:
    """In one body without an embed: for a card that is over, and for a channel where Discord would drop embeds
    silently."""
    message = localized(message)
    mark = Mark(act_mark(key)) if key else None
    rows = _rows(message, mark)
    lines = [_first_line(message, None if rows else mark), *block_lines(message, MAX_QUOTE, fields=True)]
    lines.append(small_print(message.footer, MAX_LINE, links=not is_card(message)))
    text = fitted((line for line in lines if line), MAX_TEXT, message)
    return {
        "content": _with_mark(_joined(text, targets.text), None if rows else mark),
        "embeds": [],
        "components": rows,
        "allowed_mentions": allowed_mentions(targets),
    }


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


def allowed_mentions(targets: MentionTargets) -> Body:
    """Only these are pinged, whatever the texts contain."""
    targets = NOBODY if targets.silent else targets
    return {"parse": [], "roles": [str(i) for i in targets.roles], "users": [str(i) for i in targets.users]}


# --- texts -----------------------------------------------------------------------------------------------------------


def _texts(message: Message, key: str, targets: MentionTargets, max_pages: int) -> list[Body]:
    first, small = _first_line(message, None), small_print(message.footer, MAX_LINE)
    lines = [first, *block_lines(message, None, fields=True), *([small] if small else ())]
    pages = _pages(lines, MAX_TEXT, message, max_pages)
    bodies = []
    for number, text in enumerate(pages, start=1):
        is_first, is_last = number == 1, number == len(pages)
        mark = Mark(act_mark(key), number, len(pages)) if key else None
        rows = _rows(message, mark) if is_last else []
        if is_first and not rows:
            text = text.replace(first, _first_line(message, mark), 1)
        body: Body = {
            "content": _with_mark(_joined(text, targets.text if is_first else ""), None if rows else mark),
            "embeds": [],
            "components": rows,
            "flags": SUPPRESS_EMBEDS,
            "allowed_mentions": allowed_mentions(targets if is_first else NOBODY),
        }
        bodies.append(body)
    return bodies


def _first_line(message: Message, mark: Mark | None) -> str:
    """State and name in one line: the sentence of the notification, or the title and what goes on after it. A link in
    it carries the mark."""
    if message.lead:
        return dot(message) + render_line(_linked(message, mark), MAX_LEAD)
    title = one_line(message.title or message.summary)
    shown = escape(EMPTY_TEXT if is_blank(title) else title, MAX_TITLE)
    url = link_url(message.url) if message.url else None
    if url and "://" not in title:
        shown = f"[{shown}](<{_in_brackets(marked_url(url, mark))}>)"
    shown = f"~~{shown}~~" if message.struck else shown
    after = render_line(message.subtitle, MAX_LINE)
    return f"{dot(message)}**{shown}**" + (f" · {after}" if not is_blank(after) else "")


def _linked(message: Message, mark: Mark | None) -> Line:
    """The sentence of the notification with the mark in its link."""
    return tuple(
        Link(span.text, marked_url(span.url, mark)) if isinstance(span, Link) else span for span in message.lead
    )


def _in_brackets(url: str) -> str:
    return url.replace("(", "%28").replace(")", "%29")


def _joined(text: str, mention: str) -> str:
    """A mention stands at the end of the first line, so that a notification begins with the news."""
    first, newline, rest = text.partition("\n")
    return f"{first} {mention}{newline}{rest}" if mention else text


def _with_mark(text: str, mark: Mark | None) -> str:
    """Where neither a button nor a link carries it, the mark stands in small print."""
    if mark is None or carries(text.partition("\n")[0]):
        return text
    footer = mark.act if mark.total == 1 else f"{mark.number} of {mark.total} · {mark.act}"
    return f"{text}\n-# {footer}"


def _rows(message: Message, mark: Mark | None) -> list[Body]:
    return single_row(message.buttons, message.author, mark) if is_card(message) else components(message.buttons, mark)


def _pages(lines: Iterable[str], limit: int, message: Message, max_pages: int) -> list[str]:
    pages = list(islice(paginate(lines, limit), max_pages + 1)) or [""]
    if len(pages) > max_pages:
        return [*pages[: max_pages - 1], fitted(pages[max_pages - 1].split("\n"), limit, message, more=True)]
    return pages


# --- embeds ----------------------------------------------------------------------------------------------------------


def _lines(message: Message, max_quote: int | None) -> list[str]:
    """The text below the title, what goes on after it first."""
    lines = [*block_lines(message, max_quote)]
    return [dot(message) + render_line(message.subtitle, MAX_LINE), *lines] if message.subtitle else lines


def _bodies(message: Message, pages: Sequence[str], key: str, targets: MentionTargets) -> list[Body]:
    bodies = []
    for number, text in enumerate(pages, start=1):
        first, last = number == 1, number == len(pages)
        mark = Mark(act_mark(key), number, len(pages)) if key else None
        rows = _rows(message, mark) if last else []
        embed: Body = {"color": COLOURS[message.tone]}
        if first:
            _add_title(embed, message)
        if not is_blank(text):
            embed["description"] = text
        if last and (fields := _embed_fields(message)):
            embed["fields"] = fields
        if last and not is_card(message):
            _add_footer(embed, message)
        if len(pages) > 1:
            embed["footer"] = {"text": " · ".join([*_footer_of(embed), f"{number} of {len(pages)}"])}
        if mark and not _has_custom_id(rows):
            _add_mark(embed, mark)
        body: Body = {
            "content": _joined(_lead(message), targets.text).strip() if first else "",
            "embeds": [embed],
            "components": rows,
            "allowed_mentions": allowed_mentions(targets if first else NOBODY),
        }
        bodies.append(body)
    return bodies


def _lead(message: Message) -> str:
    """The sentence of the notification, whose links are words: a phone shows their addresses."""
    if not is_card(message) or not message.lead:
        return ""
    words = tuple(span.text if isinstance(span, Link) else span for span in message.lead)
    return dot(message) + render_line(words, MAX_LEAD)


def _add_title(embed: Body, message: Message) -> None:
    title = escape(title_of(message), MAX_TITLE - 4)
    embed["title"] = f"~~{title}~~" if message.struck else title
    if message.url and (url := link_url(message.url)):
        embed["url"] = url
    name = cut(one_line(message.author.text), MAX_AUTHOR) if message.author else ""
    if message.author and not is_blank(name):
        url = link_url(message.author.url)
        embed["author"] = {"name": name, **({"url": url} if url else {})}


def _add_mark(embed: Body, mark: Mark) -> None:
    """In the address that the title leads to, else in one that nobody sees: then the title stands in the text."""
    url = embed.get("url")
    if url and marked_url(url, mark) != url:
        embed["url"] = marked_url(url, mark)
        return
    if title := embed.pop("title", None):
        heading = f"**[{title}](<{_in_brackets(url)}>)**" if url else f"**{title}**"
        embed["description"] = "\n".join(part for part in (heading, embed.get("description")) if part)
    embed["url"] = marked_url(CARRIER, mark)


def _has_custom_id(rows: Sequence[Body]) -> bool:
    return any("custom_id" in one for row in rows for one in row["components"])


def _add_footer(embed: Body, message: Message) -> None:
    """As the embed's own footer, where a moment becomes its timestamp; with people or channels as small print, for
    there those would be shown as ids."""
    if at := next((span.at for span in message.footer if isinstance(span, Moment)), None):
        embed["timestamp"] = at.astimezone(UTC).isoformat()
    if any(isinstance(span, Person | ChannelMention) for span in message.footer):
        line = small_print(message.footer, MAX_FOOTER)
        embed["description"] = "\n".join(part for part in (embed.get("description"), line) if part)
        return
    spans = tuple(span for span in message.footer if not isinstance(span, Moment))
    if text := cut(one_line(plain_text(spans)).strip(" ·"), MAX_FOOTER // 2):
        embed["footer"] = {"text": text}


def _footer_of(embed: Body) -> list[str]:
    return [embed["footer"]["text"]] if "footer" in embed else []


def _embed_fields(message: Message) -> list[Body]:
    closing, left = closing_fields(message), MAX_FIELDS_TOTAL
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
