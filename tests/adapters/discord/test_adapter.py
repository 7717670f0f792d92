"""What channels see of posts, replies and edits, and with how few requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.adapters.discord.adapter import PIN
from bot.adapters.discord.api.permissions import ALL_FLAGS, EMBED_LINKS, PIN_MESSAGES, READ_MESSAGE_HISTORY, ChannelKind
from bot.delivery.port import LookupUnsupported, MessageGone, MessageRejected, OutcomeUnknown, RetryLater, Undeliverable
from bot.message import Button, Fields, Items, Link, Message, MessageKind, Quote, Tone
from tests.adapters.discord.fake import HERE, FakeDiscord, refusal
from tests.adapters.discord.spec import SPEC, needs_spec

CARD = Message(
    summary="Major outage · Acme — API errors",
    tone=Tone.MAJOR,
    title="Major outage · Acme — API errors",
    url="https://status.acme.test/i1",
    blocks=(Quote("We are looking into it."), Fields((("Affects", ("API",)),))),
    buttons=(Button("Timeline", "incident acme/i1"),),
    subject="Acme — API errors",
    kind=MessageKind.CARD,
)
UPDATE = Message(
    summary="Monitoring · Acme — API errors: A fix is in place.",
    tone=Tone.DEGRADED,
    title="Monitoring",
    blocks=(Quote("A fix is in place."),),
    subject="Acme — API errors",
)
LONG = Message(
    "s", title="Postmortem", blocks=(Quote("\n".join(f"line {n} of it" for n in range(500))),), subject="Acme"
)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_the_first_reply_makes_the_thread_and_later_ones_only_go_there() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        chat = discord.adapter()
        root = await chat.post(HERE, CARD, "k1")
        assert discord.sent() == [f"POST /channels/{HERE.id}/messages"]
        message = root.partition("/")[2]
        first = await chat.reply(HERE, root, UPDATE, "k2", broadcast=False)
        second = await chat.reply(HERE, root, UPDATE, "k3", broadcast=False)
        await chat.edit(HERE, root, CARD, "k4")
        assert discord.sent()[1:] == [
            f"POST /channels/{HERE.id}/messages/{message}/threads",
            f"POST /channels/{message}/messages",
            f"POST /channels/{message}/messages",
            f"PATCH /channels/{HERE.id}/messages/{message}",
        ]
        assert [ref.partition("/")[0] for ref in (first, second)] == [message, message]
        thread = next(r.json for r in discord.requests if r.path.endswith("/threads"))
        assert thread["name"] == "Acme — API errors"

    run(story())


def test_a_thread_that_is_there_already_is_used() -> None:
    """After a restart nobody remembers it; that it exists is Discord's answer to making it."""

    async def story() -> None:
        discord = FakeDiscord()
        root = await discord.adapter().post(HERE, CARD, "k1")
        await discord.adapter().reply(HERE, root, UPDATE, "k2", broadcast=False)
        ref = await discord.adapter().reply(HERE, root, UPDATE, "k3", broadcast=False)
        assert len(discord.texts(ref.partition("/")[0])) == 2

    run(story())


@pytest.mark.parametrize("how", ["locked", "full", "forbidden", "refused", "deleted", "plain"])
def test_where_there_can_be_no_thread_the_reply_stands_in_the_channel_and_names_its_incident(how: str) -> None:
    async def story() -> None:
        discord = FakeDiscord(ChannelKind.PLAIN if how == "plain" else ChannelKind.THREADED)
        chat = discord.adapter()
        root = await chat.post(HERE, CARD, "k1")
        thread = root.partition("/")[2]
        match how:
            case "locked":
                await chat.reply(HERE, root, UPDATE, "k0", broadcast=False)
                discord.places[thread].locked = True
            case "full":
                discord.threads_full = True
            case "forbidden":
                discord.granted = ALL_FLAGS & ~(1 << 35)
            case "refused":
                discord.trouble("POST", "/threads", refusal(403, 50013))
            case "deleted":
                await chat.reply(HERE, root, UPDATE, "k0", broadcast=False)
                del discord.places[thread]
                discord.trouble("POST", "/threads", refusal(400, 160004))
        ref = await chat.reply(HERE, root, UPDATE, "k2", broadcast=True)
        assert ref.partition("/")[0] == HERE.id
        assert "Monitoring · Acme — API errors" in discord.texts(HERE.id)[-1]
        reply = discord.requests[-1].json
        assert reply["message_reference"]["message_id"] == thread
        assert len(discord.texts(HERE.id)) == 2, "a broadcast of what stands in the channel says nothing new"
        await chat.edit(HERE, ref, UPDATE, "k3")

    run(story())


