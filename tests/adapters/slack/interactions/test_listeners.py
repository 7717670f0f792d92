"""What people type and press in Slack, and what happens to channels: each is answered, once, in the right place."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from bot.adapters.posting_check import PostingCheck
from bot.adapters.slack.api.reach import obstacle
from bot.adapters.slack.options import Managers, SlashCommands
from bot.adapters.slack.platform import Slack
from bot.adapters.slack.render.reply import READING
from bot.commands.request import Reply, Request
from bot.domain import Channel
from bot.message import Items, Message
from tests.adapters.slack.judge import message_problems, texts
from tests.adapters.slack.rig import HURRIED, OPS, Rig, dispatch, event, pressed, slash
from tests.adapters.slack.workspace import BOT_USER, CHANNEL, TEAM, Fault


def read(message: Any) -> str:
    return "\n".join(texts(message["blocks"]))


def actions(message: Any) -> dict[str, str]:
    return {e["action_id"]: e["value"] for b in message["blocks"] if b["type"] == "actions" for e in b["elements"]}


# --- slash commands --------------------------------------------------------------------------------------------------


def test_a_look_up_is_answered_privately_in_the_acknowledgement_and_can_be_shared(one: Rig) -> None:
    (answer,) = one.send(slash("/outage", "dyspatch"))
    assert one.asked == [Request("status", "dyspatch", OPS, "U1")]
    assert answer["response_type"] == "ephemeral"
    assert "Dyspatch" in read(answer)
    assert actions(answer)["share"] == "0 status dyspatch"
    assert not list(message_problems(answer))
    one.send(pressed("share", "0 status dyspatch", one.slack.response_url, ephemeral=True))
    shared = one.slack.answers[-1]
    assert (shared["response_type"], shared["replace_original"]) == ("in_channel", False)
    assert "shared by ann" in read(shared)
    assert "share" not in actions(shared)


def test_who_types_or_presses_is_named_as_slack_tells_it(one: Rig) -> None:
    one.send(slash("/outage", "ack", user_name="ann.l"))
    one.send(pressed("run:0", "ack", one.slack.response_url))
    one.send(slash("/outage", "ack"))
    assert [asked.user_name for asked in one.asked] == ["ann.l", "ann", ""]


def test_a_change_is_answered_for_all_to_see_and_a_mistake_privately(one: Rig) -> None:
    done, wrong = one.send(slash("/subscribe", "github"), slash("/subscribe", "githb"))
    assert done["response_type"] == "in_channel"
    assert [s.subscription.created_by for s in one.store.channels.subscriptions(OPS)] == ["U1"]
    assert wrong["response_type"] == "ephemeral"
    assert "subscribe github" in actions(wrong).values()


@pytest.mark.parametrize(
    "text", ["status githb", "status githb feedlt", "incidents githb", "components", "incident x9"]
)
def test_who_is_only_told_what_to_type_instead_is_offered_nothing_to_share(one: Rig, text: str) -> None:
    refused, answered = one.send(slash("/outage", text), slash("/outage", "status github githb"))
    assert "share" not in actions(refused)
    assert "share" in actions(answered)


@pytest.mark.parametrize(
    ("command", "text", "request_"),
    [
        ("/outage", "", ("help", "")),
        ("/outage", "help subscribe", ("help", "subscribe")),
        ("/outage", "status github aws", ("status", "github aws")),
        ("/outage", "github", ("status", "github")),
        ("/outage", "subscribe github component:“API”", ("subscribe", "github component:“API”")),
        ("/outage", "status &quot;a &amp; b &lt;c&gt;&quot;", ("status", '"a & b <c>"')),
        ("/subscribe", "<https://s.test/a?b=1&amp;c=2|s.test>", ("subscribe", "https://s.test/a?b=1&c=2")),
        ("/subscribe", "github mention:<@U2|bob>", ("subscribe", "github mention:<@U2|bob>")),
        ("/outage", "why <#C9|ops>", ("why", "#ops")),
        ("/unsubscribe", "github", ("unsubscribe", "github")),
        ("/subscribe", "help", ("help", "subscribe")),
        ("/status", "github", ("status", "github")),
        ("/incidents", "github", ("incidents", "github")),
        ("/whatever", "github", ("status", "github")),
        ("/OUTAGE", "  list \n", ("list", "")),
    ],
)
def test_every_slash_command_that_slack_delivers_is_answered(
    one: Rig, command: str, text: str, request_: tuple[str, str]
) -> None:
    (answer,) = one.send(slash(command, text))
    assert [(r.command, r.text) for r in one.asked] == [request_]
    assert answer["blocks"]


@pytest.mark.parametrize(
    "line",
    ["github mention:@nosuchhandle", 'github mention:"<@U2> @nosuchhandle@major"', "github and ping @nosuchhandle"],
)
def test_a_mention_that_would_ping_nobody_is_refused_when_it_is_typed(one: Rig, line: str) -> None:
    (refused,) = one.send(slash("/subscribe", line))
    assert refused["response_type"] == "ephemeral"
    assert "“@nosuchhandle” is not a Slack user or group, so it would ping nobody." in read(refused)
    assert one.store.channels.subscriptions(OPS) == ()


def test_who_is_mentioned_is_never_shown_by_id(one: Rig) -> None:
    (done,) = one.send(slash("/subscribe", "github mention:<@U2>"))
    (listed,) = one.send(slash("/outage", "list"))
    assert "mentions somebody at degraded performance or worse" in read(done)
    assert "mentions <@U2> at degraded" in read(listed), "Slack shows the name, and pings nobody: one person sees it"


def test_the_words_can_be_other_ones(one: Rig) -> None:
    names = SlashCommands("lookout", "follow", "")
    (answer, _, usage) = one.send(
        slash("/lookout", "github"), slash("/follow", "github"), slash("/follow", ""), slash_commands=names
    )
    assert [r.command for r in one.asked] == ["status", "subscribe", "subscribe"]
    assert "`/lookout subscribe" in read(usage)
    assert answer["blocks"]


def test_help_says_that_slacks_own_status_is_another_thing(one: Rig) -> None:
    (answer,) = one.send(slash("/outage", "help"))
    assert "Slack's own `/status` sets your profile, so ask `/outage dyspatch`" in read(answer)


def test_what_takes_too_long_is_acknowledged_in_time_and_answered_later(one: Rig) -> None:
    async def ask(app: Slack) -> dict[str, Any]:
        one.hold = asyncio.Event()
        return await dispatch(app, slash("/outage", "github", response_url=one.slack.response_url), one.hold.set)

    answer = one.use(ask, deadlines=HURRIED)
    assert (answer["text"], answer["response_type"]) == (READING, "ephemeral")
    assert "GitHub" in read(one.slack.answers[0])


def test_a_failing_command_is_answered_too(one: Rig) -> None:
    def fail(request: Request) -> Reply:
        raise RuntimeError("bug")

    one.replies = fail
    (answer,) = one.send(slash("/outage", "github"))
    assert answer["response_type"] == "ephemeral"
    assert answer["blocks"]


def test_an_organisations_installation_keeps_its_channels_under_the_organisation(one: Rig) -> None:
    one.slack.teams["xoxb-good"] = {"team_id": "T1", "enterprise_id": "E1", "is_enterprise_install": True}
    one.send(slash("/outage", "list", team_id="T9", enterprise_id="E1", is_enterprise_install="true"))
    assert one.asked[0].channel.workspace == "E1"


# --- buttons ---------------------------------------------------------------------------------------------------------


def test_a_button_runs_its_command_as_if_typed(one: Rig) -> None:
    url = one.slack.response_url
    one.send(pressed("run:0", "status github", url), pressed("run:25", "subscribe github", url))
    look_up, change = one.slack.answers
    assert [(r.command, r.text) for r in one.asked] == [("status", "github"), ("subscribe", "github")]
    assert (look_up["response_type"], look_up["replace_original"]) == ("ephemeral", False)
    assert change["response_type"] == "in_channel"


def test_pages_are_turned_in_place_where_only_the_asker_sees_them(one: Rig) -> None:
    one.replies = lambda request: Reply((Message("all", blocks=(Items((("line " * 99,),) * 99),)),))
    (first,) = one.send(slash("/outage", "list"))
    value = actions(first)["page:next"]
    assert value == "1 list"
    url = one.slack.response_url
    one.send(pressed("page:next", value, url, ephemeral=True), pressed("page:next", value, url))
    inside, outside = one.slack.answers
    assert actions(inside)["page:back"] == "0 list"
    assert (inside["replace_original"], outside["replace_original"]) == (True, False)


def test_sharing_never_changes_anything(one: Rig) -> None:
    one.send(pressed("share", "0 subscribe github", one.slack.response_url))
    assert one.slack.answers == []
    assert one.store.channels.subscriptions(OPS) == ()


def test_buttons_nobody_knows_are_acknowledged(one: Rig) -> None:
    one.send(pressed("mystery", "x", one.slack.response_url), event("reaction_added"))
    assert one.asked == []


# --- words -----------------------------------------------------------------------------------------------------------


def test_a_mention_is_answered_in_its_thread(one: Rig) -> None:
    one.slack.messages[CHANNEL] |= {"1.1": {"ts": "1.1"}, "2.2": {"ts": "2.2"}}
    first, second = f"<@{BOT_USER}> status dyspatch", f"hi <@{BOT_USER}|lookout>: `list`"
    one.send(
        event("app_mention", id="Ev1", channel=CHANNEL, user="U1", ts="1.1", text=first),
        event("app_mention", id="Ev2", channel=CHANNEL, user="U1", ts="3.3", thread_ts="2.2", text=second),
    )
    posts = one.slack.called("chat.postMessage")
    assert [p.args["thread_ts"] for p in posts] == ["1.1", "2.2"]
    assert [(r.command, r.text) for r in one.asked] == [("status", "dyspatch"), ("list", "")]
    assert {r.channel for r in one.asked} == {OPS}
    assert "Dyspatch" in read(posts[0].args)


def test_small_talk_is_answered_to_its_author_alone(one: Rig) -> None:
    one.send(event("app_mention", ts="1.1", channel=CHANNEL, user="U1", text=f"thanks <@{BOT_USER}>, that was helpful"))
    assert one.slack.called("chat.postMessage") == []
    (aside,) = one.slack.called("chat.postEphemeral")
    assert (aside.args["user"], "At your service." in read(aside.args)) == ("U1", True)


def test_a_mention_in_a_thread_tells_whose_thread_it_is(one: Rig) -> None:
    one.slack.messages[CHANNEL] |= {"2.2": {"ts": "2.2"}}
    one.send(
        event("app_mention", ts="3.3", thread_ts="2.2", channel=CHANNEL, user="U1", text=f"<@{BOT_USER}> mute 2h"),
        event("app_mention", id="Ev2", ts="4.4", channel=CHANNEL, user="U1", text=f"<@{BOT_USER}> why"),
    )
    assert [request.thread for request in one.asked] == ["2.2", None]


def test_a_direct_message_is_answered_and_other_messages_are_not_read(one: Rig) -> None:
    said = {"channel": "D1", "channel_type": "im", "user": "U1", "text": "dyspatch"}
    one.send(
        event("message", id="Ev1", ts="1.1", **said),
        event("message", id="Ev2", ts="1.2", **{**said, "channel_type": "channel"}),
        event("message", id="Ev3", ts="1.3", subtype="message_changed", **said),
        event("message", id="Ev4", ts="1.4", bot_id="B9", **said),
    )
    assert [(r.command, r.text, r.channel.id) for r in one.asked] == [("status", "dyspatch", "D1")]
    (post,) = one.slack.called("chat.postMessage")
    assert (post.args["channel"], post.args.get("thread_ts")) == ("D1", None)


def test_an_event_delivered_again_is_answered_once(one: Rig) -> None:
    said = {"channel": "D1", "channel_type": "im", "user": "U1", "text": "dyspatch"}
    joined = event("member_joined_channel", id="Ev3", user=BOT_USER, channel=CHANNEL)
    # Under the same id, and as a mention and a message of its own.
    one.send(joined, joined, event("message", id="Ev1", ts="1.1", **said), event("app_mention", ts="1.1", **said))
    assert len(one.recovered) == 1
    assert len(one.asked) == 1


def test_a_question_that_cannot_be_answered_is_no_disaster(one: Rig) -> None:
    one.slack.fail(Fault("chat.postMessage", "not_in_channel"))
    one.send(event("app_mention", ts="1.1", channel=CHANNEL, user="U1", text=f"<@{BOT_USER}> list"))
    assert one.slack.shown() == []


# --- who may ---------------------------------------------------------------------------------------------------------


def test_everyone_may_subscribe_unless_told_otherwise(one: Rig) -> None:
    one.send(slash("/subscribe", "github", user="U404"))
    assert one.store.channels.subscriptions(OPS)
    assert not one.slack.called("users.info")


def test_only_members_or_admins_may_where_set_and_anybody_may_look(one: Rig) -> None:
    one.slack.members[CHANNEL], one.slack.admins = ["U1"], {"U2"}
    for managers, good, bad in ((Managers.MEMBERS, "U1", "U2"), (Managers.ADMINS, "U2", "U1")):
        refused, done, look, own = one.send(
            slash("/subscribe", "github", user=bad),
            slash("/subscribe", "github severity:major+", user=good),
            slash("/outage", "github", user=bad),
            slash("/subscribe", "github", user=bad, channel="D1"),
            managers=managers,
        )
        assert refused["response_type"] == "ephemeral"
        assert [r.may_manage for r in one.asked] == [False, True, True, True]
        assert done["response_type"] == own["response_type"] == "in_channel"
        assert look["blocks"]
        one.asked.clear()
        one.store.channels.unsubscribe(OPS, None)


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        (Fault("users.info", "missing_scope", body={"needed": "users:read"}), "My token lacks the scope users:read. "),
        (Fault("users.info", status=429, headers={"Retry-After": "30"}), "try again in a minute"),
        (Fault("users.info", status=500), "try again in a minute"),
    ],
)
def test_where_slack_cannot_say_who_is_an_admin_nobody_is_and_it_says_so(one: Rig, fault: Fault, remedy: str) -> None:
    one.slack.fail(fault)
    one.slack.admins = {"U1"}
    seconds = [0.0]
    one.clock = lambda: seconds[0]

    async def twice(app: Slack) -> list[dict[str, Any]]:
        first = await one.put(app, slash("/subscribe", "github"))
        seconds[0] += 30
        return [first, await one.put(app, slash("/subscribe", "github"))]

    refused, done = one.use(twice, managers=Managers.ADMINS)
    assert (refused["response_type"], done["response_type"]) == ("ephemeral", "in_channel")
    assert "I cannot find out whether you may use subscribe here." in read(refused)
    assert remedy in read(refused)


def test_a_board_is_put_up_by_who_may_alone(one: Rig) -> None:
    (refused,) = one.send(slash("/outage", "board"), managers=Managers.ADMINS)
    assert refused["response_type"] == "ephemeral"
    assert one.store.boards.of(OPS) is None


def test_what_other_channels_subscribe_to_is_listed_for_admins_alone(one: Rig) -> None:
    one.send(slash("/subscribe", "github", channel="G9"))
    one.slack.admins = {"U1"}
    everybody, direct = slash("/outage", "list everywhere"), slash("/outage", "list everywhere", channel="D1")
    refused = [*one.send(everybody, direct), *one.send({**everybody, "user_id": "U2"}, managers=Managers.ADMINS)]
    assert ["GitHub" in read(answer) for answer in refused] == [False] * 3
    (seen,) = one.send(everybody, managers=Managers.ADMINS)
    assert "GitHub" in read(seen)


@pytest.mark.parametrize("typed", ["dashboard everywhere", "dashboard revoke everywhere"])
def test_a_page_of_the_whole_workspace_is_for_admins_alone(one: Rig, typed: str) -> None:
    one.slack.admins = {"U1"}
    everybody, direct = slash("/outage", typed), slash("/outage", typed, channel="D1")
    refused = [*one.send(everybody, direct), *one.send({**everybody, "user_id": "U2"}, managers=Managers.ADMINS)]
    assert ["workspace's dashboard" in read(answer) for answer in refused] == [False] * 3
    (seen,) = one.send(everybody, managers=Managers.ADMINS)
    assert "No pages are served" in read(seen) or "No link leads to" in read(seen)


def test_a_member_of_a_very_large_channel_is_one(one: Rig) -> None:
    one.slack.page_size = 100
    one.slack.members[CHANNEL] = [f"U{number}" for number in range(600)]
    (done,) = one.send(slash("/subscribe", "github", user="U599"), managers=Managers.MEMBERS)
    assert done["response_type"] == "in_channel"


def test_who_types_in_a_private_channel_without_the_bot_is_its_member(one: Rig) -> None:
    (done,) = one.send(slash("/subscribe", "github", channel="G9"), managers=Managers.MEMBERS)
    assert done["response_type"] == "in_channel"


# --- channels and installations --------------------------------------------------------------------------------------


def test_an_invitation_or_the_end_of_an_archive_revives_the_channel(one: Rig) -> None:
    one.send(
        event("member_joined_channel", id="Ev1", user="U9", channel=CHANNEL),
        event("member_joined_channel", id="Ev2", user=BOT_USER, channel=CHANNEL),
        event("channel_unarchive", id="Ev3", user="U9", channel="C2"),
        event("group_unarchive", id="Ev4", user="U9", channel="C3"),
    )
    assert [c.id for c in one.recovered] == [CHANNEL, "C2", "C3"]
    assert {c.workspace for c in one.recovered} == {TEAM}


def test_an_uninstallation_loses_the_workspace_whichever_event_comes(one: Rig) -> None:
    one.send(
        event("tokens_revoked", id="Ev1", tokens={"oauth": ["U1"], "bot": []}),
        event("tokens_revoked", id="Ev2", tokens={"bot": [BOT_USER]}),
        event("app_uninstalled", id="Ev3"),
        event("app_uninstalled", id="Ev4", enterprise_id="E1", is_enterprise_install=True),
    )
    assert one.left == [TEAM, TEAM, "E1"]


@pytest.mark.parametrize("command", [("/subscribe", "github"), ("/outage", "board on")])
def test_who_subscribes_a_channel_that_the_bot_is_not_in_is_told_at_once(one: Rig, command: tuple[str, str]) -> None:
    one.slack.private.add(OPS.id)
    (answer,) = one.send(slash(*command))
    assert "I can't post in this channel yet." in str(answer["blocks"])
    assert "/invite @lookout" in str(answer["blocks"])
    one.slack.members[OPS.id].append(BOT_USER)
    (answer,) = one.send(slash("/subscribe", "gitlab"))
    assert "post in this channel" not in str(answer["blocks"])


def test_a_public_channel_and_what_slack_does_not_say_warn_nobody(one: Rig) -> None:
    one.slack.fail(Fault("conversations.info", status=500), Fault("conversations.info", status=429))
    for vendor in ("github", "gitlab", "aws"):
        (answer,) = one.send(slash("/subscribe", vendor))
        assert "post in this channel" not in str(answer["blocks"])


def test_a_slow_look_is_not_waited_for_and_said_later(one: Rig) -> None:
    async def story() -> list[Message]:
        asked, answered, said = asyncio.Event(), asyncio.Event(), list[Message]()

        async def calls(*_: object) -> Mapping[str, object]:
            asked.set()
            await answered.wait()
            return {"channel": {"is_archived": True}}

        async def later(message: Message) -> None:
            said.append(message)

        check = PostingCheck(partial(obstacle, calls))  # type: ignore[arg-type]
        begun = check.begin("subscribe", "github", OPS)
        assert begun
        reply = await check.with_warning(Reply((Message("Done."),), public=True), replace(begun, until=0.0), later)
        assert len(reply.messages) == 1
        answered.set()
        await begun.task
        await asyncio.gather(*check._late)
        return said

    (warning,) = asyncio.run(story())
    assert "archived" in warning.summary


def test_a_channel_that_slack_converted_goes_on_under_its_new_id(one: Rig) -> None:
    one.send(slash("/subscribe", "github"), slash("/outage", "board on"))
    ids = {"old_channel_id": OPS.id, "new_channel_id": "G9"}
    events = [event("channel_id_changed", id=f"Ev{number}", **ids) for number in range(2)]
    one.send(*events, event("channel_id_changed", id="Ev9"))
    now = Channel("slack", OPS.workspace, "G9")
    assert [s.subscription.vendor for s in one.store.channels.subscriptions(now)] == ["github"]
    assert one.store.boards.of(now)
    assert not one.store.channels.subscriptions(OPS)


def test_an_invitation_is_answered_once_with_a_button_to_subscribe(one: Rig) -> None:
    joined = [event("member_joined_channel", id=f"Ev{n}", user=BOT_USER, channel=CHANNEL) for n in range(2)]
    one.send(*joined, event("member_joined_channel", id="Ev9", user="U2", channel=CHANNEL))
    (post,) = one.slack.called("chat.postMessage")
    assert "I'm Lookout" in read(post.args)
    assert actions(post.args) == {"form:0": "subscribe"}


def test_a_channel_that_subscribes_already_is_not_greeted(one: Rig) -> None:
    one.send(slash("/subscribe", "github"))
    one.send(event("member_joined_channel", user=BOT_USER, channel=CHANNEL))
    assert one.slack.called("chat.postMessage") == []


@pytest.mark.parametrize("lacking", [(), ("groups:history",)])
def test_what_a_token_without_the_history_scopes_makes_weaker_is_known(one: Rig, lacking: tuple[str, ...]) -> None:
    one.slack.scopes -= {*lacking}

    async def weakness(app: Slack) -> str | None:
        return app.weakness

    told = one.use(weakness)
    assert (told or "").startswith("the app lacks groups:history, so" if lacking else "")
    assert bool(told) is bool(lacking)


def test_whoever_starts_it_is_told_in_one_line_who_is_connected_where(one: Rig) -> None:
    one.send(slash("/outage", "list"))
    assert len(one.connected_lines) == 1
    assert one.connected_lines[0].startswith("Slack: connected as @")
    assert one.connected_lines[0].endswith(". Try /outage github")
