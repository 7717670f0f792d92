"""How many copies of a message a channel gets when nobody knows whether it was sent: counted, per mode, with the scopes
to read history and without. ``docs/guarantees.md`` states these counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.adapters.slack.adapter import SlackAdapter
from bot.domain import Channel, Mode, Phase
from bot.message import Message
from tests.adapters.slack.seen import START, Seen, watching
from tests.adapters.slack.workspace import TEAM, Fault
from tests.delivery.story import incident
from tests.fakes import Cut

EARS = {mode: Channel("slack", TEAM, f"C{number}") for number, mode in enumerate(Mode, 10)}
TEXTS = ("first word", "second word", "third word", "last word")
POST = "chat.postMessage"

UNKNOWN = {
    "cut after": Fault(POST, cut=True, after=True),
    "500 after": Fault(POST, status=500, after=True),
    "fatal_error after": Fault(POST, "fatal_error", after=True),
    "killed after": None,
    "cut before": Fault(POST, cut=True),
}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@dataclass
class Dying:
    """Dies once Slack has the message, so often."""

    chat: SlackAdapter
    times: int

    platform = "slack"

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        return self._die(await self.chat.post(channel, message, key))

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        return self._die(await self.chat.reply(channel, root, message, key, broadcast=broadcast))

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        await self.chat.edit(channel, ref, message, key)

    async def find(self, channel: Channel, key: str) -> str | None:
        return await self.chat.find(channel, key)

    async def notify_user(self, channel: Channel, user: str, message: Message) -> None:
        await self.chat.notify_user(channel, user, message)

    def _die(self, ref: str) -> str:
        if self.times:
            self.times -= 1
            raise Cut
        return ref


def tell(seen: Seen, fault: Fault | None, times: int, *texts: str, phase: Phase = Phase.INVESTIGATING) -> None:
    """The newest text, whose first ``times`` messages meet the fault; then minutes pass, in which it is taken up."""
    seen.told_by.record(incident("i1", START, *texts, phase=phase))
    if times and fault:
        seen.slack.fail(replace(fault, times=times))
    seen.deliver(wrap=(lambda chat: Dying(chat, times)) if times and not fault else None)
    for _ in range(2):
        seen.told_by.clock.turn(minutes=2)
        seen.deliver()


def count(seen: Seen) -> dict[Mode, int]:
    """Messages that stand in each channel."""
    return {mode: len(seen.slack.shown(channel.id)) for mode, channel in EARS.items()}


@pytest.mark.parametrize("history", [True, False], ids=["history", "no history"])
@pytest.mark.parametrize("kind", UNKNOWN)
def test_an_uncertain_message_is_counted_as_promised(tmp_path: Path, kind: str, history: bool) -> None:
    """Four texts; what becomes of the first one, a root, and of the third one, a later message, is not known."""
    fault, arrived = UNKNOWN[kind], int(kind != "cut before")
    with watching(tmp_path) as seen:
        if not history:
            seen.slack.scopes -= {"channels:history", "groups:history"}
        for mode, channel in EARS.items():
            seen.told_by.subscribe(channel, by="U7", mode=mode)
        seen.told_by.store.channels.unsubscribe(seen.channel, None)
        counted: dict[Mode, list[int]] = {mode: [] for mode in EARS}
        for number, troubled in enumerate((len(EARS), 0, len(EARS) - 1, 0), 1):
            phase = Phase.RESOLVED if number == 4 else Phase.INVESTIGATING
            tell(seen, fault, troubled, *TEXTS[:number], phase=phase)
            for mode, messages in count(seen).items():
                counted[mode].append(messages)
                if number > 1:
                    said = json.dumps([message["blocks"] for message in seen.slack.shown(EARS[mode].id)])
                    assert {TEXTS[0], TEXTS[number - 1]} <= {text for text in TEXTS if text in said}, mode
        # A thread keeps the opening text too, before the root drops it, and key moments tell the end in a line.
        end = 1
        if history:
            assert counted == {
                Mode.THREAD: [1, 3, 4, 5],
                Mode.THREAD_KEY: [1, 3, 4, 5 + end],
                Mode.FLAT: [1, 2, 3, 4],
                Mode.EDIT: [1, 1, 1, 1],
            }
        else:
            root = arrived + 1
            assert counted == {
                Mode.THREAD: [arrived, root, root + 2 + arrived, root + 3 + arrived],
                Mode.THREAD_KEY: [arrived, root, root + 2 + arrived, root + 3 + arrived + end],
                Mode.FLAT: [arrived, root, root + 1 + arrived, root + 2 + arrived],
                Mode.EDIT: [arrived, root, root, root],
            }
