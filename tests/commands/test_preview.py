"""``preview``, and what ``subscribe`` says of a month."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bot import catalog
from bot.commands.subscriptions import MAX_FORECASTS
from bot.domain import Component, Incident, IncidentKind, Level, Phase, Slug
from bot.store.values import PollOutcome
from tests.commands.talk import GITHUB_PARTS, NOW, POLL_S, Talk, ago, incident, said

LOW = incident(
    "github", "low1", "Slow pages", ago(days=9), said(1, ago(days=9), "Hm."), components=("c3",), level=Level.DEGRADED
)
BIG = incident("github", "big1", "Pushes fail", ago(days=3), said(1, ago(days=3), "Hm."), components=("c1",))
PLAN = incident(
    *("github", "plan1", "We move", ago(days=1), said(1, ago(days=2), "Soon.", Phase.SCHEDULED)),
    kind=IncidentKind.MAINTENANCE,
    level=Level.MAINTENANCE,
    components=("c1",),
)


def over(before: Incident, at: datetime) -> Incident:
    end = said(2, at, "Over.", Phase.RESOLVED)
    return replace(before, phase=Phase.RESOLVED, resolved=at, updates=(*before.updates, end))


def read(talk: Talk, at: datetime, *incidents: Incident, announce: bool = False) -> None:
    talk.reading("github", GITHUB_PARTS, incidents, at=at, announce=announce)


@pytest.fixture
def month(talk: Talk) -> Talk:
    """GitHub's last month: two incidents and a maintenance, each read while it went on."""
    read(talk, ago(days=40))
    read(talk, ago(days=9), LOW)
    read(talk, ago(days=8), over(LOW, ago(days=8)))
    read(talk, ago(days=3), BIG)
    read(talk, ago(days=2), over(BIG, ago(days=2)))
    read(talk, ago(days=2), PLAN)
    read(talk, ago(seconds=40))
    return talk


def test_what_would_have_come_is_counted_and_listed_and_what_not_says_why(month: Talk) -> None:
    reply = month.ask("preview github severity:major+")
    assert not reply.public
    assert month.say("preview github severity:major+").splitlines() == [
        "In the last 30 days, 4 of 9 messages of GitHub would have come here: 1 incident.",
        "Partial outage or worse.",
        "- 2026-09-11 · Pushes fail — 1 message and 3 replies",
        "Left out",
        "- 2026-09-13 · We move — It is a maintenance, and the subscription does not ask for them (maintenance:on).",
        "- 2026-09-05 · Slow pages — It is degraded, and the subscription asks for partial outage or worse.",
        "(As when nothing is late, in mode thread+key · Read 40 s ago · status.github.example)",
        "[Subscribe just so: subscribe github severity:major+]",
    ]
    assert "8 of 9 messages of GitHub would have come here: 2 incidents." in month.say("preview github")
    everything = month.say("preview github maintenance:on")
    assert "9 of 9 messages of GitHub would have come here: 2 incidents and 1 maintenance." in everything
    assert "Left out" not in everything
    assert "none of 9 messages of GitHub would have come here." in month.say("preview github webhooks")


def test_it_counts_as_the_channel_is_told(month: Talk) -> None:
    month.say("settings mode=edit")
    assert "In the last 30 days, 2 of 3 messages" in month.say("preview github")
    month.say("settings mode=flat")
    assert "- 2026-09-11 · Pushes fail — 2 messages" in month.say("preview github").splitlines()


def test_only_the_messages_of_the_days_asked_for_count(month: Talk) -> None:
    assert month.say("preview github --days 2").splitlines()[:3] == [
        "In the last 2 days, 3 of 4 messages of GitHub would have come here: 1 incident.",
        "Every incident.",
        "- 2026-09-11 · Pushes fail — 3 replies",
    ]
    assert "In the last day, there was nothing to send of GitHub." in month.say("preview github --days 1")


