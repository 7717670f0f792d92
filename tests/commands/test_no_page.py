"""Services that people ask for by name, and that publish nothing for programs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.catalog import Catalog, load
from bot.commands.scan import Word
from bot.commands.vendors import find_vendors
from bot.domain import NO_PAGE
from tests.commands.talk import CATALOG, NOW, Talk, vendor

LINE = "has no status page that programs can read"
STREAM = replace(
    vendor("stream", "Stream+", "news", aliases=("stream plus",), enabled=False),
    kind=NO_PAGE,
    page_url="https://help.stream.example",
    human_url="https://help.stream.example",
)


@pytest.fixture
def stream(talk: Talk) -> Talk:
    talk.catalog = Catalog([*CATALOG, STREAM])
    talk.store.pages.sync_catalog(list(talk.catalog), NOW, 0)
    return talk


@pytest.mark.parametrize("line", ["status stream plus", "is stream+ down?", "stream", "components stream"])
def test_it_is_answered_by_name_with_the_link(stream: Talk, line: str) -> None:
    assert stream.say(line).splitlines()[:3] == [
        f"🟣 Unknown: Stream+ {LINE}.",
        "People look here: https://help.stream.example",
        "(Not read · help.stream.example)",
    ]
    assert stream.ask(line).unread == ()


def test_words_after_it_are_no_parts_that_are_missing(stream: Talk) -> None:
    text = stream.say("status stream movies")
    assert text.startswith(f"🟣 Unknown: Stream+ {LINE}.")
    assert "movies" not in text


def test_it_cannot_be_subscribed_to(stream: Talk) -> None:
    text = stream.say("subscribe stream github")
    assert f"Stream+ {LINE}, so nothing would come. People look here: https://help.stream.example" in text
    assert [listed.subscription.vendor for listed in stream.store.channels.subscriptions(stream.channel)] == ["github"]


def test_nothing_is_on_record_of_it(stream: Talk) -> None:
    assert stream.say("incidents stream").startswith(f"Nothing is known of Stream+: it {LINE}.")
    assert "not been read" not in stream.say("history stream")


def test_beside_others_it_is_one_line(stream: Talk) -> None:
    for slug in ("github", "aws", "mailjet"):
        stream.reading(slug)
    text = stream.say("status github aws mailjet stream")
    assert text.startswith("3 of 4 vendors are operational; unknown: Stream+.")
    assert f"Stream+ — {LINE}" in text


def test_those_that_people_ask_for_are_known() -> None:
    catalog = load()
    for text in ("netflix", "youtube", "steam", "minecraft", "disney plus", "call of duty", "battle.net", "fifa"):
        (found,), _ = find_vendors([[Word(word) for word in text.split()]], catalog, ())
        assert not found.has_page, text
        assert found.human_url.startswith("https://"), text