def test_without_the_right_to_read_history_the_reply_answers_no_message() -> None:
    async def story() -> None:
        discord = FakeDiscord(ChannelKind.PLAIN)
        chat = discord.adapter()
        root = await chat.post(HERE, CARD, "k1")
        discord.trouble("POST", "/messages", refusal(403, 160002))
        await chat.reply(HERE, root, UPDATE, "k2", broadcast=False)
        assert "message_reference" not in discord.requests[-1].json
        assert len(discord.texts(HERE.id)) == 2

    run(story())


def test_a_key_moment_stands_in_the_channel_too() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        chat = discord.adapter()
        root = await chat.post(HERE, CARD, "k1")
        ref = await chat.reply(HERE, root, UPDATE, "k2", broadcast=True)
        thread, copy = ref.split(";")
        assert "A fix is in place." in discord.texts(thread.partition("/")[0])[0]
        assert "Monitoring · Acme — API errors" in discord.texts(HERE.id)[1]
        changed = Message("s", title="Monitoring", blocks=(Quote("Put right."),), subject="Acme — API errors")
        await chat.edit(HERE, ref, changed, "k3")
        assert "Put right." in discord.texts(HERE.id)[1]
        assert "Put right." in discord.texts(thread.partition("/")[0])[0]
        del discord.places[HERE.id].messages[copy.partition("/")[2]]
        await chat.edit(HERE, ref, UPDATE, "k4")

    run(story())


def test_a_long_text_is_spread_over_messages_that_one_reference_names() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        chat = discord.adapter()
        root = await chat.post(HERE, CARD, "k1")
        ref = await chat.reply(HERE, root, LONG, "k2", broadcast=False)
        thread, _, ids = ref.partition("/")
        assert len(ids.split(",")) > 1
        told = "\n".join(discord.texts(thread))
        assert [n for n in range(500) if f"line {n} of it" not in told] == []
        await chat.edit(HERE, ref, UPDATE, "k3")
        assert "A fix is in place." in discord.texts(thread)[0]
        assert all("line" not in text for text in discord.texts(thread))
        assert await discord.adapter().find(HERE, "k9") is None

    run(story())


def test_what_was_sent_of_a_long_text_is_not_sent_again() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        chat = discord.adapter()
        root = await chat.post(HERE, CARD, "k1")
        await chat.reply(HERE, root, UPDATE, "k0", broadcast=False)
        thread = root.partition("/")[2]
        for _ in range(2):
            discord.trouble("POST", f"/channels/{thread}/messages", refusal(502), after=True)
        with pytest.raises(OutcomeUnknown):
            await chat.reply(HERE, root, LONG, "k2", broadcast=False)
        discord.forget_nonces()
        other = discord.adapter()
        assert await other.find(HERE, "k2") is None, "only its beginning was sent"
        discord._troubles.clear()
        await other.reply(HERE, root, LONG, "k2", broadcast=False)
        told = "\n".join(discord.texts(thread))
        assert told.count("line 0 of it") == 1
        assert told.count("line 499 of it") == 1

    run(story())


def test_in_a_forum_an_incident_is_a_post_with_the_tags_of_its_state() -> None:
    async def story() -> None:
        discord = FakeDiscord(ChannelKind.FORUM)
        discord.tags = [("major", "11"), ("ended", "12")]
        chat = discord.adapter()
        root = await chat.post(HERE, CARD, "k1")
        made = discord.requests[-1]
        assert made.path == f"/channels/{HERE.id}/threads"
        assert (made.json["name"], made.json["applied_tags"]) == ("Acme — API errors", ["11"])
        ref = await chat.reply(HERE, root, UPDATE, "k2", broadcast=True)
        post = root.partition("/")[0]
        assert ref.partition("/")[0] == post
        ended = Message("s", tone=Tone.ENDED, title="Resolved", blocks=(Fields(()),), kind=MessageKind.CARD)
        await chat.edit(HERE, root, ended, "k3")
        assert discord.tagged == [["12"]]
        discord.places[post].locked = True
        with pytest.raises(MessageGone):
            await chat.reply(HERE, root, UPDATE, "k4", broadcast=False)

    run(story())