def test_the_button_subscribes_just_so_and_asks_before_it_replaces(month: Talk) -> None:
    line = 'github component:"Git *" severity:major+ maintenance:on mention:@oncall'
    (button,) = month.ask(f"preview {line}").messages[0].buttons
    assert (button.label, button.command, button.confirm) == ("Subscribe just so", f"subscribe {line}", "")
    month.ask(button.command)
    assert month.ask(f"preview {line}").messages[0].buttons == ()
    (button,) = month.ask("preview github").messages[0].buttons
    assert button.confirm.startswith("Replace this channel's subscription to GitHub (component Git *, partial outage")


def test_alone_it_is_about_what_the_channel_has(month: Talk) -> None:
    assert month.say("preview").startswith("This channel subscribes to nothing yet.")
    month.say("subscribe github severity:major+")
    assert "4 of 9 messages of GitHub" in month.say("preview")
    assert month.ask("preview").messages[0].buttons == ()
    narrower = month.ask("preview severity:critical")
    assert "none of 9 messages of GitHub" in narrower.messages[0].summary
    assert [b.command for b in narrower.messages[0].buttons] == ["subscribe github severity:critical+"]


def test_several_vendors_are_counted_together(month: Talk) -> None:
    month.reading("gitlab", at=ago(days=50))
    month.reading("gitlab")
    text = month.say("preview gitlab github severity:major+")
    assert text.startswith(
        "In the last 30 days, 4 of 9 messages of GitLab and GitHub would have come here: 1 incident."
    )
    assert "- 2026-09-11 · GitHub: Pushes fail — 1 message and 3 replies" in text.splitlines()
    assert "[Subscribe just so: subscribe gitlab github severity:major+]" in text


def test_what_is_not_on_record_is_not_made_up(month: Talk) -> None:
    month.reading("gitlab")
    month.store.pages.settle([PollOutcome(Slug("aws"), NOW, POLL_S, read_at=ago(days=5))])
    text = month.say("preview github gitlab aws")
    assert "Not on record yet is the past of GitLab and AWS." in text
    assert "How much GitLab would have sent is not known." in month.say("preview gitlab")
    month.reading("dyspatch", at=ago(days=10))
    month.reading("dyspatch")
    assert "Counted since 2026-09-04, as far back as is on record." in month.say("preview dyspatch")
    month.store.pages.settle([PollOutcome(Slug("dyspatch"), NOW, POLL_S, read_at=NOW, history_due=NOW)])
    assert "How much Dyspatch would have sent is not known." in month.say("preview dyspatch")


def test_what_was_read_only_when_it_was_over_counts_by_its_updates(talk: Talk) -> None:
    read(talk, ago(days=40))
    read(talk, ago(days=1), over(replace(LOW, level=Level.PARTIAL_OUTAGE), ago(days=8)))
    assert "4 of 4 messages of GitHub would have come here: 1 incident." in talk.say("preview github severity:major")


def test_what_is_wrong_is_said_and_the_rest_counted(month: Talk) -> None:
    assert month.say("preview github gitlab nonsense component:Webhooks").splitlines()[-1].startswith("[Subscribe")
    assert "I don't know “nonsense”" in month.say("preview nonsense, github severity:major")
    unknown = month.say("preview github component:Nope")
    assert unknown.startswith("Nothing was counted.\n- GitHub has no component or region “Nope”.")
    assert "There is no severity “wild”" in month.say("preview github severity:wild")


def test_subscribing_says_what_a_month_would_have_been(month: Talk) -> None:
    month.reading("gitlab")
    assert month.say("subscribe github severity:major+").splitlines()[1] == (
        "Partial outage or worse. Now: 🟢 operational. It would have sent 4 messages in the last 30 days."
    )
    many = month.say("subscribe github gitlab bitbucket mailjet postmark dyspatch").splitlines()[1]
    assert many.endswith(
        "They would have sent 8 messages in the last 30 days, not counting 5 vendors whose past is not known."
    )
    month.reading("dyspatch", at=ago(days=10))
    month.reading("dyspatch", [Component("d1", "Mail", Level.OPERATIONAL)])
    assert (
        month.say("subscribe dyspatch")
        .splitlines()[1]
        .endswith("It would have sent nothing since 2026-09-04, and nothing before is on record.")
    )


