"""Changes as they come: each once, resumed where the line was cut, and for nobody who may not have them any more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, cast

import pytest

from bot.domain import Level
from bot.store.feed import Place
from bot.web.api.problems import Problem
from bot.web.api.stream import (
    BEAT_S,
    LIFE_S,
    MAX_STREAMS,
    MAX_STREAMS_EACH,
    Batch,
    End,
    Following,
    Streams,
)
from tests.commands.talk import Talk, ago, incident, said
from tests.web.api.asked import Asked

STREAM = {"accept": "text/event-stream"}


@pytest.fixture
def asked(talk: Talk) -> Asked:
    return Asked(talk)


@dataclass(frozen=True)
class Event:
    """As a browser has it after reading one; without data it is none, and tells the place alone."""

    id: str
    data: Any


def events(asked: Asked, key: str = "read", last: str = "", **params: Any) -> list[Event]:
    """All of a stream, until it ends by itself; time goes by as fast as it can."""
    headers = STREAM | ({"last-event-id": last} if last else {})
    answer = asked.send("GET", "changes", key, headers=headers, params=params)
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    found = []
    for block in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "id" in fields:
            found.append(Event(fields["id"], json.loads(fields["data"]) if "data" in fields else None))
    return found


def tell(asked: Asked, vendor: str, text: str) -> None:
    told = said(7, ago(minutes=5), text)
    asked.talk.reading(vendor, incidents=[incident(vendor, text, text, ago(minutes=5), told)], level=Level.DEGRADED)


def texts(found: list[Event]) -> list[str]:
    return [c["text"] for event in found if event.data for c in event.data["changes"] if c["kind"] == "update"]


def test_it_tells_what_comes_and_that_it_is_there(asked: Asked) -> None:
    asked.then = [(5, lambda: tell(asked, "gitlab", "One.")), (40, lambda: tell(asked, "aws", "Two."))]
    answer = asked.send("GET", "changes", "read", headers=STREAM)
    assert answer.text.startswith("retry: 3000\nid: ")
    assert answer.text.count("\n:\n") in range(int(LIFE_S / BEAT_S) - 3, int(LIFE_S / BEAT_S) + 1)
    assert LIFE_S <= asked.clock_s < LIFE_S + 2
    assert answer.text.index("One.") < answer.text.index("\n:\n") < answer.text.index("Two.")


def test_who_was_cut_off_goes_on_where_that_was(asked: Asked) -> None:
    begun = asked.get("changes", "read").json()["next"]
    for text in ("One.", "Two.", "Three."):
        tell(asked, "gitlab", text)
    first, *rest = events(asked, since=begun, limit=1)
    assert texts([first]) == ["One."]
    assert texts(rest) == ["Two.", "Three."]
    # The id counts, whatever stands in the address, as browsers repeat that.
    assert texts(events(asked, last=first.id, since=begun)) == ["Two.", "Three."]
    assert texts(events(asked, last=rest[-1].id, since=begun)) == []


def test_it_can_be_of_some_vendors_alone(asked: Asked) -> None:
    asked.then = [(2, lambda: tell(asked, "gitlab", "Mine.")), (3, lambda: tell(asked, "aws", "Not mine."))]
    assert texts(events(asked, vendor="gitlab")) == ["Mine."]


def test_it_ends_when_its_key_is_revoked(asked: Asked) -> None:
    id = asked.talk.store.keys.all()[0].id
    asked.then = [
        (5, lambda: asked.talk.store.keys.revoke(id, asked.talk.now)),
        (8, lambda: tell(asked, "gitlab", "A secret.")),
    ]
    assert texts(events(asked)) == []
    assert asked.clock_s < 8
    assert asked.send("GET", "changes", "read", headers=STREAM).status_code == 401


@pytest.mark.parametrize("place", ["x", "AAAA", "y" * 600])
def test_a_place_that_is_none_is_refused_before_anything_is_sent(asked: Asked, place: str) -> None:
    for answer in (
        asked.send("GET", "changes", "read", headers=STREAM, params={"since": place}),
        asked.send("GET", "changes", "read", headers=STREAM | {"last-event-id": place}),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_it_needs_a_key_where_facts_do(asked: Asked) -> None:
    asked.public = False
    assert asked.send("GET", "changes", headers=STREAM).status_code == 401


def test_a_head_is_no_stream(asked: Asked) -> None:
    answer = asked.send("HEAD", "changes", "read", headers=STREAM)
    assert answer.headers["content-type"] == "application/json"


def test_of_one_and_of_all_there_are_only_so_many() -> None:
    async def end() -> Place:
        return Place(0, 0)

    async def since(place: str) -> Batch:
        return Batch(b"{}", "here", is_empty=True)

    async def may() -> bool:
        return True

    async def refusals() -> list[int]:
        streams = Streams(End(end, float), float, asyncio.sleep, asyncio.Event())
        opened: list[AsyncGenerator[bytes, None]] = []
        refused: list[int] = []

        async def open_one(whose: str) -> None:
            try:
                answer = await streams.open(Following(whose, since, may), "")
            except Problem as problem:
                refused.append(problem.status.value)
            else:
                stream = cast("AsyncGenerator[bytes, None]", answer.body_iterator)
                await anext(stream)
                opened.append(stream)

        for _ in range(MAX_STREAMS_EACH + 1):
            await open_one("key 1")
        for number in range(MAX_STREAMS - MAX_STREAMS_EACH + 1):
            await open_one(f"key {number + 2}")
        await opened[0].aclose()
        await open_one("key 1")
        for stream in opened[1:]:
            await stream.aclose()
        return refused

    assert asyncio.run(refusals()) == [429, 503]