def test_a_post_in_a_forum_is_found_since_no_nonce_protects_it() -> None:
    async def story() -> None:
        discord = FakeDiscord(ChannelKind.FORUM)
        discord.trouble("POST", "/threads", refusal(502), after=True)
        chat = discord.adapter()
        with pytest.raises(OutcomeUnknown):
            await chat.post(HERE, CARD, "k1")
        ref = await chat.find(HERE, "k1")
        assert ref is not None
        assert "API errors" in discord.texts(ref.partition("/")[0])[0]

    run(story())


@pytest.mark.parametrize("again", ["the same process", "the next one"])
def test_a_long_post_in_a_forum_that_was_cut_off_is_finished_not_opened_again(again: str) -> None:
    async def story() -> None:
        discord = FakeDiscord(ChannelKind.FORUM)
        chat = discord.adapter()
        discord.trouble("POST", "/messages", RetryLater(5))
        with pytest.raises(RetryLater):
            await chat.post(HERE, LONG, "k1")
        if again == "the next one":
            chat = discord.adapter()
            assert await chat.find(HERE, "k1") is None
        ref = await chat.post(HERE, LONG, "k1")
        assert [id for id in discord.places if id != HERE.id] == [ref.partition("/")[0]]
        assert await chat.find(HERE, "k1") == ref
        told = "\n".join(discord.texts(ref.partition("/")[0]))
        assert (told.count("line 0 of it"), told.count("line 499 of it")) == (1, 1)

    run(story())


def test_a_long_post_that_was_closed_before_it_was_finished_is_looked_for() -> None:
    async def story() -> None:
        discord = FakeDiscord(ChannelKind.FORUM)
        chat = discord.adapter()
        discord.trouble("POST", "/messages", refusal(400, 160005))
        with pytest.raises(OutcomeUnknown):
            await chat.post(HERE, LONG, "k1")

    run(story())


def test_an_announcement_is_published_once() -> None:
    async def story() -> None:
        discord = FakeDiscord(ChannelKind.NEWS)
        chat = discord.adapter()
        root = await chat.post(HERE, CARD, "k1")
        assert chat.publishes(HERE)
        assert discord.published == []
        discord.trouble("POST", "/crosspost", RetryLater(60))
        with pytest.raises(RetryLater):
            await chat.publish(HERE, root)
        await chat.publish(HERE, root)
        await chat.publish(HERE, root)
        assert discord.published == [root.partition("/")[2]]
        in_thread = await chat.reply(HERE, root, UPDATE, "k4", broadcast=False)
        await chat.publish(HERE, in_thread)
        assert len(discord.published) == 1
        copied = await chat.reply(HERE, root, UPDATE, "k5", broadcast=True)
        await chat.publish(HERE, copied)
        assert discord.published[1:] == [copied.rpartition("/")[2]]
        with pytest.raises(MessageGone):
            await chat.publish(HERE, f"{HERE.id}/404")
        assert not FakeDiscord().adapter().publishes(HERE)

    run(story())


def test_a_repeated_act_is_one_message() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        discord.trouble("POST", "/messages", refusal(502), after=True)
        chat = discord.adapter()
        with pytest.raises(OutcomeUnknown):
            await chat.post(HERE, CARD, "k1")
        assert await chat.find(HERE, "k1") is None, "Discord drops the second of two"
        again = await chat.post(HERE, CARD, "k1")
        assert again == f"{HERE.id}/{next(iter(discord.places[HERE.id].messages))}"
        assert len(discord.texts(HERE.id)) == 1

    run(story())


def test_after_minutes_the_mark_tells_what_was_sent() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        chat = discord.adapter()
        root = await chat.post(HERE, CARD, "k1")
        reply = await chat.reply(HERE, root, UPDATE, "k2", broadcast=True)
        long = await chat.reply(HERE, root, LONG, "k3", broadcast=False)
        for number in range(120):
            await chat.post(HERE, UPDATE, f"other{number}")
        discord.forget_nonces()
        assert await chat.find(HERE, "k1") == root
        assert await chat.find(HERE, "k2") == reply.split(";")[0]
        assert await chat.find(HERE, "k3") == long
        assert await chat.find(HERE, "k4") is None

    run(story())


