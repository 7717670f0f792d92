"""What programs are given of a change: what the chat says of it, and how it stands then."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import Annotated, Any, get_args, get_origin

import pytest

from bot.commands.command import Command
from bot.commands.operations.results import QUOTED
from bot.commands.operations.schema import hints_of
from bot.commands.table import OPERATIONS
from bot.wording.plain import message_text
from tests.commands.operations.test_operations import HERE, run, store
from tests.commands.talk import Talk, ago, incident, said

__all__ = ["store"]

WRITES = [command for command in OPERATIONS if command.changes]


def told(talk: Talk, name: str, /, **raw: object) -> Any:
    return run(talk, name, HERE, may_manage=True, channel="ops", **raw)


def changed(talk: Talk, name: str, /, **raw: object) -> Any:
    document = told(talk, name, **raw)
    assert document["changed"] is True
    return document


@pytest.fixture
def carded(store: Talk) -> Talk:
    """The channel has a card of an incident."""
    news = said(3, ago(minutes=2), "We look into it.")
    store.reading("gitlab", incidents=[incident("gitlab", "here1", "Pipelines wait", ago(minutes=2), news)])
    return store


def test_a_subscription_is_told_as_it_is_then(store: Talk) -> None:
    then = changed(store, "subscribe", vendor=["AWS", "github"], severity="major")
    assert [(s["vendor"], s["filter"]) for s in then["subscriptions"]] == [
        ("aws", "aws severity:major+"),
        ("github", "github severity:major+"),
    ]
    assert changed(store, "unsubscribe", vendor=["aws"])["subscriptions"] == []
    assert "AWS" in then["text"]


def test_mutes_and_what_is_ignored_are_listed(carded: Talk) -> None:
    [muted] = changed(carded, "mute", what="github", span="1h")["mutes"]
    assert (muted["vendor"], muted["incident"], muted["ignored_by"]) == ("github", None, None)
    assert muted["until"].startswith("2026-09-14T13:00")
    then = changed(carded, "ignore", incident="gitlab/here1", reason="We use no pipelines")
    [ignored] = [one for one in then["mutes"] if one["vendor"] == "gitlab"]
    assert ignored["incident"] == "gitlab/here1"
    assert (ignored["ignored_by"], ignored["reason"], ignored["until_changed"]) == ("key", "We use no pipelines", True)
    assert [one["vendor"] for one in changed(carded, "unmute", what="github")["mutes"]] == ["gitlab"]


def test_who_is_on_an_incident_is_told(carded: Talk) -> None:
    [acked] = changed(carded, "ack", incident="gitlab/here1")["acks"]
    assert (acked["incident"], acked["by"]) == ("gitlab/here1", "key")
    assert changed(carded, "unack", incident="gitlab/here1")["acks"] == []


def test_notes_of_the_workspace_are_told(store: Talk) -> None:
    assert told(store, "note")["notes"] == []
    [note] = changed(store, "note", vendor="github", text="Runbook: wiki/github")["notes"]
    assert (note["vendor"], note["note"], note["by"]) == ("github", "Runbook: wiki/github", "key")


def test_services_stand_as_their_vendors_do(store: Talk) -> None:
    [service] = changed(store, "service", name="checkout", needs="github component:Actions", owner="@pay")["services"]
    assert (service["name"], service["owner"], service["level"]) == ("checkout", "@pay", "major_outage")
    assert service["vendors"] == ["github"]
    assert service["definition"].startswith("service checkout = github")
    then = told(store, "services")
    assert (then["changed"], then["services"]) == (False, [service])


def test_settings_are_told_as_they_are_typed(store: Talk) -> None:
    then = changed(store, "settings", mode="flat", tz="Europe/Berlin", remind="1h", quiet="22:00-07:00")
    assert {name: then[name] for name in ("mode", "tz", "remind", "quiet")} == {
        "mode": "flat",
        "tz": "Europe/Berlin",
        "remind": "1h",
        "quiet": "quiet=22:00-07:00",
    }


def test_the_digest_is_told_with_its_next_time(store: Talk) -> None:
    assert told(store, "digest")["digest"] is None
    then = changed(store, "digest", every="weekly", day="mon", time="9:00")["digest"]
    assert (then["day"], then["time"], then["only"]) == ("Monday", "09:00", False)
    assert then["next"].startswith("2026-09-21T09:00")


def test_a_board_is_up_or_not(store: Talk) -> None:
    assert changed(store, "board")["up"] is True
    assert changed(store, "board", switch="off")["up"] is False


def test_a_link_to_a_dashboard_is_told_with_its_end(store: Talk) -> None:
    given = told(store, "dashboard")
    assert given["url"].startswith("https://status.acme.example/d/")
    assert given["until"].startswith("2026-10-14T12:00")
    revoked = changed(store, "dashboard", what="revoke")
    assert (revoked["url"], revoked["until"]) == (None, None)


def test_a_made_up_outage_is_told_with_its_end(store: Talk) -> None:
    begun = changed(store, "test", mode="flat")
    assert begun["incident"].startswith("own-test-")
    assert begun["mode"] == "flat"
    assert (begun["started_at"], begun["over_at"]) == ("2026-09-14T12:00:00+00:00", "2026-09-14T12:01:15+00:00")


def test_a_preview_counts_what_would_have_come_and_says_why_the_rest_would_not(store: Talk) -> None:
    [github] = told(store, "preview", vendor=["github"], days=2)["vendors"]
    assert (github["vendor"], github["filter"], github["days"]) == ("github", "github", 2)
    assert github["messages"] == github["of"] == sum(one["messages"] for one in github["sent"])
    assert "github/now1" in [one["incident"] for one in github["sent"]]
    [narrow] = told(store, "preview", vendor=["github"], match="pages", days=2)["vendors"]
    assert (narrow["messages"], narrow["of"], narrow["sent"]) == (0, github["of"], [])
    assert all("pages" in one["why"] for one in narrow["left_out"])


def test_what_was_changed_is_read_in_pages(store: Talk) -> None:
    for vendor in ("aws", "bitbucket", "mailjet"):
        changed(store, "subscribe", vendor=[vendor])
    found, cursor = [], ""
    while cursor is not None:
        page = told(store, "audit", limit=2, **({"cursor": cursor} if cursor else {}))
        found += [(one["by"], one["command"]) for one in page["changes"]]
        cursor = page["next"]
    assert found[:3] == [("key", f"subscribe {vendor}") for vendor in ("mailjet", "bitbucket", "aws")]


def test_it_says_what_the_chat_would(store: Talk) -> None:
    said_to_programs = changed(store, "mute", what="github", span="1h")["text"]
    store.say("unmute github")
    in_chat = store.ask("mute github 1h", user="key")
    assert said_to_programs == "\n\n".join(map(message_text, in_chat.messages))


@pytest.mark.parametrize("command", WRITES, ids=lambda command: command.name)
def test_a_text_of_others_is_marked_as_a_quotation(command: Command) -> None:
    """Each word that is not one of ours, at whatever depth."""
    ours = {"vendor", "channel", "mode", "tz", "remind", "quiet", "day", "time", "vendors", "url"}
    plain = [name for name in plain_texts(command.programs.gives) if name not in ours]
    assert plain == []


def plain_texts(type_: Any) -> list[str]:
    """The fields that are texts and no quotations."""
    found = []
    for name, hint in hints_of(type_).items():
        marks = str(hint)
        for inner in [one for one in inner_types(hint) if is_dataclass(one)]:
            found += plain_texts(inner)
        if "str" in [one.__name__ for one in inner_types(hint)] and QUOTED not in marks and "Words(" not in marks:
            found.append(name)
    return found


def inner_types(hint: Any) -> list[type]:
    """Those that the hint is made of, without what is annotated."""
    if get_origin(hint) is Annotated:
        return inner_types(get_args(hint)[0])
    if get_args(hint):
        return [one for part in get_args(hint) if part is not Ellipsis for one in inner_types(part)]
    return [hint] if isinstance(hint, type) else []
