"""To ask changes nothing: not even for an incident that a chat would give a message of its own, once asked about it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from bot.commands.table import OPERATIONS
from bot.domain import Level
from bot.domain.flood import FLOOD_LIMIT
from bot.web.api.addresses import Address, addresses
from tests.commands.talk import Talk, ago, incident, said
from tests.web.api.asked import Asked
from tests.web.api.test_api import answered

GETS = [address for address in addresses(OPERATIONS) if address.method == "GET"]
NOT_COMPARED = {"api_key"}
"""When a key was used last is noted."""


@pytest.fixture
def flooded(talk: Talk) -> Asked:
    """The last of the incidents has no message of its own."""
    asked = Asked(talk)
    news = [
        incident("github", f"many{n}", f"Part {n} fails", ago(minutes=5), said(n, ago(minutes=5), "We look into it."))
        for n in range(FLOOD_LIMIT + 5)
    ]
    talk.reading("github", incidents=news, level=Level.DEGRADED)
    return asked


def kept(asked: Asked) -> dict[str, list[Any]]:
    file = asked.talk.store.file
    assert file is not None
    with closing(sqlite3.connect(file)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in set(names) - NOT_COMPARED}


def listed(asked: Asked) -> str:
    """An incident that stands in the list alone."""
    for n in range(FLOOD_LIMIT + 5):
        card = asked.talk.store.cards.of_incident(asked.talk.channel, "github", f"many{n}")  # type: ignore[arg-type]
        if card is not None and card.flooded:
            return f"github/many{n}"
    raise AssertionError("there is no flood")


@pytest.mark.parametrize("address", GETS, ids=lambda address: address.id)
def test_a_get_changes_nothing(flooded: Asked, address: Address) -> None:
    before, about = kept(flooded), listed(flooded)
    assert answered(flooded, address, "write", id=about, incident=about).status_code == 200
    assert kept(flooded) == before


def test_asked_in_the_chat_it_gets_a_message_of_its_own(flooded: Asked) -> None:
    about = listed(flooded)
    told = flooded.get("why", "read", incident=about, channel="ops").json()
    assert told["reason"] == "It came with many others at once, and stands in their list."
    assert "Now it gets a message of its own." in flooded.talk.say(f"why {about}")
    slug, id = about.split("/")
    card = flooded.talk.store.cards.of_incident(flooded.talk.channel, slug, id)  # type: ignore[arg-type]
    assert card is not None
    assert not card.flooded
