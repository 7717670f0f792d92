"""A form of any command: what it begins with, the line that it stands for, and where a refusal belongs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.argument_form import Values, command_form
from bot.commands.command import Command
from bot.commands.request import Reply
from bot.commands.table import COMMANDS
from bot.message import Message, MessageKind, Opens
from bot.wording.errors import error_message
from tests.commands.talk import Talk

WITH_ARGUMENTS = [command for command in COMMANDS if command.arguments]
WORDS = st.text("abcdefgh /.", min_size=1, max_size=12).filter(str.strip)


def begun(line: str) -> tuple[dict[str, tuple[str, ...]], str]:
    form = command_form(line)
    assert form is not None
    return {one.argument.name: one.given for one in form.fields if one.given}, form.rest


@pytest.mark.parametrize(
    ("line", "given", "rest"),
    [
        ("mute", {}, ""),
        ("mute form", {}, ""),
        ("mute github", {"what": ("github",)}, ""),
        ("mute github/abc until resolved", {"what": ("github/abc",), "span": ("until resolved",)}, ""),
        ("settings tz=Europe/Berlin mode=flat", {"mode": ("flat",), "tz": ("Europe/Berlin",)}, ""),
        ("settings mode=sideways", {}, "mode=sideways"),
        ("incidents github aws --days 7", {"vendor": ("github", "aws"), "days": ("7",)}, ""),
        ("components github us east", {"vendor": ("github",), "text": ("us east",)}, ""),
        ("board off", {"switch": ("off",)}, ""),
        ("digest daily 9:00 only", {"every": ("daily",), "time": ("9:00",), "only": ("only",)}, ""),
        ("digest daily only", {"every": ("daily",), "only": ("only",)}, ""),
        (
            'service checkout = stripe, aws region:eu component:"RDS*" owner:"@pay"',
            {"name": ("checkout",), "needs": ('stripe, aws region:eu component:"RDS*"',), "owner": ("@pay",)},
            "",
        ),
        ('note github "Runbook: wiki/github"', {"vendor": ("github",), "text": ("Runbook: wiki/github",)}, ""),
        ("board there", {}, "there"),
        (
            'subscribe github component:"API Requests" component:!“Docs” severity:major+ region:a region:b',
            {
                "vendor": ("github",),
                "component": ("API Requests",),
                "without": ("Docs",),
                "severity": ("major",),
                "region": ("a", "b"),
            },
            "",
        ),
        ('subscribe github mention:"@on call"', {"vendor": ("github",), "mention": ("@on call",)}, ""),
    ],
)
def test_a_form_begins_with_what_was_typed(line: str, given: Values, rest: str) -> None:
    assert begun(line) == (given, rest)


@pytest.mark.parametrize("command", WITH_ARGUMENTS, ids=lambda command: command.name)
@given(data=st.data())
def test_filled_in_with_anything_it_is_one_line_that_begins_with_the_same(
    command: Command, data: st.DataObject
) -> None:
    form = command_form(command.name)
    assert form is not None
    values = {
        one.argument.name: (data.draw(st.sampled_from(one.choices)).value if one.choices else data.draw(WORDS),)
        for one in form.fields
        if data.draw(st.booleans())
    }
    line = form.text(values, data.draw(WORDS))
    assert line == " ".join(line.split())
    again = command_form(f"{command.name} {line}")
    assert again is not None
    for name, (value,) in values.items():
        assert " ".join(value.split()) in line, name
    kept = again.text({one.argument.name: one.given for one in again.fields}, again.rest)
    assert sorted(kept.split()) == sorted(line.split()), "nothing is lost on the way through a form"


def test_a_value_a_line_where_several_are_taken() -> None:
    form = command_form("subscribe")
    assert form is not None
    text = form.text({"vendor": ("github",), "component": ("API\nWeb hooks",), "mention": ("<@1> <@&2>",)})
    assert text == 'github component:"API" component:"Web hooks" mention:"<@1> <@&2>"'


def test_what_is_required_and_missing_is_told_by_what_it_takes() -> None:
    form = command_form("incident")
    assert form is not None
    assert form.missing({"id": (" ",)}) == {"id": "Fill this in: its id, its link, or vendor/id."}
    assert form.missing({"id": ("github/a",)}) == {}


@pytest.mark.parametrize(
    ("line", "values", "reply", "field"),
    [
        ("settings", {"mode": ("flat",), "tz": ("Mars",)}, error_message("There is no time zone “Mars”."), "tz"),
        ("mute", {"what": ("github",)}, error_message("Mute it for how long?"), "span"),
        ("mute", {"what": ("gihub",), "span": ("1h",)}, error_message("I don't know “gihub”."), "what"),
        ("mute", {"what": ("a",), "span": ("1h",)}, error_message("Only members of this channel can mute."), "what"),
    ],
)
def test_a_refusal_belongs_to_the_field_whose_value_it_quotes(
    line: str, values: Values, reply: Message, field: str
) -> None:
    form = command_form(line)
    assert form is not None
    refusal = form.refusal(form.text(values), values, Reply((reply,)))
    assert refusal is not None
    assert (refusal.field, refusal.sentence) == (field, reply.summary)


def test_a_list_of_what_was_not_understood_is_a_part_of_the_refusal(talk: Talk) -> None:
    form, values = command_form("settings"), {"tz": ("Berlinn",)}
    assert form is not None
    refusal = form.refusal(form.text(values), values, talk.ask("settings tz=Berlinn"))
    assert refusal is not None
    assert refusal.field == "tz"
    assert refusal.sentence.startswith("No setting was changed. There is no time zone “Berlinn”.")


def test_what_changed_something_and_what_was_looked_up_is_no_refusal() -> None:
    settings, history = command_form("settings"), command_form("history")
    assert settings is not None
    assert history is not None
    assert settings.refusal("mode=flat", {}, Reply((Message("Settings changed."),), public=True)) is None
    assert history.refusal("github", {}, Reply((Message("30 days"),))) is None


def test_every_command_offers_its_form(talk: Talk) -> None:
    for command in WITH_ARGUMENTS:
        reply = talk.ask(f"{command.name} form")
        buttons = [(b.command, b.opens) for message in reply.messages for b in message.buttons]
        assert buttons == [(command.name, Opens.FORM)], command.name


def test_what_lacks_something_offers_the_form_with_what_there_is(talk: Talk) -> None:
    talk.say("subscribe github")
    for line, offered in [
        ("components", "components"),
        ("incident", "incident"),
        ("history", "history"),
        ("unmute", "unmute"),
        ("unsubscribe", "unsubscribe"),
        ("mute github", "mute github"),
        ("settings", "settings"),
        ("subscribe", "subscribe"),
    ]:
        forms = [b.command for m in talk.ask(line).messages for b in m.buttons if b.opens is Opens.FORM]
        assert forms == [offered], line


def test_who_may_change_nothing_is_offered_no_form_of_it(talk: Talk) -> None:
    assert not [b for m in talk.ask("settings", may_manage=False).messages for b in m.buttons]
    assert talk.ask("help status").messages[0].kind is not MessageKind.ERROR
