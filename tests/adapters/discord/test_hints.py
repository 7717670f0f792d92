"""Whatever can be typed reads as a Discord command, one that Discord's table takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.discord.hints import as_command
from bot.adapters.discord.interactions.commands import parse_command, payloads
from bot.adapters.discord.render.message import as_embed, as_pages, as_text
from bot.commands.dispatch import parse_line
from bot.commands.table import COMMANDS
from bot.domain import Channel, Level
from bot.message import Code, Items, Message, Paragraph
from bot.store import Store
from tests.commands.talk import CATALOG, GITHUB_PARTS, NOW, Talk, ago, incident, said
from tests.wording.spoken import posted

PAYLOADS = {payload["name"]: payload for payload in payloads()}
IDS = {name: str(number) for number, name in enumerate(PAYLOADS, 11)}


def problem(code: str) -> str | None:
    """What Discord's table would not take of a typed command."""
    code = re.sub(r"(?<= needs:).+", "…", code)  # A definition is one text, with keys of its own.
    found = re.fullmatch(r"/([a-z]+)((?: [a-z_]+\d?:.+?)*)", code)
    if not found or found[1] not in PAYLOADS:
        return f"no command: {code}"
    options = {option["name"]: option for option in PAYLOADS[found[1]]["options"]}
    for name, value in re.findall(r" ([a-z_]+\d?):(.+?)(?= [a-z_]+\d?:|$)", found[2]):
        if name not in options:
            return f"no option {name}: {code}"
        choices = [choice["value"] for choice in options[name].get("choices", ())]
        if choices and value not in {*choices, "…"}:
            return f"no choice {value}: {code}"
    return None


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("subscribe github severity:major+", "/subscribe vendor:github severity:major"),
        ("subscribe github slack", "/subscribe vendor:github vendor2:slack"),
        ("subscribe github slack aws gitlab", "/subscribe vendor:github slack aws gitlab"),
        (
            'subscribe github component:"API Requests" component:!"Docs" region:eu maintenance:on match:"log in"',
            "/subscribe vendor:github component:API Requests without:Docs region:eu maintenance:on match:log in",
        ),
        ("subscribe github mention:<@&5>@major", "/subscribe vendor:github mention:@… mention_from:major"),
        ("subscribe <vendor|url>… [filters]", "/subscribe vendor:…"),
        ("mute github <1h|2d|until 9:00>", "/mute what:… span:…"),
        ("mute github 1h", "/mute what:github span:1h"),
        ("mute github/abc until resolved", "/mute what:github/abc span:until resolved"),
        ("unsubscribe all", "/unsubscribe vendor:all"),
        ("settings mode=thread+key tz=Europe/Berlin", "/settings mode:thread+key tz:Europe/Berlin"),
        ("incidents github --days 30", "/incidents vendor:github days:30"),
        ("incidents github last week", "/incidents vendor:github last week"),
        ("components github page 2", "/components vendor:github text:page 2"),
        ("digest daily 9:00 only", "/digest every:daily time:9:00 only:only"),
        ("digest weekly mon 9:00", "/digest every:weekly day:mon time:9:00"),
        ("settings remind=1h,1d", "/settings remind:1h 1d"),
        ("list everywhere", "/list where:everywhere"),
        ("help subscribe", "/help command:subscribe"),
        ("status", f"</status:{IDS['status']}>"),
        ("github/abc", None),
        ("maintenance:on", None),
    ],
)
def test_a_typed_line_as_discord_takes_it(typed: str, shown: str | None) -> None:
    assert as_command(typed, IDS) == shown
    assert shown is None or shown.startswith("</") or problem(shown) is None
    assert shown is None or as_command(shown, IDS) == shown


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_usage_and_example_of_the_table_reads_as_a_command(command: Any) -> None:
    for typed in (command.usage, *command.examples):
        assert problem(as_command(typed) or typed) is None


def test_a_command_as_shown_means_what_was_typed() -> None:
    shown = as_command("subscribe github aws component:Actions severity:major+ maintenance:on")
    assert shown is not None
    options = [{"name": n, "value": v} for n, v in re.findall(r" ([a-z]+\d?):(.+?)(?= [a-z]+\d?:|$)", shown)]
    parsed = parse_command({"name": "subscribe", "options": options})
    assert parsed is not None
    assert parsed.text == 'github aws component:"Actions" severity:major maintenance:on'