def test_of_dozens_at_once_preview_tells_what_a_month_would_have_been(talk: Talk) -> None:
    whole = catalog.load()
    talk.store.pages.sync_catalog(tuple(whole), NOW, 0)
    names = [vendor.typed for vendor in whole if vendor.has_page and vendor.enabled][: MAX_FORECASTS + 1]
    answer = replace(talk, catalog=whole).say(f"subscribe {' '.join(names)}")
    assert "preview tells what they would have sent in the last 30 days." in answer.replace("`", "")


def test_a_long_list_is_cut_and_counted(talk: Talk) -> None:
    read(talk, ago(days=40))
    many = [over(replace(BIG, id=f"big{n}", started=ago(days=3, minutes=n)), ago(days=2)) for n in range(60)]
    read(talk, ago(days=2), *many, announce=True)
    read(talk, ago(seconds=40))
    lines = talk.say("preview github").splitlines()
    assert "and 10 older ones: ask for fewer days" in lines[52]
    assert "60 incidents" in lines[0]


def test_a_hold_is_counted_and_is_in_the_button(month: Talk) -> None:
    held = month.say("preview github hold:1d,all").splitlines()
    assert held[0] == "In the last 30 days, none of 9 messages of GitHub would have come here."
    assert held[-3].endswith("Slow pages — It was over within the 1 d for which the subscription holds incidents back.")
    (button,) = month.ask("preview github hold:1h").messages[0].buttons
    assert button.command == "subscribe github hold:1h"
    month.ask(button.command)
    assert month.ask("preview github hold:1h").messages[0].buttons == ()


def test_a_service_is_what_its_vendors_would_have_sent_of_its_parts(month: Talk) -> None:
    month.say('service pushes = github component:"Git *"')
    text = month.say("preview service:pushes").splitlines()
    assert text[0] == "In the last 30 days, 4 of 9 messages of GitHub would have come here: 1 incident."
    assert text[1] == "Component Git *."
    assert text[-1] == "[Subscribe: pushes: subscribe service:pushes]"
    assert month.say("preview pushes").splitlines()[0] == text[0]
    assert "leave out component and region" in month.say("preview service:pushes component:API")
    assert "“nosuch”" in month.say("preview service:nosuch")


def test_what_quiet_hours_kept_back_counts_as_the_list_that_told_it(month: Talk) -> None:
    month.say("settings quiet=11:00-13:00")
    text = month.say("preview github").splitlines()
    assert text[0] == "In the last 30 days, 4 of 9 messages of GitHub would have come here: 2 incidents."
    assert text[2].endswith("Pushes fail — in the message after quiet hours")


def test_what_quiet_hours_keep_back_now_says_so(month: Talk) -> None:
    read(month, ago(minutes=30), replace(BIG, id="now1", started=ago(minutes=30), updates=()))
    month.say("settings quiet=11:00-13:00")
    left_out = [line for line in month.say("preview github --days 1").splitlines() if "Pushes fail" in line]
    assert left_out == [
        "- 2026-09-14 · Pushes fail — It is quiet here for another 1 h; then one message tells what was."
    ]


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ("hold:5m", "only what is still open after 5 min (partial outage or worse at once)"),
        ("remind:1h", "reminded 1 h before a planned maintenance"),
    ],
)
def test_when_it_is_told_is_said_and_subscribed(month: Talk, wishes: str, told: str) -> None:
    month.say("subscribe github")
    for line in (f"preview github {wishes}", f"preview {wishes}", f"preview all {wishes}"):
        assert month.say(line).splitlines()[1].startswith(f"Every incident, {told}.")
        assert [b.command for b in month.replies[-1].messages[0].buttons] == [f"subscribe github {wishes}"]
    assert month.say("preview all") == month.say("preview")
