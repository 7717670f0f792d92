"""Commands as programs run them, on a real store; and a command that has nothing but its place in the table."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import jsonschema
import pytest

from bot.catalog import Catalog, Facts, Product
from bot.commands.command import Argument, ArgumentKind, Command, ForPrograms, Permission
from bot.commands.context import CommandContext, Site
from bot.commands.dispatch import answer
from bot.commands.operations.given import BadInput, Given, NotAllowed, NotThere, Refused, read_given
from bot.commands.operations.perform import perform, program_arguments
from bot.commands.operations.results import Answer, Quoted
from bot.commands.operations.schema import argument_schema, object_schema, to_json
from bot.commands.request import Request
from bot.commands.table import COMMANDS, OPERATIONS
from bot.domain import Channel, Level, Phase, Slug
from tests.commands.talk import GITHUB_PARTS, Talk, ago, incident, said
from tests.text import read

BY_NAME = {command.name: command for command in OPERATIONS}
HERE = Channel("console", "local", "ops")
WORKSPACE = Channel("console", "local", "")
NOBODY = Channel("", "", "")
SITE = Site("https://status.acme.example", True, 30)
BROKEN = (replace(GITHUB_PARTS[1], level=Level.MAJOR_OUTAGE), *GITHUB_PARTS[2:])


@pytest.fixture
def store(talk: Talk) -> Talk:
    """GitHub in trouble, with one incident open and one over; GitLab operational; the channel has both."""
    talk.say("subscribe github gitlab")
    told = (said(1, ago(days=3), "Slow."), said(2, ago(days=2), "Fine.", Phase.RESOLVED))
    over = incident("github", "old1", "Slow pushes", ago(days=3), *told)
    news = said(1, ago(hours=1), "We look into it.")
    now = incident("github", "now1", "Actions fail", ago(hours=1), news, components=("c2",))
    talk.reading("github", BROKEN, (over, now), level=Level.MAJOR_OUTAGE, words="Major System Outage")
    talk.reading("gitlab")
    return talk


def run(talk: Talk, name: str, where: Channel = NOBODY, /, **raw: object) -> Any:
    """The JSON that a program is given; it is what its schema says."""
    command = BY_NAME[name]
    may_manage = bool(raw.pop("may_manage", False))
    given = read_given(program_arguments(command), raw)
    context = CommandContext(talk.store, talk.catalog, talk.now, site=SITE)
    result = perform(command, given, Request(name, "", where, "key", may_manage), context)
    assert isinstance(result, command.programs.gives)
    document = to_json(result)
    jsonschema.validate(document, object_schema(command.programs.gives))
    return document


def test_status_tells_what_is_down_and_why(store: Talk) -> None:
    found = run(store, "status", vendor=["gitlab", "GitHub"])
    assert [(v["vendor"], v["level"]) for v in found["vendors"]] == [
        ("github", "major_outage"),
        ("gitlab", "operational"),
    ]
    assert found["worst"] == "major_outage"
    [github, _] = found["vendors"]
    assert [part["name"] for part in github["troubled"]] == ["Actions"]
    assert [(i["id"], i["components"], i["newest"]) for i in github["open"]] == [
        ("github/now1", ["Actions"], "We look into it.")
    ]
    assert github["answer"] == "GitHub has a major outage."


def test_status_of_a_channel_and_of_a_workspace_needs_no_name(store: Talk) -> None:
    assert [v["vendor"] for v in run(store, "status", HERE)["vendors"]] == ["github", "gitlab"]
    assert [v["vendor"] for v in run(store, "status", WORKSPACE)["vendors"]] == ["github", "gitlab"]
    with pytest.raises(BadInput, match="vendor"):
        run(store, "status")


def test_an_unknown_vendor_is_said_with_what_may_be_meant(store: Talk) -> None:
    with pytest.raises(NotThere, match="github"):
        run(store, "vendor", vendor="githbu")


def test_incidents_come_in_pages_that_meet(store: Talk) -> None:
    whole = [i["id"] for i in run(store, "incidents", vendor=["github"])["incidents"]]
    assert whole == ["github/now1", "github/old1"]
    first = run(store, "incidents", vendor=["github"], limit=1)
    second = run(store, "incidents", vendor=["github"], limit=1, cursor=first["next"])
    assert [i["id"] for page in (first, second) for i in page["incidents"]] == whole
    assert second["next"] is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"open": "on"}, ["github/now1"]),
        ({"open": "off"}, ["github/old1"]),
        ({"kind": "maintenance"}, []),
        ({"severity": "critical"}, []),
        ({"severity": "major"}, ["github/now1", "github/old1"]),
        ({"days": 1}, ["github/now1"]),
    ],
)
def test_incidents_can_be_chosen(store: Talk, wanted: Mapping[str, object], found: list[str]) -> None:
    assert [i["id"] for i in run(store, "incidents", vendor=["github"], **wanted)["incidents"]] == found


def test_one_incident_has_its_whole_timeline(store: Talk) -> None:
    found = run(store, "incident", id="github/old1")
    assert [(u["phase"], u["text"]) for u in found["timeline"]] == [("investigating", "Slow."), ("resolved", "Fine.")]
    assert found["incident"]["ended"] is not None
    with pytest.raises(NotThere):
        run(store, "incident", id="github/none")


def test_history_names_each_day_by_its_worst_level(store: Talk) -> None:
    days = {day["date"]: day["level"] for day in run(store, "history", vendor="github", days=7)["days"]}
    assert len(days) == 7
    assert days[store.now.date().isoformat()] == "major_outage"
    assert days[ago(days=3).date().isoformat()] == "partial_outage"


def test_alternatives_and_components(store: Talk) -> None:
    others = run(store, "alternatives", vendor="github")["alternatives"]
    assert ("gitlab", "operational", True) in [(o["vendor"], o["level"], o["alike"]) for o in others]
    assert [part["level"] for part in run(store, "components", vendor="github", text="actions")["components"]] == [
        "major_outage"
    ]


def test_search_finds_by_name_and_lists_all_in_pages(store: Talk) -> None:
    assert [v["vendor"] for v in run(store, "search", text="git")["vendors"]][:2] == ["github", "gitlab"]
    every: list[str] = []
    cursor = None
    while cursor or not every:
        page = run(store, "search", limit=3, **({"cursor": cursor} if cursor else {}))
        every += [v["vendor"] for v in page["vendors"]]
        cursor = page["next"]
    assert every == [v.slug for v in store.catalog if v.enabled]


def test_subscriptions_of_a_channel_and_of_a_workspace(store: Talk) -> None:
    for channel in (HERE, WORKSPACE):
        listed = run(store, "list", channel)["subscriptions"]
        assert [(s["channel"], s["vendor"]) for s in listed] == [("ops", "github"), ("ops", "gitlab")]
    assert run(store, "list", replace(HERE, workspace="other"))["subscriptions"] == []


def test_why_names_the_rule_and_whether_a_message_stands(store: Talk) -> None:
    told = run(store, "why", HERE, incident="github/now1", channel="ops")
    assert (told["posted"], told["rule"], told["incident"]["id"]) == (False, "whole_vendor", "github/now1")
    store.post()
    told = run(store, "why", HERE, channel="ops")
    assert (told["posted"], told["subscription"]) == (True, "github")
    assert "Actions fail" in told["text"]
    told = run(store, "why", replace(HERE, id="elsewhere"), incident="github/now1", channel="elsewhere")
    assert (told["rule"], told["subscription"]) == (None, None)
    assert "does not subscribe" in told["reason"]
    with pytest.raises(NotThere):
        run(store, "why", HERE, incident="github/none", channel="ops")


def test_a_change_takes_who_may_and_a_channel(store: Talk) -> None:
    with pytest.raises(NotAllowed, match="write"):
        run(store, "subscribe", HERE, vendor=["aws"], channel="ops")
    with pytest.raises(BadInput, match="channel"):
        run(store, "subscribe", WORKSPACE, may_manage=True, vendor=["aws"])
    done = run(store, "subscribe", HERE, may_manage=True, vendor=["aws"], severity="major", channel="ops")
    assert done["changed"]
    assert "AWS" in done["text"]
    assert "aws" in [s["vendor"] for s in run(store, "list", HERE)["subscriptions"]]
    assert run(store, "unsubscribe", HERE, may_manage=True, vendor=["aws"], channel="ops")["changed"]


@pytest.mark.parametrize("command", OPERATIONS, ids=lambda c: c.name)
def test_every_command_gives_programs_a_value_or_one_clear_sentence(store: Talk, command: Command) -> None:
    arguments = {argument.name: argument for argument in program_arguments(command)}
    guesses = {"vendor": "github", "id": "github/now1", "what": "github", "span": "1h", "channel": "ops"}
    for left_out in ("", "span", "vendor"):
        typed = {name: value for name, value in guesses.items() if name in arguments and name != left_out}
        with contextlib.suppress(Refused):
            run(store, command.name, HERE, may_manage=True, **typed)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"vendors": "github"}, "There is no argument"),
        ({"days": 0}, "from 1 to 366"),
        ({"days": True}, "from 1 to 366"),
        ({"days": "٣"}, "from 1 to 366"),
        ({"severity": "bad"}, "minor, major, critical"),
        ({"vendor": "x" * 501}, "1 to 500"),
        ({"vendor": "a\nb"}, "one line"),
        ({"vendor": {"a": 1}}, "as text"),
        ({"vendor": ["a"] * 26}, "1 to 25 times"),
        ({"vendor": []}, "1 to 25 times"),
        ({"kind": ""}, "one line"),
        ({"kind": None}, "as text"),
        ({"vendor": "\ud800"}, "one line"),
        ({"vendor": "\u2028"}, "one line"),
        ({"open": ["on", "off"]}, "once"),
        ({"cursor": "é"}, "next"),
    ],
)
def test_bad_input_is_one_sentence(store: Talk, raw: Mapping[str, object], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        run(store, "incidents", **{"vendor": ["github"], **raw})


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(BadInput, match="vendor"):
        read_given(program_arguments(BY_NAME["components"]), {})


@pytest.mark.parametrize("command", OPERATIONS, ids=lambda c: c.name)
def test_every_schema_is_one(command: Command) -> None:
    for argument in program_arguments(command):
        jsonschema.Draft202012Validator.check_schema(argument_schema(argument))
    jsonschema.Draft202012Validator.check_schema(object_schema(command.programs.gives))


# --- a command that nobody wrote a handler for ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pairing:
    vendor: str
    times: Annotated[int, "how often"]
    said: Quoted
    others: tuple[str, ...]


def pair(given: Given, request: Request, context: CommandContext) -> Pairing:
    return Pairing(given.text("vendor"), given.number("days", 1), given.text("text"), ("gitlab",))


PAIR = Command(
    "pair",
    "pairs a vendor with another",
    None,
    (
        Argument("vendor", ArgumentKind.VENDOR, "its name", required=True),
        Argument("text", ArgumentKind.TEXT, "what is said"),
        Argument("days", ArgumentKind.DAYS, "how long", template="--days {}"),
    ),
    ("pair github",),
    programs=ForPrograms(pair, Pairing, facts=True),
)
ADDED = (*COMMANDS, PAIR)


def test_parts_are_found_by_what_a_chat_finds_them_by(store: Talk) -> None:
    """A product's name means the parts that it stands for, at every door."""
    facts = Facts(products=(Product("GitHub Runners", part="Actions"),))
    store.catalog = Catalog(list(store.catalog), facts={Slug("github"): facts})
    found = run(store, "components", vendor="github", text="runners")["components"]
    assert [part["name"] for part in found] == ["Actions"]
    assert "Actions" in store.say("components github runners")


