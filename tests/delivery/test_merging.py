"""An episode turns out to be what the vendor writes of while thousands of channels show it, and the process is killed
between two parts of them: each goes on in the message that it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain import IncidentKind, Level, Mode, Phase, Snapshot
from bot.routing import route
from bot.store.values import PollOutcome, Recording
from tests.delivery.story import ACME, Story, channel, incident, story

CHANNELS = [channel(f"c{number}") for number in range(5)]


class Killed(Exception):
    """The process ends here."""


@pytest.fixture(name="told", params=[Mode.THREAD, Mode.EDIT])
def _told(request: pytest.FixtureRequest, database_url: str) -> Iterator[Story]:
    with capture_logs(), story(database_url, channels_at_once=2) as told:
        told.record()
        told.subscribe(*CHANNELS, mode=request.param)
        yield told


def explained(told: Story, episode: str) -> Recording:
    """A reading in which the vendor says itself what is wrong."""
    now = told.clock()
    snapshot = Snapshot(ACME.slug, Level.DEGRADED, "Minor trouble", (), (incident("i1", now, "We know."),), now)
    settled = PollOutcome(ACME.slug, now + timedelta(minutes=1), 60, read_at=now)
    return Recording(snapshot, settled, snapshot.incidents, frozenset({"i1"}), merged=((episode, "i1"),))


def test_each_channel_has_one_message_and_is_told_of_no_explanation(told: Story) -> None:
    episode = replace(incident("e1", told.clock(), "It is bad."), kind=IncidentKind.EPISODE)
    told.record(episode)
    told.deliver()
    told.clock.turn(minutes=1)
    # Something is due everywhere when the merge begins.
    told.record(replace(episode, level=Level.PARTIAL_OUTAGE))

    def kill(_: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        told.store.records.record(explained(told, "e1"), route, kill)
    told.deliver()
    told.clock.turn(minutes=1)
    while told.store.records.go_on(route):
        told.deliver()
    over = incident("i1", told.clock(), "We know.", "It is well.", phase=Phase.RESOLVED)
    told.record(over)
    told.deliver()
    for where in CHANNELS:
        sent = told.chat.sent(where)
        assert not [call for call in sent if "posted “" in str(call.message)]
        [root] = [call.ref for call in sent if call.verb == "post"]
        assert root
        last = str(told.chat.messages[where][root])
        assert "Trouble i1" in last
        assert "esolved" in last
