"""What opens in a window when a button is pressed, and what the buttons in it do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase as Stage
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.slack.platform import Slack
from bot.adapters.slack.render.message import SHOW_ALL, RenderContext, card
from bot.adapters.slack.render.modal import answer_modal
from bot.adapters.slack.render.reply import PageRequest
from bot.cards import ReplyView, UpdateView
from bot.commands.request import Reply, Request
from bot.domain import Level, Phase, Slug
from bot.message import Button, Items, Message, Opens, Paragraph, Quote
from bot.wording.cards import reply_message
from tests.adapters.contract import HOSTILE
from tests.adapters.slack.judge import message_problems, texts, view_problems
from tests.adapters.slack.rig import HURRIED, OPS, Rig, at_home, dispatch, in_view, pressed, rig, slash
from tests.adapters.slack.workspace import CHANNEL, Fault
from tests.commands.talk import GITHUB_PARTS, Talk, ago, incident, said

WHOLE = "\n\n".join(f"Part {n}. " + "All of it went wrong, one thing after another. " * 12 for n in range(1, 90))


@pytest.fixture(name="one")
def _one(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as one:
        Talk(one.store, channel=OPS).reading("github", GITHUB_PARTS)
        yield one


def press(one: Rig, action: str, value: str, **more: Any) -> None:
    one.send({**pressed(action, value, one.slack.response_url), **more})


def read(view: Any) -> str:
    return "\n".join(texts(view["blocks"]))


def actions(view: Any) -> dict[str, str]:
    return {e["action_id"]: e["value"] for b in view["blocks"] if b["type"] == "actions" for e in b["elements"]}


def labelled(view: Any, label: str) -> tuple[str, str]:
    """The action id and value of this button."""
    buttons = [e for b in view["blocks"] if b["type"] == "actions" for e in b["elements"]]
    (found,) = [(e["action_id"], e["value"]) for e in buttons if e["text"]["text"] == label]
    return found


# --- opening ---------------------------------------------------------------------------------------------------------


def test_a_sheet_opens_for_the_one_who_pressed_and_says_nothing_in_the_channel(one: Rig) -> None:
    press(one, "sheet:1", "components github")
    assert one.asked == [Request("components", "github", OPS, "U1")]
    assert one.slack.view["title"]["text"] == "Components"
    assert "Git Operations" in read(one.slack.view)
    assert one.slack.answers == one.slack.shown() == []
    assert len(one.slack.called("views.open")) == 1
    assert not one.slack.called("views.update")


def test_people_are_named_where_only_one_person_looks(one: Rig) -> None:
    one.send(slash("/subscribe", "github"))
    press(one, "sheet:0", "list")
    assert "<@U1>" in read(one.slack.view)
    press(one, "sheet:0", "list", trigger_id=None)
    assert "<@U1>" in read(one.slack.answers[-1])


def test_an_answer_that_takes_longer_follows(one: Rig) -> None:
    async def ask(app: Slack) -> None:
        one.hold = asyncio.Event()
        asking = asyncio.create_task(dispatch(app, pressed("sheet:0", "components github", one.slack.response_url)))
        await asyncio.to_thread(one.slack.wait_for, lambda: one.slack.stack)
        one.hold.set()
        await asking

    one.use(ask, deadlines=HURRIED)
    (opened,), (updated,) = one.slack.called("views.open"), one.slack.called("views.update")
    assert "the answer follows" in opened.args["view"]["blocks"][0]["text"]["text"]
    assert "Git Operations" in read(updated.args["view"])
    assert updated.args["hash"]
    assert one.slack.answers == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("views.open", "expired_trigger_id"),
        Fault("views.open", "exchanged_trigger_id"),
        Fault("views.open", status=429, headers={"Retry-After": "30"}),
        Fault("views.open", status=500),
        Fault("views.open", cut=True),
        None,
    ],
    ids=lambda fault: (fault.error or fault.status) if fault else "no trigger",
)
def test_where_no_window_opens_the_answer_comes_as_a_private_message(one: Rig, fault: Fault | None) -> None:
    if fault:
        one.slack.fail(fault)
    press(one, "sheet:1", "components github", **({} if fault else {"trigger_id": None}))
    (answer,) = one.slack.answers
    assert answer["response_type"] == "ephemeral"
    assert "Git Operations" in read(answer)


def test_where_nothing_can_be_answered_in_place_it_comes_as_a_direct_message(one: Rig) -> None:
    one.slack.fail(Fault("views.open", "expired_trigger_id"))
    one.send(at_home("sheet:0", "components github"))
    (direct,) = one.slack.shown("U1")
    assert "Git Operations" in read(direct)
    assert "share" not in actions(direct)


def test_a_failing_command_is_told_in_the_sheet(one: Rig) -> None:
    def fail(request: Request) -> Reply:
        raise RuntimeError("bug")

    one.replies = fail
    press(one, "sheet:0", "why github")
    assert "Something went wrong on my side" in read(one.slack.view)


# --- inside a sheet --------------------------------------------------------------------------------------------------


def test_a_long_answer_is_paged_inside_and_shared_from_its_beginning(one: Rig) -> None:
    everything = [f"line {n} " + "and more " * 40 for n in range(250)]
    one.replies = lambda request: Reply((Message("all", blocks=(Items(tuple((text,) for text in everything)),)),))
    press(one, "sheet:0", "incidents github")
    first = one.slack.view
    assert actions(first)["page:next"] == "1 incidents github"
    one.send(in_view(first, "page:next", actions(first)["page:next"]))
    assert len(one.slack.stack) == 1
    second = one.slack.view
    assert "line 0 " in read(first)
    assert "line 0 " not in read(second)
    assert set(actions(second)) >= {"page:back", "share"}
    one.send(in_view(second, "share", actions(second)["share"]))
    (post,) = one.slack.shown()
    assert "line 0 " in read(post)
    assert "shared by ann" in read(post)
    assert "share" not in actions(post)
    assert "Shared in <#C1>." in read(one.slack.view)
    assert "share" not in actions(one.slack.view)
    one.send(in_view(one.slack.view, "page:back", actions(one.slack.view)["page:back"]))
    assert read(one.slack.view) == read(first)


def test_what_cannot_be_shared_is_told_with_its_remedy(one: Rig) -> None:
    one.slack.fail(Fault("chat.postMessage", "not_in_channel"))
    press(one, "sheet:0", "components github")
    one.send(in_view(one.slack.view, "share", "0 components github"))
    assert "I cannot share this: I am not in the channel. Type /invite @lookout there." in read(one.slack.view)


def test_a_sheet_never_shares_a_change(one: Rig) -> None:
    press(one, "sheet:0", "components github")
    one.send(in_view(one.slack.view, "share", "0 subscribe github"))
    assert one.slack.shown() == []
    assert one.store.channels.subscriptions(OPS) == ()


def test_a_button_in_a_sheet_puts_another_on_top_until_slack_takes_no_more(one: Rig) -> None:
    press(one, "sheet:0", "status github")
    for line in ("components github", "incidents github", "history github"):
        one.send(in_view(one.slack.view, "run:0", line))
    assert [one.slack.views[id]["title"]["text"] for id in one.slack.stack] == ["Status", "Components", "History"]


def test_a_change_in_a_sheet_is_told_to_the_channel_that_it_came_from(one: Rig) -> None:
    press(one, "sheet:0", "status github")
    action, value = labelled(one.slack.view, "Subscribe")
    one.send(in_view(one.slack.view, action, value))
    assert [s.subscription.created_by for s in one.store.channels.subscriptions(OPS)] == ["U1"]
    (post,) = one.slack.shown()
    assert "GitHub" in read(post)
    assert "by ann" in read(post)
    assert "Told in <#C1>." in read(one.slack.view)
    assert len(one.slack.stack) == 2


def test_a_change_that_the_channel_cannot_be_told_is_told_in_the_sheet(one: Rig) -> None:
    one.slack.fail(Fault("chat.postMessage", "channel_not_found"))
    press(one, "sheet:0", "status github")
    one.send(in_view(one.slack.view, "run:0", "subscribe github"))
    assert one.store.channels.subscriptions(OPS)
    assert "It is done, but I cannot tell the channel." in read(one.slack.view)
    assert "/invite @lookout" in read(one.slack.view)


def test_a_sheet_from_the_home_has_no_channel_to_share_in_or_to_change(one: Rig) -> None:
    one.send(at_home("sheet:0", "status github"))
    assert "GitHub" in read(one.slack.view)
    assert "share" not in actions(one.slack.view)
    one.send(in_view(one.slack.view, "run:0", "mute github 1h"))
    assert "Mute is for a channel" in read(one.slack.view)
    assert [r.command for r in one.asked] == ["status"]


# --- the rest of a long text -----------------------------------------------------------------------------------------


def reply_of(text: str) -> Message:
    said = UpdateView(Phase.POSTMORTEM, ago(hours=1), text)
    title = "API errors"
    return reply_message(
        ReplyView(Slug("github"), "i1", "GitHub", title, None, Phase.POSTMORTEM, Level.OPERATIONAL, (said,))
    )


def test_a_cut_text_has_a_button_that_opens_all_of_it_in_order(one: Rig) -> None:
    opened = incident("github", "i1", "API errors", ago(hours=3), said(1, ago(hours=2), "Looking."))
    updates = (*opened.updates, replace(said(2, ago(hours=1), WHOLE), phase=Phase.POSTMORTEM))
    Talk(one.store, channel=OPS).reading("github", GITHUB_PARTS, [replace(opened, updates=updates)])
    rendered = card(reply_of(WHOLE), RenderContext())
    action, value = labelled({"blocks": rendered.blocks}, SHOW_ALL)
    assert (action, value) == ("sheet:0", "incident github/i1")
    assert not list(message_problems({"text": rendered.text, "blocks": list(rendered.blocks)}))
    press(one, action, value)
    shown = read(one.slack.view)
    while "page:next" in actions(one.slack.view):
        one.send(in_view(one.slack.view, "page:next", actions(one.slack.view)["page:next"]))
        shown += "\n" + read(one.slack.view)
    assert "Looking." in shown
    flat = " ".join(word for word in shown.split() if word != "&gt;" and word != ">")
    assert " ".join(WHOLE.split()) in flat


def test_what_is_not_cut_needs_no_such_button() -> None:
    assert actions({"blocks": card(reply_of("Short."), RenderContext()).blocks}) == {}


def test_a_card_that_is_too_long_as_a_whole_has_the_button_too() -> None:
    message = Message("s", blocks=tuple(Quote("word " * 250) for _ in range(40)), full_command="incident github/i1")
    assert labelled({"blocks": card(message, RenderContext()).blocks}, SHOW_ALL) == ("sheet:0", "incident github/i1")


# --- laws ------------------------------------------------------------------------------------------------------------

hostile = st.sampled_from(sorted(HOSTILE.values())) | st.text(max_size=400)
blocks = st.one_of(
    st.builds(lambda text: Paragraph((text,)), hostile),
    st.builds(lambda lines: Items(tuple((line,) for line in lines)), st.lists(hostile, max_size=30)),
    st.builds(Quote, hostile, st.booleans()),
)
messages = st.builds(
    Message,
    summary=hostile,
    title=st.none() | hostile,
    blocks=st.lists(blocks, max_size=12).map(tuple),
    buttons=st.lists(st.builds(Button, hostile, hostile, st.sampled_from(Opens)), max_size=30).map(tuple),
    full_command=st.none() | hostile,
)


@settings(max_examples=40, deadline=None, phases=[Stage.explicit, Stage.generate])
@given(st.lists(messages, min_size=1, max_size=4), st.integers(0, 5), st.booleans(), hostile)
def test_any_answer_is_a_sheet(said: list[Message], page: int, public: bool, text: str) -> None:
    for channel in ("", CHANNEL):
        view = answer_modal(
            Reply(tuple(said), public=public), PageRequest("incidents", text), RenderContext(), channel, page
        )
        assert not list(view_problems(view))


@pytest.mark.parametrize("text", ["short", "漢" * 2_900, "\U0001f525" * 1_400], ids=["many", "wide", "wider"])
def test_the_fullest_sheet_is_a_view(text: str) -> None:
    said = Message("s", blocks=tuple(Paragraph((text,)) for _ in range(300)))
    for page in range(3):
        assert not list(
            view_problems(
                answer_modal(Reply((said,)), PageRequest("incidents", "github"), RenderContext(), CHANNEL, page)
            )
        )


@settings(max_examples=40, deadline=None, phases=[Stage.explicit, Stage.generate])
@given(messages)
def test_any_message_is_a_card_with_its_rest(message: Message) -> None:
    rendered = card(message, RenderContext())
    assert not list(message_problems({"text": rendered.text, "blocks": list(rendered.blocks)}))
