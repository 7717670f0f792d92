"""What delivery relies on in every chat platform. A platform's tests subclass :class:`AdapterContract`.

class TestSlack(AdapterContract):
    @contextmanager
    def seat(self) -> Iterator[Seat]: ...
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.delivery.port import Adapter, DeliveryError, LookupUnsupported, MessageGone, Pinning
from bot.domain import Channel
from bot.message import (
    Button,
    Code,
    Fields,
    Items,
    Line,
    Link,
    Message,
    MessageKind,
    Moment,
    Paragraph,
    Quote,
    Strong,
    Struck,
    Style,
    Tone,
)

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DEADLINE_S = 60
KEY = "k" * 25
"""As long as a key may be."""

HOSTILE = {
    "markup": "*bold* _it_ ~s~ `c` ||spoiler|| <b>html</b> [red]rich[/red] # head\n> quote\n- item",
    "pings": "@everyone @here <!channel> <!here> <@U123> <@&456> <#C789> @ann",
    "links": "[click](https://evil.test) <https://evil.test|ok> https://evil.test/?a=1&b=<2>",
    "terminal": "\x1b[2J\x1b]0;owned\x07 \r overwritten \x08\x08 \x9b31m",
    "unseen": "a\u202egnp.exe\u200b\u2066\ufeff\x00\x7f b",
    "halves": "lone \ud83d surrogate",
    "empty": "",
    "blank": " \n \n ",
    "long word": "x" * 10_000,
    "long text": "The same again. " * 600,
    "many lines": "line\n" * 500,
    "many marks": "\u0301" * 2_000,
}


@dataclass
class Seat:
    """An adapter and a reader in front of it. ``screen``: all that the reader has seen or sees now, as plain text.

    ``fresh``: another adapter on the same chat, as after a restart; ``None`` where nothing outlives the process.
    """

    adapter: Adapter
    channel: Channel
    screen: Callable[[], str]
    fresh: Callable[[], Adapter] | None = None


def message(text: str, **parts: Any) -> Message:
    """A card with this text in it."""
    return Message(**{"summary": f"Summary {text}", "title": f"Title {text}", "blocks": (Quote(text),), **parts})


def board(title: str, *lines: Line) -> Message:
    return Message(title, title=title, blocks=(Items(lines),) if lines else (), subject="Board", kind=MessageKind.BOARD)


class AdapterContract(ABC):
    @abstractmethod
    def seat(self) -> AbstractContextManager[Seat]:
        """An adapter on a chat of its own."""

    def test_it_names_the_platform_of_its_channels(self) -> None:
        with self.seat() as seat:
            assert seat.adapter.platform == seat.channel.platform

    def test_posts_replies_and_edits_reach_the_reader_in_order(self) -> None:
        async def talk(seat: Seat) -> None:
            chat, where = seat.adapter, seat.channel
            root = await chat.post(where, message("opened"), "k1")
            for number, text in enumerate(("second", "third")):
                await chat.reply(where, root, message(text), f"r{number}", broadcast=bool(number))
            await chat.edit(where, root, message("changed"), "e1")
            await chat.edit(where, root, message("changed"), "e1")

        with self.seat() as seat:
            run(talk(seat))
            screen = seat.screen()
            assert "changed" in screen
            assert screen.index("second") < screen.index("third")

    def test_references_are_texts_of_their_own(self) -> None:
        async def talk(seat: Seat) -> list[str]:
            chat, where = seat.adapter, seat.channel
            first = await chat.post(where, message("one"), "k1")
            second = await chat.post(where, message("two"), "k2")
            replies = [await chat.reply(where, first, message(f"r{n}"), f"r{n}", broadcast=False) for n in range(3)]
            return [first, second, *replies]

        with self.seat() as seat:
            refs = run(talk(seat))
            assert all(isinstance(ref, str) and ref for ref in refs)
            assert len(set(refs)) == len(refs)

    def test_a_reply_can_be_edited(self) -> None:
        async def talk(seat: Seat) -> None:
            chat, where = seat.adapter, seat.channel
            root = await chat.post(where, message("root"), "k1")
            ref = await chat.reply(where, root, message("wrong"), "k2", broadcast=False)
            await chat.edit(where, ref, message("put right"), "k3")

        with self.seat() as seat:
            run(talk(seat))
            assert "put right" in seat.screen()

    def test_what_is_not_there_is_gone(self) -> None:
        async def talk(seat: Seat) -> None:
            chat, where = seat.adapter, seat.channel
            ref = await chat.post(where, message("root"), "k1")
            unknown = self.unknown_ref(ref)
            with pytest.raises(MessageGone) as gone:
                await chat.edit(where, unknown, message("x"), "k2")
            assert gone.value.ref == unknown
            with pytest.raises(MessageGone) as gone:
                await chat.reply(where, unknown, message("x"), "k3", broadcast=False)
            assert gone.value.ref == unknown

        with self.seat() as seat:
            run(talk(seat))

    def unknown_ref(self, ref: str) -> str:
        """A well-formed reference, like this one, that no message has."""
        return f"{ref}9999"

    def test_a_message_is_found_by_its_key_or_the_adapter_does_not_say_otherwise(self) -> None:
        async def talk(seat: Seat) -> None:
            chat, where = seat.adapter, seat.channel
            root = await chat.post(where, message("root"), KEY)
            reply = await chat.reply(where, root, message("reply"), "r" * 25, broadcast=False)
            for adapter in (chat, seat.fresh()) if seat.fresh else (chat,):
                with suppress(LookupUnsupported):
                    assert await adapter.find(where, KEY) in {root, None}
                    assert await adapter.find(where, "r" * 25) in {reply, None}
                    assert await adapter.find(where, "n" * 25) is None

        with self.seat() as seat:
            run(talk(seat))

    def test_after_a_restart_a_message_is_found_or_its_key_is_not_sent_twice(self) -> None:
        async def talk(seat: Seat) -> None:
            assert seat.fresh
            root = await seat.adapter.post(seat.channel, message("only once"), KEY)
            after = seat.fresh()
            try:
                found = await after.find(seat.channel, KEY)
            except LookupUnsupported:
                return
            again = found or await after.post(seat.channel, message("only once"), KEY)
            assert again == root

        with self.seat() as seat:
            if seat.fresh is None:
                pytest.skip("nothing of this chat outlives the process")
            run(talk(seat))

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_text_is_shown_and_commands_nothing(self, name: str) -> None:
        hostile = HOSTILE[name]
        whole = Message(
            summary=f"before {hostile}",
            tone=Tone.MAJOR,
            title=f"before {hostile}",
            url="https://status.acme.test/x?a=1&b=2",
            blocks=(
                Paragraph((hostile, Strong(hostile), Struck(hostile), Code(hostile), Moment(AT, Style.AGO))),
                Items(((hostile,), (Link(hostile, "https://status.acme.test"),))),
                Fields(((hostile, (hostile,)), ("", ()))),
                Quote(hostile),
                Quote(hostile, struck=True),
            ),
            footer=(hostile, Link("page", f"https://status.acme.test/{hostile}")),
            buttons=(Button(hostile, f"incident {hostile}"),),
            struck=True,
        )

        async def talk(seat: Seat) -> None:
            chat, where = seat.adapter, seat.channel
            root = await chat.post(where, whole, "k1")
            await chat.reply(where, root, whole, "k2", broadcast=True)
            await chat.edit(where, root, whole, "k3")
            await chat.post(where, message("after"), "k4")

        with self.seat() as seat:
            run(talk(seat))
            screen = seat.screen()
            assert "before" in screen
            assert "after" in screen
            for control in "\x1b\x07\x08\x9b\x00\x7f\u202e\u2066":
                assert control not in screen

    def test_a_bare_summary_is_a_message(self) -> None:
        async def talk(seat: Seat) -> None:
            root = await seat.adapter.post(seat.channel, Message("bare summary"), "k1")
            await seat.adapter.reply(seat.channel, root, Message("bare reply"), "k2", broadcast=False)

        with self.seat() as seat:
            run(talk(seat))
            assert "bare summary" in seat.screen()
            assert "bare reply" in seat.screen()

    def test_a_board_is_one_message_however_much_it_says_and_is_edited_in_place(self) -> None:
        long = tuple((f"vendor {n} ", Link("trouble " * 9, "https://status.acme.test/i")) for n in range(200))

        async def talk(seat: Seat) -> None:
            chat, where = seat.adapter, seat.channel
            ref = await chat.post(where, board("all is well", *long), KEY)
            await chat.post(where, message("an incident"), "k2")
            for _ in range(2):
                await chat.edit(where, ref, board("something is not", ("the bad one",), *long), KEY)
            await chat.edit(where, ref, board("all is well again"), KEY)

        with self.seat() as seat:
            run(talk(seat))
            assert "all is well again" in seat.screen()

    def test_a_message_is_pinned_or_nothing_happens(self) -> None:
        async def talk(seat: Seat) -> None:
            ref = await seat.adapter.post(seat.channel, board("all is well"), KEY)
            if isinstance(seat.adapter, Pinning):
                for _ in range(2):
                    await seat.adapter.pin(seat.channel, ref)
                with suppress(DeliveryError):
                    await seat.adapter.pin(seat.channel, self.unknown_ref(ref))
                for _ in range(2):
                    await seat.adapter.unpin(seat.channel, ref)

        with self.seat() as seat:
            run(talk(seat))
            assert "all is well" in seat.screen()

    def test_telling_one_person_raises_nothing_else_than_it_may(self) -> None:
        async def talk(seat: Seat) -> None:
            with suppress(DeliveryError):
                await seat.adapter.notify_user(seat.channel, "nobody of that name", message("trouble"))

        with self.seat() as seat:
            run(talk(seat))


def run(talk: Coroutine[Any, Any, Any]) -> Any:
    """To its end, within the deadline of a call."""
    return asyncio.run(_within(talk))


async def _within(talk: Coroutine[Any, Any, Any]) -> Any:
    async with asyncio.timeout(DEADLINE_S):
        return await talk
