"""The form to subscribe: what it asks, what it leads to, and that no vendor's names break it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.adapters.slack.options import Managers
from bot.adapters.slack.platform import Slack
from bot.adapters.slack.render.message import RenderContext
from bot.adapters.slack.render.subscribe_form import FORM_CALLBACK, FormTarget, form_view, part_options
from bot.commands.forms import SEVERITIES, PartOption, SubscribeForm
from bot.domain import Channel, Component, Filter, Level, Mode
from tests.adapters.contract import HOSTILE
from tests.adapters.slack.judge import options_problems, texts, view_problems
from tests.adapters.slack.rig import (
    HURRIED,
    OPS,
    Rig,
    at_home,
    dispatch,
    in_view,
    pressed,
    rig,
    sent_off,
    slash,
    typed_in,
)
from tests.adapters.slack.workspace import CHANNEL, TEAM, Fault
from tests.commands.talk import CATALOG, GITHUB_PARTS, Talk

FILTERS = ["parts", "severity", "maintenance", "other", "mention", "groups", "mention_from"]
OTHER = Channel("slack", TEAM, "C2")


@pytest.fixture(name="one")
def _one(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as one:
        Talk(one.store, channel=OPS).reading("github", GITHUB_PARTS)
        yield one


def press(one: Rig, line: str, **changes: Any) -> None:
    one.send(pressed("form:0", line, one.slack.response_url), **changes)


def pick(one: Rig, **filled: Any) -> None:
    one.send(in_view(one.slack.view, "pick:vendor", **filled))


def submit(one: Rig, **filled: Any) -> dict[str, Any]:
    (answer,) = one.send(sent_off(one.slack.view, **filled))
    return answer


def fields(view: Any) -> dict[str, Any]:
    return {b["block_id"].partition(":")[0]: b["element"] for b in view["blocks"] if b["type"] == "input"}


def values(options: Any) -> list[str]:
    return [option["value"] for option in options]


def names(options: Any) -> list[str]:
    return [option["text"]["text"] for option in options]


def read(view: Any) -> str:
    return "\n".join(texts(view["blocks"]))


def key_of(element: Any, name: str) -> str:
    (found,) = [option["value"] for option in element["options"] if option["text"]["text"] == name]
    return str(found)


def filter_of(one: Rig, channel: Channel = OPS) -> Filter:
    (listed,) = one.store.channels.subscriptions(channel)
    return listed.subscription.filter


# --- from the first button to the subscription -----------------------------------------------------------------------


def test_subscribing_without_a_word_by_choosing(one: Rig) -> None:
    (usage,) = one.send(slash("/subscribe"))
    (button,) = [e for b in usage["blocks"] if b["type"] == "actions" for e in b["elements"]]
    assert (button["text"]["text"], button["action_id"]) == ("Choose…", "form:0")
    press(one, button["value"])
    assert list(fields(one.slack.view)) == ["vendor"]
    (found,) = one.send(typed_in(one.slack.view, "pick:vendor", "githu"))
    assert values(found["options"])[0] == "github"
    pick(one, vendor="github")
    shown = fields(one.slack.view)
    assert list(shown) == ["vendor", *FILTERS, "mode"]
    assert shown["vendor"]["initial_option"]["value"] == "github"
    assert names(shown["parts"]["options"]) == ["Git Operations", "Actions", "API Requests", "Webhooks"]
    answer = submit(
        one,
        parts=[key_of(shown["parts"], "Actions")],
        severity="major",
        maintenance=["on"],
        other="match:“log in”",
        mention=["U2"],
        groups=["<!here>"],
        mention_from="major",
        mode="flat",
    )
    assert answer.get("text", "") == "", "the form closes"
    (listed,) = one.store.channels.subscriptions(OPS)
    assert listed.subscription.created_by == "U1"
    assert listed.subscription.mention == "<@U2> <!here>@major"
    assert filter_of(one) == Filter(("Actions",), min_level=Level.PARTIAL_OUTAGE, maintenance="on", match="log in")
    assert one.store.channels.settings(OPS).mode is Mode.FLAT
    (post,) = one.slack.shown()
    assert "GitHub" in read(post)
    assert "by ann" in read(post)
    assert [r.command for r in one.asked] == ["subscribe", "subscribe", "settings"]


def test_the_filter_of_a_card_shows_what_the_channel_has_and_sent_off_untouched_changes_nothing(one: Rig) -> None:
    one.send(
        slash("/subscribe", 'github component:"Actions" region:eu-1 severity:critical mention:<!subteam^S1|@oncall>')
    )
    before = filter_of(one)
    press(one, "subscribe github")
    shown = fields(one.slack.view)
    assert one.slack.view["submit"]["text"] == "Save"
    assert names(shown["parts"]["initial_options"]) == ["Actions"]
    assert shown["severity"]["initial_option"]["value"] == "critical"
    assert names(shown["groups"]["initial_options"]) == ["@oncall"]
    assert values(shown["groups"]["initial_options"]) == ["<!subteam^S1|@oncall>"]
    submit(one)
    assert filter_of(one) == before


def test_groups_to_mention_are_searched(one: Rig) -> None:
    one.slack.user_groups = {"S2": "platform", "S1": "oncall", "S3": "on-call-db"}
    one.send(slash("/subscribe", "github mention:<!subteam^S9|@old>"))
    press(one, "subscribe github")
    (found,) = one.send(typed_in(one.slack.view, "pick:groups", ""))
    assert names(found["options"]) == ["@here", "@channel", "@on-call-db", "@oncall", "@platform", "@old"]
    (found,) = one.send(typed_in(one.slack.view, "pick:groups", "@ONC"))
    assert values(found["options"]) == ["<!subteam^S1|@oncall>"]
    submit(one, groups=["<!subteam^S1|@oncall>"])
    (listed,) = one.store.channels.subscriptions(OPS)
    assert listed.subscription.mention == "<!subteam^S1|@oncall>"


def test_without_the_scope_everybody_here_can_still_be_mentioned(one: Rig) -> None:
    one.slack.scopes.discard("usergroups:read")
    one.send(slash("/subscribe", "github"))
    press(one, "subscribe github")
    (found,) = one.send(typed_in(one.slack.view, "pick:groups", ""))
    assert names(found["options"]) == ["@here", "@channel"]


@pytest.mark.parametrize("typed", ["@here@critical", "<@U2|bob>", "<!subteam^S1|@oncall>,<@U2>@minor", "<!subteam^S1>"])
def test_a_mention_that_is_left_as_it_is_stays_as_it_was_typed(one: Rig, typed: str) -> None:
    one.send(slash("/subscribe", f'github mention:"{typed}"'))
    press(one, "subscribe github")
    assert "S1" not in "".join(names(fields(one.slack.view)["groups"].get("initial_options", ()))), "no ids"
    submit(one)
    (listed,) = one.store.channels.subscriptions(OPS)
    assert listed.subscription.mention == typed
    press(one, "subscribe github")
    submit(one, mention=["U3"], groups=[])
    (listed,) = one.store.channels.subscriptions(OPS)
    assert listed.subscription.mention == ("<@U3>@critical" if "critical" in typed else "<@U3>")
    press(one, "subscribe github")
    submit(one, mention=[], groups=[])
    assert [s.subscription.mention for s in one.store.channels.subscriptions(OPS)] == [None]


def test_each_problem_is_told_at_its_field(one: Rig) -> None:
    press(one, "subscribe github")
    answer = submit(one, other='component:"Actoins')
    told = {block.partition(":")[0]: problem for block, problem in answer["errors"].items()}
    assert told.keys() == {"other"}
    assert told["other"].startswith("Close the quote")
    assert one.store.channels.subscriptions(OPS) == ()


def test_a_problem_of_a_field_that_is_not_there_is_told_at_the_vendor(one: Rig) -> None:
    press(one, "subscribe github")
    view = one.slack.view
    one.slack.view["blocks"] = [b for b in view["blocks"] if not b.get("block_id", "").startswith("other")]
    body = sent_off(one.slack.view)
    body["view"]["state"]["values"]["vendor"]["pick:vendor"]["selected_option"]["value"] = "nobody"
    body["view"]["private_metadata"] = FormTarget(CHANNEL, "nobody", choose_channel=False).metadata
    (answer,) = one.send(body)
    assert answer["errors"] == {"vendor": "There is no such vendor any more. Choose again."}


def test_what_the_channel_cannot_be_told_is_told_in_the_form(one: Rig) -> None:
    one.slack.fail(Fault("chat.postMessage", "not_in_channel"))
    press(one, "subscribe github")
    answer = submit(one)
    assert answer["response_action"] == "update"
    shown = read(answer["view"])
    assert "It is done, but I cannot tell the channel. I am not in the channel. Type /invite @lookout there." in shown
    assert "GitHub" in shown
    assert one.store.channels.subscriptions(OPS)


def test_what_takes_longer_than_slack_waits_follows_in_the_form(one: Rig) -> None:
    press(one, "subscribe github")

    async def send_off(app: Slack) -> dict[str, Any]:
        one.hold = asyncio.Event()
        return await dispatch(app, sent_off(one.slack.view), one.hold.set)

    answer = one.use(send_off, deadlines=HURRIED)
    assert "the answer follows" in answer["view"]["blocks"][0]["text"]["text"]
    assert "Told in <#C1>." in read(one.slack.view)
    assert one.store.channels.subscriptions(OPS)


def test_what_cannot_be_told_after_the_form_was_closed_is_told_directly(one: Rig) -> None:
    press(one, "subscribe github")

    async def send_off(app: Slack) -> None:
        one.hold = asyncio.Event()
        body = sent_off(one.slack.view)
        one.slack.stack.clear()
        one.slack.fail(Fault("chat.postMessage", "not_in_channel"))
        await dispatch(app, body, one.hold.set)

    one.use(send_off, deadlines=HURRIED)
    (direct,) = one.slack.shown("U1")
    assert "It is done, but I cannot tell the channel." in read(direct)


def test_who_may_not_manage_gets_a_sentence_before_and_after(one: Rig) -> None:
    press(one, "subscribe github", managers=Managers.ADMINS)
    assert "Only workspace admins can subscribe here." in read(one.slack.view)
    assert "submit" not in one.slack.view
    one.slack.admins = {"U1"}
    press(one, "subscribe github", managers=Managers.ADMINS)
    one.slack.admins = set()
    answer = submit(one)
    assert "Only workspace admins can subscribe here." in read(answer["view"])
    assert one.store.channels.subscriptions(OPS) == ()
    assert one.slack.shown() == []


def test_where_slack_cannot_say_who_may_manage_the_form_says_so(one: Rig) -> None:
    trouble = Fault("conversations.members", status=500)
    one.slack.fail(trouble)
    press(one, "subscribe github", managers=Managers.MEMBERS)
    assert "I cannot find out whether you may use subscribe here." in read(one.slack.view)
    one.send(at_home("form:0", "subscribe github"), managers=Managers.MEMBERS)
    one.slack.fail(replace(trouble, times=1))
    one.send(in_view(one.slack.view, "pick:channel", channel=CHANNEL), managers=Managers.MEMBERS)
    assert f"Choose <#{CHANNEL}> again in a minute" in read(one.slack.view)


def test_a_form_that_cannot_be_opened_changes_nothing_and_says_what_to_type(one: Rig) -> None:
    one.slack.fail(Fault("views.open", "expired_trigger_id"))
    press(one, "subscribe github")
    (answer,) = one.slack.answers
    assert answer["response_type"] == "ephemeral"
    assert "`/outage subscribe github`" in read(answer)
    assert one.store.channels.subscriptions(OPS) == ()


def test_a_form_opens_on_top_of_a_sheet_and_gives_it_back(one: Rig) -> None:
    one.send(pressed("sheet:0", "why github", one.slack.response_url))
    one.send(in_view(one.slack.view, "form:0", "subscribe github"))
    assert [one.slack.views[id]["callback_id"] for id in one.slack.stack] == ["sheet", FORM_CALLBACK]
    submit(one)
    assert one.store.channels.subscriptions(OPS)


# --- choosing --------------------------------------------------------------------------------------------------------


def test_another_vendor_brings_its_own_fields(one: Rig) -> None:
    Talk(one.store, channel=OPS).reading("gitlab")
    press(one, "subscribe github")
    before = one.slack.view
    pick(one, vendor="gitlab")
    assert "parts" not in fields(one.slack.view)
    assert "lists no parts" in read(one.slack.view)
    ids = [{b["block_id"] for b in view["blocks"] if b["type"] == "input"} for view in (before, one.slack.view)]
    assert ids[0] & ids[1] == {"vendor"}, "Slack keeps what was typed into a field of the same id"


def test_a_vendor_that_is_gone_is_told_and_another_can_be_chosen(one: Rig) -> None:
    press(one, "subscribe nobody")
    assert "There is no such vendor any more. Choose again." in read(one.slack.view)
    pick(one, vendor="github")
    assert "parts" in fields(one.slack.view)


def test_a_page_never_read_says_so(one: Rig) -> None:
    press(one, "subscribe dyspatch")
    assert "has not been read yet" in read(one.slack.view)


def test_sent_off_before_the_rest_of_the_form_came_shows_it_instead(one: Rig) -> None:
    one.send(slash("/subscribe", "github severity:major+"))
    press(one, "subscribe")
    answer = submit(one, vendor="github")
    assert fields(answer["view"])["severity"]["initial_option"]["value"] == "major"
    assert filter_of(one).min_level is Level.PARTIAL_OUTAGE


def test_of_two_choices_the_last_one_counts(one: Rig) -> None:
    press(one, "subscribe")

    async def choose(app: Slack) -> None:
        one.hold_form = {"github": asyncio.Event()}
        first = asyncio.create_task(dispatch(app, in_view(one.slack.view, "pick:vendor", vendor="github")))
        assert await one.formed.get() == "github"
        await dispatch(app, in_view(one.slack.view, "pick:vendor", vendor="gitlab"))
        one.hold_form["github"].set()
        await first

    one.use(choose)
    assert fields(one.slack.view)["vendor"]["initial_option"]["value"] == "gitlab"


def test_many_parts_are_searched(one: Rig) -> None:
    parts = [Component(f"c{n}", f"Region {n}", Level.OPERATIONAL) for n in range(5_000)]
    Talk(one.store, channel=OPS).reading("aws", parts)
    press(one, "subscribe aws")
    element = fields(one.slack.view)["parts"]
    assert element["type"] == "multi_external_select"
    some, few, none = one.send(
        typed_in(one.slack.view, "pick:parts", ""),
        typed_in(one.slack.view, "pick:parts", "REGION 4321"),
        typed_in(one.slack.view, "pick:parts", "mars"),
    )
    assert len(some["options"]) == 100
    assert names(few["options"]) == ["Region 4321"]
    assert none["options"] == []
    submit(one, parts=values(few["options"]))
    assert filter_of(one).components == ("Region 4321",)


def test_a_filter_too_long_for_a_form_is_not_cut(one: Rig) -> None:
    one.send(slash("/subscribe", f'github match:"{"x" * 3_100}"'))
    press(one, "subscribe github")
    assert "too long for a form" in read(one.slack.view)
    assert "submit" not in one.slack.view


def test_more_parts_than_a_select_can_show_as_chosen_are_not_dropped() -> None:
    parts = tuple(PartOption(f"{n:016x}", f"Part {n}") for n in range(101))
    github = next(iter(CATALOG))
    form = SubscribeForm(github, True, True, parts, parts, None, False, "", "", Mode.THREAD)
    assert "submit" not in form_view(form, FormTarget(CHANNEL, "github", choose_channel=False), RenderContext())
    assert "submit" in form_view(
        replace(form, chosen=parts[1:]), FormTarget(CHANNEL, "github", choose_channel=False), RenderContext()
    )


# --- from the App Home -----------------------------------------------------------------------------------------------


def test_from_the_home_the_channel_is_chosen_too(one: Rig) -> None:
    one.send(at_home("form:0", "subscribe github"))
    shown = fields(one.slack.view)
    assert list(shown) == ["channel", "vendor", *FILTERS]
    assert shown["channel"]["default_to_current_conversation"]
    one.send(slash("/subscribe", "github severity:critical", channel="C2"))
    one.send(in_view(one.slack.view, "pick:channel", channel="C2"))
    shown = fields(one.slack.view)
    assert shown["severity"]["initial_option"]["value"] == "critical"
    assert "mode" in shown
    answer = submit(one, severity="minor")
    assert "Told in <#C2>." in read(answer["view"])
    assert filter_of(one, OTHER).min_level is Level.DEGRADED
    assert one.store.channels.subscriptions(OPS) == ()
    assert len(one.slack.shown("C2")) == 1


def test_from_the_home_a_channel_that_one_may_not_manage_is_refused_and_another_can_be_chosen(one: Rig) -> None:
    one.slack.members |= {"C2": ["U2"], CHANNEL: ["U1"]}
    one.send(at_home("form:0", "subscribe github"), managers=Managers.MEMBERS)
    one.send(in_view(one.slack.view, "pick:channel", channel="C2"), managers=Managers.MEMBERS)
    assert "You may not subscribe <#C2>" in read(one.slack.view)
    one.send(in_view(one.slack.view, "pick:channel", channel=CHANNEL, vendor="github"), managers=Managers.MEMBERS)
    assert "severity" in fields(one.slack.view)


def test_subscribing_from_a_sheet_of_the_home_asks_for_the_channel(one: Rig) -> None:
    one.send(at_home("sheet:0", "status github"))
    one.send(in_view(one.slack.view, "run:0", "subscribe github"))
    assert "channel" in fields(one.slack.view)
    assert one.asked[1:] == []


# --- laws ------------------------------------------------------------------------------------------------------------

hostile = st.sampled_from(sorted(HOSTILE.values())) | st.text(max_size=3_000)
SEVERITY = st.sampled_from([None, *SEVERITIES])


@settings(max_examples=50, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    name=hostile,
    part=hostile,
    count=st.sampled_from([0, 1, 99, 100, 101, 5_000]),
    chosen=st.sampled_from([0, 1, 100, 101]),
    severity=SEVERITY,
    switches=st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
    other=hostile,
    mention=hostile,
    mode=st.sampled_from(Mode),
)
def test_any_form_is_a_view(
    name: str,
    part: str,
    count: int,
    chosen: int,
    severity: str | None,
    switches: tuple[bool, bool, bool, bool],
    other: str,
    mention: str,
    mode: Mode,
) -> None:
    held, was_read, maintenance, choose = switches
    parts = tuple(PartOption(f"{n:016x}", part) for n in range(count))
    vendor = replace(next(iter(CATALOG)), name=name)
    form = SubscribeForm(vendor, held, was_read, parts, parts[:chosen], severity, maintenance, other, mention, mode)
    for about in (
        FormTarget("", vendor.slug, choose_channel=choose),
        FormTarget(CHANNEL, vendor.slug, choose_channel=choose),
    ):
        assert not list(view_problems(form_view(form, about, RenderContext())))
    assert not list(options_problems(part_options(parts)))
