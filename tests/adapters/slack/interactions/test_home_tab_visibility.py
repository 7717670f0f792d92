"""Who may see what on the Home tab: private channels, direct messages, other workspaces."""

from __future__ import annotations

from bot.adapters.slack.api.visibility import MAX_LOOKUPS, MEMBERSHIP_TTL_S, PUBLIC_TTL_S, ChannelVisibility
from bot.adapters.slack.platform import Slack
from tests.adapters.slack.homes import PUBLIC, SECRET, outage, seen, subscribe
from tests.adapters.slack.rig import Rig, home_opened
from tests.adapters.slack.workspace import BOT_USER, CHANNEL, TEAM, Fault


def test_a_private_channel_is_seen_by_its_members_alone_its_vendors_and_incidents_too(one: Rig) -> None:
    one.slack.members = {CHANNEL: ["U1", "U2"], SECRET: ["U2", BOT_USER], PUBLIC: [], "C8ALONE": ["U1"]}
    one.slack.private = {SECRET, "C8ALONE"}
    subscribe(one, CHANNEL, "github")
    subscribe(one, SECRET, "dyspatch")
    subscribe(one, PUBLIC, "aws")
    subscribe(one, "C8ALONE", "mailjet")
    subscribe(one, "G7OLD", "postmark")
    outage(one, "dyspatch", title="Merger servers are down")
    one.send(home_opened("U1"), home_opened("U2", id="Ev1") | {"event_id": "Ev1"})
    mine, theirs = seen(one, "U1"), seen(one, "U2")
    for text in (mine, theirs):
        assert f"<#{CHANNEL}> — 1 vendor: GitHub" in text
        assert f"<#{PUBLIC}> — 1 vendor: AWS" in text
        assert not any(word in text for word in ("C8ALONE", "Mailjet", "G7OLD", "Postmark"))
    assert not any(word in repr(one.slack.homes["U1"]) for word in (SECRET, "yspatch", "Merger"))
    assert "Not shown: 3 more channels that you are not in." in mine
    assert f"<#{SECRET}> — 1 vendor: Dyspatch" in theirs
    assert "Merger servers are down>* — investigating, partial outage · since <!date^" in theirs
    assert f"told to <#{SECRET}>" in theirs


def test_direct_messages_are_seen_by_their_own_person_and_not_even_counted_for_others(one: Rig) -> None:
    subscribe(one, "DU1", "github")
    one.send(home_opened("U1"), home_opened("U2") | {"event_id": "Ev1"})
    assert "Your direct messages with me — 1 vendor: GitHub" in seen(one, "U1")
    assert "No channel of this workspace subscribes to anything yet." in seen(one, "U2")
    assert "more channel" not in seen(one, "U2")


def test_other_workspaces_are_other_worlds(one: Rig) -> None:
    subscribe(one, CHANNEL, "github", workspace="T2")
    one.send(home_opened())
    assert "GitHub>" not in seen(one)
    assert "subscribes to anything yet" in seen(one)


def test_without_a_word_from_slack_nothing_is_shown_that_may_be_private(one: Rig) -> None:
    subscribe(one, CHANNEL, "github")
    one.slack.fail(Fault("users.conversations", status=429, headers={"Retry-After": "9"}))
    one.slack.fail(Fault("conversations.info", cut=True))
    one.send(home_opened())
    assert "GitHub>" not in seen(one)
    assert "Whether you may see 1 more channel is still being looked up." in seen(one)


def test_a_missing_scope_leaves_the_public_channels(one: Rig) -> None:
    one.slack.scopes.discard("groups:read")
    one.slack.members[SECRET] = ["U1", BOT_USER]
    one.slack.private = {SECRET}
    subscribe(one, CHANNEL, "github")
    subscribe(one, SECRET, "aws")
    one.send(home_opened())
    assert f"<#{CHANNEL}> — 1 vendor: GitHub" in seen(one)
    assert SECRET not in seen(one)


def test_an_organisations_teams_do_not_see_each_others_public_channels(one: Rig) -> None:
    one.slack.teams = {"xoxb-good": {"enterprise_id": "E1", "is_enterprise_install": True}}
    one.slack.members = {CHANNEL: ["U1"], PUBLIC: []}
    subscribe(one, CHANNEL, "github", workspace="E1")
    subscribe(one, PUBLIC, "aws", workspace="E1")
    one.send(home_opened(team="T7", enterprise_id="E1", is_enterprise_install=True))
    assert f"<#{CHANNEL}> — 1 vendor: GitHub" in seen(one)
    assert "AWS" not in seen(one)
    (asked,) = one.slack.called("users.conversations")
    assert asked.args["team_id"] == "T7"
    assert one.slack.called("conversations.info") == []


def test_many_channels_are_looked_up_a_few_at_a_time_and_remembered(one: Rig) -> None:
    ids = [f"C{number:03}" for number in range(2 * MAX_LOOKUPS + 5)]
    one.slack.members = {id: [] for id in ids}
    for id in ids:
        subscribe(one, id, "github")
    clock = [0.0]

    async def open_it(app: Slack) -> list[tuple[int, int]]:
        sights = ChannelVisibility(app.calls, lambda: clock[0])
        told = []
        for _ in range(4):
            sight = await sights.of(TEAM, "U1", ids, team=None, direct=None)
            told.append((len(sight.channels), sight.unasked))
        assert len(one.slack.called("users.conversations")) == 1
        clock[0] += MEMBERSHIP_TTL_S
        await sights.of(TEAM, "U1", ids, team=None, direct=None)
        assert len(one.slack.called("users.conversations")) == 2
        assert len(one.slack.called("conversations.info")) == len(ids)
        clock[0] += PUBLIC_TTL_S
        await sights.of(TEAM, "U1", ids, team=None, direct=None)
        assert len(one.slack.called("conversations.info")) == len(ids) + MAX_LOOKUPS
        return told

    assert one.use(open_it) == [(20, 25), (40, 5), (45, 0), (45, 0)]


def test_somebody_in_many_channels_is_asked_about_to_the_end(one: Rig) -> None:
    one.slack.page_size = 2
    one.slack.members = {f"C{number}": ["U1", BOT_USER] for number in range(5)}
    one.slack.private = set(one.slack.members)
    subscribe(one, "C4", "github")
    one.send(home_opened())
    assert "<#C4> — 1 vendor: GitHub" in seen(one)