def test_what_cannot_be_looked_up_is_not_denied() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        chat = discord.adapter()
        discord.granted = ALL_FLAGS & ~READ_MESSAGE_HISTORY
        with pytest.raises(LookupUnsupported):
            await chat.find(HERE, "k1")
        discord.granted = ALL_FLAGS
        discord.trouble("GET", "/messages", refusal(403, 50013))
        with pytest.raises(LookupUnsupported):
            await chat.find(HERE, "k1")
        for number in range(301):
            await chat.post(HERE, UPDATE, f"other{number}")
        discord.forget_nonces()
        with pytest.raises(LookupUnsupported):
            await chat.find(HERE, "k1")

    run(story())


def test_without_embeds_the_card_is_text() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        discord.granted = ALL_FLAGS & ~EMBED_LINKS
        chat = discord.adapter()
        root = await chat.post(HERE, CARD, "k1")
        link = "https://status.acme.test/i1"
        assert discord.texts(HERE.id)[0].startswith(f"🔴 **[Major outage · Acme — API errors](<{link}>)**")
        discord.forget_nonces()
        assert await chat.find(HERE, "k1") == root

    run(story())


def test_what_was_text_becomes_a_card_once_embeds_are_allowed() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        discord.granted = ALL_FLAGS & ~EMBED_LINKS
        chat = discord.adapter()
        root = await chat.post(HERE, CARD, "k1")
        discord.granted = ALL_FLAGS
        await chat.edit(HERE, root, CARD, "k2")
        (message,) = discord.places[HERE.id].messages.values()
        assert message["content"] == ""
        assert message["embeds"][0]["title"] == CARD.title
        sent = len(discord.requests)
        await chat.edit(HERE, root, CARD, "k3")
        assert len(discord.requests) == sent + 1

    run(story())


def test_embeds_that_somebody_removed_stay_removed() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        root = await discord.adapter().post(HERE, CARD, "k1")
        (message,) = discord.places[HERE.id].messages.values()
        message["flags"] = 4
        await discord.adapter().edit(HERE, root, CARD, "k2")
        assert message["flags"] == 4

    run(story())


def test_only_whom_a_user_named_is_mentioned() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        named = Message("s", title="t @everyone", mention="@oncall", blocks=(Quote("<@1> @here"), Fields(())))
        root = await discord.adapter().post(HERE, named, "k1")
        sent = discord.requests[-1].json
        assert sent["content"] == "<@5>"
        assert sent["allowed_mentions"] == {"parse": [], "roles": [], "users": ["5"]}
        await discord.adapter().edit(HERE, root, replace(CARD, mention="@oncall"), "k2")
        assert discord.requests[-1].json["content"] == "<@5>"
        assert discord.requests[-1].json["allowed_mentions"] == {"parse": [], "roles": [], "users": []}
        await discord.adapter().edit(HERE, root, CARD, "k3")
        assert not discord.requests[-1].json["content"]

    run(story())


def test_an_archived_thread_is_opened_to_change_what_is_in_it() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        chat = discord.adapter()
        root = await chat.post(HERE, CARD, "k1")
        ref = await chat.reply(HERE, root, UPDATE, "k2", broadcast=False)
        place = discord.places[ref.partition("/")[0]]
        place.archived = True
        await chat.edit(HERE, ref, CARD, "k3")
        assert "Major outage" in discord.texts(ref.partition("/")[0])[0]
        place.archived = place.locked = True
        with pytest.raises(MessageGone) as gone:
            await chat.edit(HERE, ref, CARD, "k4")
        assert gone.value.ref == ref
        del discord.places[ref.partition("/")[0]]
        with pytest.raises(MessageGone):
            await chat.edit(HERE, ref, CARD, "k5")

    run(story())


