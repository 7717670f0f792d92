"""``python -m tests.adapters.card_fuzz 1000``: made-up cards, replies and news, as Slack and Discord are sent them,
held against both platforms' rules."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from random import Random

from bot.adapters.discord.render.message import as_embed, as_pages, as_text
from bot.adapters.slack.render.message import RenderContext, Rendered, card
from bot.cards import NewsView, ReminderView, Reopening, ReplyView, RootView, UpdateView, View
from bot.domain import Ack, Hit, Ignored, IncidentKind, Level, News, Phase, Slug
from bot.message import Message
from bot.wording import news_message, reminder_message, reply_message, root_message
from bot.wording.phrases import DOTS
from tests.adapters.contract import HOSTILE
from tests.adapters.discord.spec import complaints
from tests.adapters.slack.judge import message_problems, texts

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CONTEXT = RenderContext()
MARKUP = ("## Cause\n* a **disk**", "| a | b |", ":fire: now", "[a](https://x.test)", "<b>b</b>")
WORDS = (*HOSTILE.values(), *MARKUP, "API", "Elevated errors", "", "é" * 400)
URLS = ("https://status.acme.test/i/1", "https://x.test/#a", "javascript:alert(1)", "", "https://x.test/" + "a" * 700)


def message_of(view: View) -> Message:
    match view:
        case RootView():
            return root_message(view)
        case ReplyView():
            return reply_message(view)
        case NewsView():
            return news_message(view)
        case ReminderView():
            return reminder_message(view)


def views(random: Random) -> Iterator[View]:
    """Without end."""
    pick = random.choice

    def text() -> str:
        return " ".join(pick(WORDS)[:300] for _ in range(random.randint(1, 3))) * pick((1, 1, 1, 20))

    def said() -> UpdateView:
        count = pick((1, 1, 3))
        last = START + timedelta(hours=count) if count > 1 else None
        return UpdateView(pick([None, *Phase]), START, text(), count, last, removed=random.random() < 0.1)

    while True:
        updates = tuple(said() for _ in range(random.randint(0, 3)))
        phase, level, kind = pick([None, *Phase]), pick([None, *Level]), pick(list(IncidentKind))
        resolved = pick((None, START + timedelta(minutes=random.randint(0, 9_000))))
        reopening = pick((None, Reopening(START, timedelta(minutes=25))))
        parts = tuple(text()[:80] for _ in range(random.randint(0, 6)))
        slug, vendor, url = Slug("acme"), pick(("Acme", "Beta Mail")), pick(URLS)
        yield RootView(
            slug, pick(("i1", "x" * 200)), vendor, pick(URLS), text(), kind, phase, level, START, resolved,
            pick((None, START)), url or None, random.random() < 0.1, parts, pick((None, *updates)),
            updates[-1] if updates else None, len(updates), random.random() < 0.5, pick((None, None, text())),
            kept=updates[:2], reopening=reopening, has_postmortem=random.random() < 0.2,
            note=pick(("", text()[:300])),
            hits=tuple(Hit(text()[:40], pick((True, False))) for _ in range(pick((0, 1, 9)))),
            ignored=pick((None, None, Ignored("U1", START, text()[:200], text()[:60], pick((True, False))))),
            ack=pick((None, Ack("U1", START, text()[:90]), Ack("77", START))),
        )  # fmt: skip
        yield ReplyView(
            slug, "i1", vendor, text(), url or None, phase, level, updates, random.random() < 0.5,
            random.random() < 0.1, kind, parts, pick((None, START)),
        )  # fmt: skip
        yield NewsView(
            slug, "i1", vendor, text(), url, kind, pick(list(News)), phase, level, pick([None, *Level]), START,
            resolved, parts, reopening, pick((None, START + timedelta(hours=random.randint(0, 99)))),
        )  # fmt: skip
        yield ReminderView(
            slug, "i1", vendor, text(), url, IncidentKind.MAINTENANCE, parts, phase, level, START,
            pick((None, START + timedelta(hours=random.randint(0, 99)))), timedelta(hours=1),
        )  # fmt: skip


def problems(view: View) -> Iterator[str]:
    """What either platform would refuse, or a reader stumble over."""
    message = message_of(view)
    rendered = card(message, CONTEXT)
    yield from message_problems(asdict(rendered))
    yield from _reading(message, rendered)
    for body in (as_embed(message, "key"), as_text(message, "key"), *as_pages(message, "key")):
        yield from complaints("POST", "/channels/{channel_id}/messages", {**body, "nonce": "n", "enforce_nonce": True})
        yield from complaints("PATCH", "/channels/{channel_id}/messages/{message_id}", body)
    rows = as_embed(message, "key")["components"]
    if len(rows) > 1:
        yield f"{len(rows)} rows of buttons on Discord"
    menus = [block for block in rendered.blocks if block["type"] == "actions"]
    if len(menus) > 1 or any(len(block["elements"]) > 3 for block in menus):
        yield "more than a row of buttons on Slack"


def _reading(message: Message, rendered: Rendered) -> Iterator[str]:
    """Read aloud: one sentence that begins with its state's dot, and no dot without words."""
    if not rendered.text.startswith(DOTS[message.tone]) or not re.search(r"\w", rendered.text):
        yield f"a notification that says nothing: {rendered.text!r}"
    for text in texts(rendered.blocks):
        for line in text.splitlines():
            if any(line.strip() == dot for dot in DOTS.values()):
                yield "a dot alone"


def violations(count: int, seed: int = 1) -> list[str]:
    made = views(Random(seed))
    return [problem for _ in range(count) for problem in problems(next(made))]


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    found = violations(number)
    print(f"{number} cards, {len(found)} violations")  # noqa: T201
    sys.exit("\n".join(found[:20]))