LINES = [
    "help", "help all", "help subscribe", "help nonsense", "status", "status github", "status githb", "status zzzzzz",
    "status github frob", "status github aws dyspatch gitlab mailjet", "components", "components github",
    "components github frob", "incidents", "incidents github", "incident", "incident github", "incident nope",
    "history", "history github", "alternatives", "alternatives github", "subscribe", "subscribe github",
    "subscribe aws frob", "subscribe github component:Frob", 'subscribe github component:"Actions" severity:major+',
    "subscribe githb severity:huge", "subscribe https://status.example.com", "unsubscribe", "unsubscribe zzzzzz",
    "list", "list everywhere", "board", "board off", "mute", "mute 2h", "mute github", "mute nonsense99 1h",
    "mute github 1h", "mute everything 1h", "unmute", "unmute github", "settings", "settings mode=loud",
    "settings tz=Atlantis", "settings foo=bar", "settings mode=flat", "why", "why github", "why nope", "add dyspatch",
    "stop telling me about github", "subscribe github but not actions", "hi", "tell me a joke", "preview",
    "preview github", "preview github severity:major+", "preview githb", "services", "services trouble",
    'service checkout = github component:"Actions"', "service checkout", "service checkout owner:@ana", "service",
    "service checkout = githb", "services checkout", "subscribe service:checkout", "service nosuch", "is it us?",
    "service remove checkout", "digest", "digest now", "digest daily 9:00", "digest sometimes", "digest off",
    "dashboard", "dashboard please", "note", "note github", 'note github "Runbook: x"', "note githb x",
    'note github ""', "ack", "ack github", "unack github", "ack nope", "ignore", "ignore github",
    'ignore github "ours no" 2h', "unmute all", "audit", "audit everywhere", "audit nonsense", "test loud",
    "settings quiet=22:00-07:00", "settings quiet=noon", "settings except=major", "settings remind=1h,1d",
    "settings remind=never ever", "settings tz", "quiet hours", "subscribe github in #ops",
    "subscribe github hold:5m remind:1h", "subscribe github hold:never", "play a test", "silence github for an hour",
    "set the time zone to Berlin", "incidents in august", "what changed?", "mute form", "unsubscribe all",
]  # fmt: skip


@pytest.fixture(scope="module", name="talk")
def _talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    path: Path = tmp_path_factory.mktemp("hints")
    store = Store(f"sqlite:///{path / 'lookout.db'}")
    store.pages.sync_catalog(list(CATALOG), NOW, 0)
    talk = Talk(store, channel=Channel("discord", "1", "2"))
    down = incident("github", "abc12345", "Pushes fail", ago(hours=2), said(1, ago(hours=2), "Hm"), components=("c1",))
    talk.reading("github", GITHUB_PARTS, [down], level=Level.PARTIAL_OUTAGE)
    talk.reading("aws")
    talk.unreadable("dyspatch", "The page answers 503", ago(hours=1))
    yield talk
    store.close()


@pytest.mark.parametrize("may_manage", [True, False])
def test_every_code_span_of_every_reply_is_a_discord_command(talk: Talk, may_manage: bool) -> None:
    talk.ask("subscribe github dyspatch severity:minor+")
    for line in LINES:
        for message in talk.ask(line, may_manage=may_manage).messages:
            for body in (*as_pages(message), as_embed(message), as_text(message)):
                for code in code_spans(body):
                    assert problem(code) is None, (line, code)
                footers = [e.get("footer", {}).get("text", "") for e in body.get("embeds", ())]
                assert not any(re.search(r"(?:^|· |as )(?:status|subscribe|settings|incidents) ", f) for f in footers)


def code_spans(body: dict[str, Any]) -> Iterator[str]:
    embeds = body.get("embeds", [])
    texts = [body.get("content", ""), *(e.get("description", "") for e in embeds)]
    texts += [field["value"] for embed in embeds for field in embed.get("fields", ())]
    return (code for text in texts for code in re.findall(r"`([^`]+)`", text))


def test_every_code_span_of_what_is_posted_is_a_discord_command_and_every_label_fits() -> None:
    for what, message in posted():
        for body in (*as_pages(message, "key"), as_embed(message, "key"), as_text(message, "key")):
            assert [flaw for code in code_spans(body) if (flaw := problem(code))] == [], what
            for row in body["components"]:
                assert all(0 < len(part.get("label", "x")) <= 80 for part in row["components"]), what
                assert all(len(part.get("custom_id", "")) <= 100 for part in row["components"]), what
        for button in message.buttons:
            assert parse_line(button.command)[0] in PAYLOADS, what
            assert 0 < len(button.label) <= 75, what


def test_every_button_of_every_reply_runs_a_command_and_has_a_label_that_fits(talk: Talk) -> None:
    talk.ask("subscribe github dyspatch")
    for line in LINES:
        for message in talk.ask(line).messages:
            for button in message.buttons:
                assert parse_line(button.command)[0] in PAYLOADS
                assert 0 < len(button.label) <= 75


def test_what_is_no_command_is_bold() -> None:
    message = Message(
        "x", blocks=(Paragraph((Code("maintenance:on"), " or ", Code("status github"))), Items(((Code("x"),),)))
    )
    assert as_embed(message)["embeds"][0]["description"] == "**maintenance:on** or `/status vendor:github`\n- **x**"