def test_one_person_is_told_in_a_direct_message() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        await discord.adapter().notify_user(HERE, "55", CARD)
        assert discord.requests[0].json == {"recipient_id": "55"}
        assert "Major outage" in discord.texts("7")[0]
        discord.trouble("POST", "/channels/7/messages", refusal(403, 50007))
        with pytest.raises(Undeliverable, match="takes no direct messages"):
            await discord.adapter().notify_user(HERE, "55", CARD)

    run(story())


# --- boards ----------------------------------------------------------------------------------------------------------


def board(tone: Tone = Tone.OK, vendors: int = 3) -> Message:
    lines = tuple((f"vendor {n} ", Link("trouble " * 9, "https://status.acme.test/i")) for n in range(vendors))
    return Message(
        "Board", tone=tone, title="Board", blocks=(Items(lines),), subject="Status board", kind=MessageKind.BOARD
    )


@pytest.mark.parametrize("kind", [ChannelKind.THREADED, ChannelKind.NEWS, ChannelKind.PLAIN])
def test_a_board_is_one_message_that_is_edited_and_never_published(kind: ChannelKind) -> None:
    async def story() -> None:
        discord = FakeDiscord(kind)
        chat = discord.adapter()
        ref = await chat.post(HERE, board(vendors=200), "k1")
        await chat.edit(HERE, ref, board(Tone.MAJOR, vendors=400), "k1")
        message = ref.partition("/")[2]
        assert discord.sent() == [
            f"POST /channels/{HERE.id}/messages",
            f"PATCH /channels/{HERE.id}/messages/{message}",
        ]
        assert discord.published == []

    run(story())


def test_a_forums_board_is_a_post_of_its_own_with_the_tag_of_its_state() -> None:
    async def story() -> None:
        discord = FakeDiscord(ChannelKind.FORUM)
        discord.tags = [("major", "7"), ("ok", "8")]
        chat = discord.adapter()
        ref = await chat.post(HERE, board(vendors=200), "k1")
        post = next(r.json for r in discord.requests if r.path.endswith("/threads"))
        assert (post["name"], post["applied_tags"]) == ("Status board", ["8"])
        discord.places[ref.partition("/")[0]].archived = True
        await chat.edit(HERE, ref, board(Tone.MAJOR), "k1")
        assert discord.tagged == [["7"]]
        await chat.pin(HERE, ref)
        assert discord.pinned == []

    run(story())


@pytest.mark.parametrize(
    ("kind", "granted", "pinned"),
    [
        (ChannelKind.THREADED, ALL_FLAGS, True),
        (ChannelKind.PLAIN, ALL_FLAGS, True),
        (ChannelKind.THREADED, 1 << 3, True),
        (ChannelKind.THREADED, ALL_FLAGS & ~PIN_MESSAGES, False),
        (ChannelKind.NEWS, ALL_FLAGS, False),
    ],
)
def test_it_is_pinned_where_that_is_allowed_and_makes_sense(kind: ChannelKind, granted: int, pinned: bool) -> None:
    async def story() -> None:
        discord = FakeDiscord(kind)
        discord.granted = granted
        chat = discord.adapter()
        ref = await chat.post(HERE, board(), "k1")
        await chat.pin(HERE, ref)
        message = ref.partition("/")[2]
        assert discord.pinned == ([message] if pinned else [])
        puts = [f"PUT /channels/{HERE.id}/messages/pins/{message}"] if pinned else []
        assert discord.sent()[1:] == puts
        await chat.unpin(HERE, ref)
        assert discord.pinned == []
        assert len(discord.sent()) == 1 + 2 * len(puts)

    run(story())


@needs_spec
def test_pins_are_made_where_discords_description_says() -> None:
    assert {"put", "delete"} <= set(json.loads(SPEC.read_text(encoding="utf-8"))["paths"][PIN])


def test_a_message_that_cannot_be_pinned_is_one_of_the_ports_errors() -> None:
    async def story() -> None:
        discord = FakeDiscord()
        chat = discord.adapter()
        ref = await chat.post(HERE, board(), "k1")
        for error, meant in ((refusal(400, 30003), MessageRejected), (refusal(403, 50013), Undeliverable)):
            discord.trouble("PUT", ref.partition("/")[2], error)
            with pytest.raises(meant):
                await chat.pin(HERE, ref)
        with pytest.raises(MessageGone):
            await chat.pin(HERE, f"{ref}9")

    run(story())
