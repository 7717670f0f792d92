"""What a notification shows and a screen reader says of every message: a sentence, read without any markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.adapters.discord.render.components import Body
from bot.adapters.discord.render.message import TEXT_KINDS, as_embed, as_pages
from bot.adapters.slack.render.message import RenderContext, card, fallback
from bot.message import Message, MessageKind
from bot.wording.phrases import DOTS
from tests.adapters.slack.judge import texts
from tests.wording.spoken import TITLE, VENDOR, posted

SPOKEN = [(what, message) for what, message in posted()]
CARDS = [(what, message) for what, message in SPOKEN if message.kind is MessageKind.CARD]
LEVELS = ("major outage", "partial outage", "degraded performance", "level not given", "no impact stated")
OVER = ("resolved", "back to normal", "maintenance completed", "the vendor posted")
MAX_CHARS = 300


def flaws(text: str) -> Iterator[str]:
    """What a reader stumbles over."""
    if not re.search(r"\w", text) or "\n" in text or len(text) > MAX_CHARS:
        yield "empty, of several lines, or long"
    if re.search(r"[*_`<>|~]|\]\(|https?:|  | [,;.:)]|\(\)|“”|: :|— —|·|\bNone\b|[A-Z][a-z]+\.[A-Z]{2,}", text):
        yield "markup, a joint, or nothing where something should be"
    if text.rstrip().endswith((",", ";", ":", "—", "until", "(", "since", "to", "and")):
        yield "it breaks off"
    if text.count("(") != text.count(")") or text.count("“") != text.count("”") or text.count(" — ") > 1:
        yield "brackets, quotes or dashes that do not pair"


def without_dot(text: str) -> str:
    dot = next((dot for dot in DOTS.values() if text.startswith(dot)), "")
    return text.removeprefix(dot).strip()


def content(message: Message) -> str:
    """The first line that Discord shows, as a phone reads it."""
    body: Body = as_pages(message, "key")[0] if message.kind in TEXT_KINDS else as_embed(message, "key")
    first = body["content"].partition("\n")[0]
    first = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", first)
    return re.sub(r"<t:\d+(?::\w)?>", "then", first).replace("**", "").replace("~~", "").replace("\\", "")


def test_the_notification_of_every_message_is_a_sentence() -> None:
    assert len(SPOKEN) > 1_000
    found = {(flaw, fallback(message)): what for what, message in SPOKEN for flaw in flaws(fallback(message))}
    assert not found


def test_so_is_what_discord_shows_of_a_card() -> None:
    found = {(flaw, content(message)): what for what, message in CARDS for flaw in flaws(content(message))}
    assert not found


def test_a_card_is_told_by_vendor_incident_and_state() -> None:
    for what, message in CARDS:
        spoken, shown = fallback(message), content(message)
        assert VENDOR in spoken, what
        assert "episode" in what or TITLE in spoken, what
        words = (*LEVELS, *OVER, "maintenance", "update posted")
        is_planned = what.startswith("card maintenance")
        assert is_planned or any(word in spoken for word in words), what
        assert VENDOR in shown, what


def test_no_dot_stands_alone() -> None:
    for what, message in SPOKEN:
        assert without_dot(fallback(message)), what
        lines = [line for text in texts(card(message, RenderContext()).blocks) for line in text.splitlines()]
        body = as_pages(message, "key")[0] if message.kind in TEXT_KINDS else as_embed(message, "key")
        lines += body["content"].splitlines()
        lines += [line for embed in body["embeds"] for line in embed.get("description", "").splitlines()]
        for line in lines:
            if any(dot in line for dot in DOTS.values()):
                assert re.search(r"\w{2}", re.sub(r"[^\w ]", "", line)), (what, line)


def test_nobody_is_shown_an_id() -> None:
    for what, message in SPOKEN:
        shown = " ".join([fallback(message), content(message), *texts(card(message, RenderContext()).blocks)])
        assert not re.search(r"(?<![<@#])\b(?:U1|C1|T1)\b", re.sub(r"<[@#][^>]*>", "", shown)), what