def test_a_command_of_the_table_alone_is_answered_in_a_chat(talk: Talk) -> None:
    context = CommandContext(talk.store, talk.catalog, talk.now)
    said = answer(Request("pair", "github --days 3 some more words", HERE, "ana"), context, ADDED)
    text = read(said.messages)
    assert "vendor: github" in text
    assert "times: 3" in text
    assert "said: some more words" in text
    assert "- gitlab" in text
    assert not said.public


def test_such_a_command_says_what_is_missing(talk: Talk) -> None:
    context = CommandContext(talk.store, talk.catalog, talk.now)
    assert "pair <vendor> [text] [--days …]" in read(answer(Request("pair", "", HERE, "ana"), context, ADDED).messages)


def test_quotations_are_marked_and_nothing_else() -> None:
    value = Pairing("github", 1, "ignore this", ())
    assert to_json(value, lambda text: f"<{text}>") == {
        "vendor": "github",
        "times": 1,
        "said": "<ignore this>",
        "others": [],
    }


def test_a_command_without_a_value_gives_its_answer_as_text(talk: Talk) -> None:
    shout = Command("shout", "shouts", lambda request, context: talk.ask("list"), permission=Permission.EVERYONE)
    result = perform(
        shout, Given(), Request("shout", "", HERE, "key"), CommandContext(talk.store, talk.catalog, talk.now)
    )
    assert isinstance(result, Answer)
    assert not result.changed
    assert result.text
