"""What each person reads on the Home tab, and what its pages, buttons and forms do."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.adapters.slack.platform import Slack
from bot.adapters.slack.render.home import CHANNELS_PER_PAGE
from bot.domain import Channel, Filter, IncidentKind, Phase
from tests.adapters.slack.homes import outage, pick, seen, subscribe
from tests.adapters.slack.judge import texts
from tests.adapters.slack.rig import Rig, dispatch, home_opened, in_view
from tests.adapters.slack.workspace import CHANNEL, TEAM
from tests.commands.talk import NOW, Talk, ago

# --- what is seen ----------------------------------------------------------------------------------------------------


def test_who_has_nothing_subscribed_reads_what_to_do_next(one: Rig) -> None:
    one.send(home_opened())
    text = seen(one)
    assert "No channel of this workspace subscribes to anything yet." in text
    for typed in ("`/outage subscribe github`", "`/invite @lookout`", "`/outage status dyspatch`"):
        assert typed in text
    shown = one.slack.homes["U1"]
    assert pick(shown, "Subscribe…") == ("home:fill:head:0", "- subscribe")
    assert pick(shown, "Help") == ("home:press:head:1", "- help")


def test_the_home_shows_vendors_worst_first_what_is_open_and_who_hears_of_it(one: Rig) -> None:
    subscribe(one, CHANNEL, "aws", "github")
    subscribe(one, CHANNEL, "dyspatch", filter=Filter(components=("Mail",)))
    Talk(one.store).reading("aws")
    Talk(one.store).reading("dyspatch")
    outage(one)
    one.send(home_opened())
    text = seen(one)
    assert "1 of this workspace's 3 vendors has problems: GitHub (partial outage)." in text
    assert "1 channel subscribed to 3 vendors, 1 incident open." in text
    assert "🟠 *<https://status.github.example|GitHub>* — *partial outage* since " in text
    assert text.index("|GitHub>* — ") < text.index("|AWS>* — ") < text.index("|Dyspatch>* — ")
    assert "operational since <!date^" in text
    assert "read <!date^" in text
    assert "GitHub: Actions are down>* — investigating, partial outage · since <!date^" in text
    assert f"told to <#{CHANNEL}>" in text
    assert "{ago}|2026-09-14 11:40 UTC>: “We look into it.”" in text
    assert f"<#{CHANNEL}> — 3 vendors: GitHub, AWS and Dyspatch (component Mail)" in text
    shown = one.slack.homes["U1"]
    assert pick(shown, "Timeline")[1] == "- incident github/i1"
    assert pick(shown, "Status")[1] == "- status github"
    assert pick(shown, "Details")[1] == f"{CHANNEL} list"
    assert pick(shown, "Unsubscribe…")[1] == f"{CHANNEL} unsubscribe"
    assert pick(shown, "Subscribe…", CHANNEL)[0].startswith("home:fill:")


def test_a_channel_in_trouble_says_why_and_what_to_do(one: Rig) -> None:
    subscribe(one, CHANNEL, "github")
    one.store.workspaces.drop_channel(
        Channel("slack", TEAM, CHANNEL), "I am not in the channel. Type /invite @lookout.", NOW
    )
    one.send(home_opened())
    assert "1 channel that cannot be posted to" in seen(one)
    assert "*Updates are on hold: I cannot post there* since <!date^" in seen(one)
    assert "Type /invite @lookout." in seen(one)


def test_a_page_that_cannot_be_read_is_unknown_and_a_level_that_nobody_tells_is_none(one: Rig) -> None:
    subscribe(one, CHANNEL, "github", "feedly", "gitlab", "aws")
    talk = Talk(one.store)
    talk.reading("github", at=ago(hours=5))
    talk.unreadable("github", "The page answers 503", ago(hours=4))
    talk.reading("feedly", level=None)
    talk.reading("gitlab", at=ago(hours=3))
    one.send(home_opened())
    text = seen(one)
    assert "🟣 *<https://status.github.example|GitHub>* — unknown: cannot be read since <!date^" in text
    assert ", operational before · read <!date^" in text
    assert "🟣 *<https://status.feedly.example|Feedly>* — gives no level" in text
    assert "🟣 *<https://status.gitlab.example|GitLab>* — unknown: not read lately, operational before" in text
    assert "🟣 *<https://status.aws.example|AWS>* — not read yet" in text
    assert "🟢" not in text


def test_maintenances_are_shown_only_where_a_channel_hears_of_them(one: Rig) -> None:
    subscribe(one, CHANNEL, "github")
    subscribe(one, CHANNEL, "gitlab", filter=Filter(maintenance="on"))
    for slug in ("github", "gitlab"):
        planned = {"kind": IncidentKind.MAINTENANCE, "phase": Phase.SCHEDULED, "started": NOW + timedelta(hours=9)}
        outage(one, slug, "m1", f"Upgrade of {slug}", **planned)
    one.send(home_opened())
    assert "GitLab: Upgrade of gitlab>* — maintenance scheduled · from <!date^" in seen(one)
    assert "Upgrade of github" not in seen(one)


# --- pages and buttons -----------------------------------------------------------------------------------------------


def test_turning_a_page_publishes_it_for_the_one_who_turned(one: Rig) -> None:
    one.slack.members = {f"C{number:02}": ["U1"] for number in range(CHANNELS_PER_PAGE + 1)}
    for id in one.slack.members:
        subscribe(one, id, "github")
    one.send(home_opened())
    assert f"<#C{CHANNELS_PER_PAGE:02}>" not in seen(one)
    action, value = pick(one.slack.homes["U1"], "Page 2 of 2 ›")  # noqa: RUF001
    one.send(in_view(one.slack.homes["U1"], action, value))
    assert f"<#C{CHANNELS_PER_PAGE:02}>" in seen(one)
    assert "<#C00>" not in seen(one)
    action, value = pick(one.slack.homes["U1"], "‹ Back")  # noqa: RUF001
    one.send(in_view(one.slack.homes["U1"], action, value))
    assert "<#C00>" in seen(one)


def test_a_turned_page_still_knows_the_direct_messages_after_a_restart(one: Rig) -> None:
    subscribe(one, "DU1", "github")
    one.send(home_opened())
    one.send(in_view(one.slack.homes["U1"], *pick(one.slack.homes["U1"], "Refresh")))
    assert "Your direct messages with me" in seen(one)


def test_a_button_is_answered_in_a_window_for_the_channel_that_it_names(one: Rig) -> None:
    subscribe(one, CHANNEL, "github")
    one.send(home_opened())
    shown = one.slack.homes["U1"]
    one.send(*(in_view(shown, *pick(shown, label)) for label in ("Status", "Details")))
    assert [(r.command, r.text, r.channel.id) for r in one.asked] == [("status", "github", ""), ("list", "", CHANNEL)]
    status, listed = ("\n".join(texts(window["blocks"])) for window in one.slack.views.values())
    assert "GitHub" in status
    assert "This channel subscribes to 1 vendor." in listed
    one.send(in_view(one.slack.view, *pick(one.slack.view, "Share")))
    assert "This channel subscribes to 1 vendor." in one.slack.shown()[-1]["text"]


def test_what_is_pressed_in_a_channels_window_counts_there_and_comes_back_to_the_home(one: Rig) -> None:
    subscribe(one, CHANNEL, "github", "aws")

    async def unsubscribe(app: Slack) -> None:
        run = asyncio.create_task(app.home_tab.run())
        await dispatch(app, home_opened())
        shown = one.slack.homes["U1"]
        await dispatch(app, in_view(shown, *pick(shown, "Unsubscribe…")))
        await dispatch(app, in_view(one.slack.view, *pick(one.slack.view, "GitHub")))
        await asyncio.to_thread(one.slack.wait_for, lambda: "|GitHub>" not in seen(one))
        run.cancel()

    one.use(unsubscribe, home_refresh_s=0.0)
    assert one.store.channels.vendors(Channel("slack", TEAM, CHANNEL)) == ("aws",)


def test_a_form_is_for_the_channel_that_its_button_names_or_lets_choose_one(one: Rig) -> None:
    subscribe(one, CHANNEL, "github")
    one.send(home_opened())
    shown = one.slack.homes["U1"]
    one.send(in_view(shown, *pick(shown, "Subscribe…", CHANNEL)), in_view(shown, *pick(shown, "Subscribe…", "- ")))
    of_channel, of_any = one.slack.views.values()
    assert [[block["block_id"] for block in view["blocks"]] for view in (of_channel, of_any)] == [
        ["vendor"],
        ["channel", "vendor"],
    ]


def test_a_button_that_names_no_channel_changes_nothing(one: Rig) -> None:
    one.send(home_opened())
    one.send(in_view(one.slack.homes["U1"], "home:press:head:0", "- subscribe github"))
    assert one.asked == []
    assert "is for a channel" in "\n".join(texts(one.slack.view["blocks"]))
