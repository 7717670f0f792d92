from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import Component, IncidentKind, Level, Phase
from bot.message import Tone
from tests.commands.talk import GITHUB_PARTS, NOW, Talk, ago, incident, said
from tests.text import read

BROKEN = (replace(GITHUB_PARTS[0], level=Level.MAJOR_OUTAGE), *GITHUB_PARTS[1:])
FAILING = incident(
    "github",
    "k3v9x1",
    "Git Operations are failing",
    ago(hours=2, minutes=5),
    said(1, ago(hours=2, minutes=5), "We are looking into failed pushes."),
    said(2, ago(minutes=14), "A bad deploy is being rolled back.", Phase.IDENTIFIED),
    components=("c1",),
    level=Level.MAJOR_OUTAGE,
)


def test_the_first_line_answers_the_question(talk: Talk) -> None:
    talk.reading("github", BROKEN, [FAILING], words="Major Service Outage")
    assert talk.say("status github").splitlines() == [
        "🔴 GitHub has a major outage.",
        "Level: Major outage",
        "The page says: “Major Service Outage”",
        "Checked: 40 s ago, read every minute",
        "Last 30 days: 1 major outage",
        "1 of 4 components not operational",
        "- 🔴 Git Operations — major outage",
        "Open now",
        "- Git Operations are failing — identified, major outage, for 2 h 05 min. 14 min ago: “A bad deploy is being "
        "rolled back.”",
        "(Read 40 s ago · status.github.example)",
        "[Alternatives: alternatives github]",
        "[Last 30 days: incidents github]",
        "[Subscribe: subscribe github]",
    ]


@pytest.mark.parametrize(
    ("level", "line", "tone"),
    [
        (Level.OPERATIONAL, "🟢 Dyspatch is operational.", Tone.OK),
        (Level.MAINTENANCE, "🛠️ Dyspatch is under maintenance.", Tone.MAINTENANCE),
        (Level.DEGRADED, "🟡 Dyspatch has degraded performance.", Tone.DEGRADED),
        (Level.PARTIAL_OUTAGE, "🟠 Dyspatch has a partial outage.", Tone.PARTIAL),
        (None, "🟣 Unknown: Dyspatch's status page publishes posts, but no level.", Tone.UNKNOWN),
    ],
)
def test_every_level_has_its_answer(talk: Talk, level: Level | None, line: str, tone: Tone) -> None:
    talk.reading("dyspatch", level=level)
    message = talk.ask("dyspatch").messages[0]
    assert (message.summary, message.tone) == (line, tone)


def test_a_green_page_with_an_open_incident_is_not_a_plain_no(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, [replace(FAILING, level=Level.OPERATIONAL)])
    assert talk.say("status github").startswith("🟢 GitHub is operational, with 1 open incident.")


def test_a_page_never_read_is_to_be_read(talk: Talk) -> None:
    reply = talk.ask("status dyspatch github")
    assert reply.unread == ("dyspatch", "github")
    assert "It is being read now: ask again in a moment." in talk.say("status dyspatch")


def test_an_unreadable_page_is_never_green(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, at=ago(hours=2))
    talk.unreadable("github", "The page answers 503.", ago(hours=1, minutes=50))
    reply = talk.ask("status github")
    text = talk.say("status github")
    assert reply.messages[0].tone is Tone.UNKNOWN
    assert text.startswith(
        "🟣 Unknown: GitHub's status page can't be read now; operational when it was last read, 2 h ago.\n"
        "The page answers 503. It has been like this for 1 h 50 min.\nLast known level: Operational\n"
    )
    assert reply.unread == ()


def test_of_vendors_that_nobody_has_read_yet_no_outage_is_hinted_at(talk: Talk) -> None:
    talk.say("subscribe github gitlab")
    assert talk.say("status").startswith("It is not known how this channel's 2 vendors stand: GitHub and GitLab.")


def test_a_page_that_has_just_become_unreadable_is_not_green_either(talk: Talk) -> None:
    talk.say("subscribe github gitlab")
    talk.reading("github", GITHUB_PARTS)
    talk.reading("gitlab")
    talk.unreadable("github", "The page answers 503", ago(seconds=20))
    assert talk.say("status github").startswith("🟣 Unknown: GitHub's status page can't be read now;")
    assert talk.say("status").startswith("1 of this channel's 2 vendors is operational; unknown: GitHub.")


def test_a_page_that_could_never_be_read_says_why(talk: Talk) -> None:
    talk.unreadable("github", "There is no such host", ago(minutes=3))
    assert talk.ask("status github").unread == ()
    text = talk.say("status github")
    assert text.startswith(
        "🟣 Unknown: GitHub's status page can't be read.\n"
        "There is no such host. It has been like this for 3 min.\n(Not read yet"
    )


def test_the_name_of_a_host_keeps_its_case(talk: Talk) -> None:
    talk.unreadable("github", "www.githubstatus.com does not resolve", ago(minutes=3))
    assert "\nwww.githubstatus.com does not resolve. It has been like this for 3 min." in talk.say("status github")


def test_an_old_reading_is_a_memory(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS)
    talk.now = NOW + timedelta(hours=3)
    assert talk.say("status github").startswith(
        "🟣 Unknown: GitHub's status page has not been read lately; operational when it was last read, 3 h"
    )


def test_what_a_page_hides_while_green_is_told_only_when_it_is_not(talk: Talk) -> None:
    hidden = replace(GITHUB_PARTS[1], hidden_when_ok=True)
    talk.reading("github", (GITHUB_PARTS[0], hidden))
    assert "Actions" not in talk.say("status github")
    talk.reading("github", (GITHUB_PARTS[0], replace(hidden, level=Level.DEGRADED)))
    assert "- 🟡 Actions — degraded performance" in talk.say("status github")


def test_a_component_with_a_word_that_nobody_knows_is_unknown(talk: Talk) -> None:
    wobbly = Component("c8", "Codespaces", None, raw_status="wob*bly*")
    talk.reading("github", (*GITHUB_PARTS, Component("c9", "Copilot", None), wobbly))
    text = talk.say("status github")
    assert "2 of 6 components not operational\n- 🟣 Copilot and Codespaces (“wob*bly*”) — unknown" in text
    assert "- 🟣 Copilot — unknown\n- 🟣 Codespaces — unknown (“wob*bly*”)" in talk.say("components github")


def test_a_feed_tells_its_newest_post(talk: Talk) -> None:
    post = incident("feedly", "p1", "Slow search", ago(hours=3), said(1, ago(hours=3), "It is slow.", None))
    talk.reading("feedly", (), [replace(post, level=None, impact=None)], level=None, words="")
    text = talk.say("feedly")
    assert "Newest post\n- Slow search — began 3 h ago. 3 h ago: “It is slow.”" in text
    assert "Last 30 days: 1 incident without a level" in text


def test_a_planned_maintenance_is_told_with_its_window(talk: Talk) -> None:
    soon = NOW + timedelta(days=1)
    upgrade = replace(
        FAILING,
        kind=IncidentKind.MAINTENANCE,
        phase=Phase.SCHEDULED,
        title="Upgrade",
        started=soon,
        planned_end=soon + timedelta(hours=2),
        level=Level.MAINTENANCE,
    )
    talk.reading("github", GITHUB_PARTS, [upgrade])
    text = talk.say("status github")
    assert text.startswith("🟢 GitHub is operational.")
    assert "Planned\n- Upgrade — 2026-09-15 12:00 to 2026-09-15 14:00" in text


def test_words_after_a_vendor_are_parts_of_it(talk: Talk) -> None:
    talk.reading("github", BROKEN)
    assert talk.say("status github git").startswith(
        "🔴 Git Operations (GitHub) has a major outage.\n🔴 GitHub has a major outage.\nLevel: Major outage\n"
    )
    both = talk.ask("status github operations, requests").messages[0]
    assert both.tone is Tone.MAJOR
    assert read([both]).startswith(
        "🔴 Git Operations (GitHub) has a major outage.\n"
        "🟢 API Requests (GitHub) is operational.\n🔴 GitHub has a major outage.\n"
    )
    actions = talk.ask("status github actions").messages[0]
    assert (actions.summary, actions.tone) == ("🟢 Actions (GitHub) is operational.", Tone.OK)
    assert "GitHub has no component or region “foo”, and no vendor is called so." in talk.say("status github foo")


def test_an_unknown_name_is_answered_with_near_ones_to_press(talk: Talk) -> None:
    reply = talk.ask("status githb")
    assert reply.messages[0].summary == "I don't know “githb”. Did you mean GitHub?"
    assert [b.command for b in reply.messages[0].buttons] == ["status github"]
    assert "add its status page: subscribe https://status.example.com" in talk.say("status zzzzzzz")


def test_good_names_are_answered_beside_bad_ones(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS)
    text = talk.say("status github zzzzzzz")
    assert "🟢 GitHub is operational." in text
    assert "“zzzzzzz”" in text


def test_a_channel_without_subscriptions_is_told_how_to_begin(talk: Talk) -> None:
    assert talk.say("status") == (
        "This channel subscribes to nothing yet.\nTry subscribe github, or ask about one vendor: status github."
    )


def test_the_vendors_of_a_channel_come_worst_first(talk: Talk) -> None:
    talk.say("subscribe github gitlab dyspatch feedly aws")
    talk.reading("github", BROKEN, [FAILING])
    talk.reading("gitlab", level=Level.DEGRADED)
    talk.reading("dyspatch", at=ago(minutes=5))
    talk.reading("feedly", level=None)
    lines = talk.say("status").splitlines()
    assert lines[0] == (
        "2 of this channel's 5 vendors have problems: GitHub (major outage) and GitLab (degraded performance); "
        "unknown: AWS and Feedly."
    )
    assert [line.split(" — ")[0] for line in lines[1:6]] == [
        "- 🔴 major outage · GitHub: Git Operations are failing, for 2 h 05 min (read 40 s ago)",
        "- 🟡 degraded performance · GitLab (read 40 s ago)",
        "- 🟣 AWS",
        "- 🟣 gives no level · Feedly (read 40 s ago)",
        "- 🟢 operational · Dyspatch (read 5 min ago)",
    ]
    assert lines[6] == "(Oldest reading 5 min ago · from the vendors' own status pages)"


def test_all_green_is_said_in_one_line(talk: Talk) -> None:
    talk.say("subscribe github gitlab")
    talk.reading("github")
    talk.reading("gitlab")
    assert talk.say("status").startswith("No outage: this channel's 2 vendors are operational.")


def test_more_than_three_names_give_an_overview(talk: Talk) -> None:
    for slug in ("github", "gitlab", "dyspatch", "postmark"):
        talk.reading(slug)
    reply = talk.ask("status github gitlab dyspatch postmark")
    assert [m.summary for m in reply.messages] == ["No outage: all 4 vendors are operational."]


def test_components_stand_in_their_groups(talk: Talk) -> None:
    parts = (
        Component("1", "API", Level.OPERATIONAL, group="Europe"),
        Component("2", "Site", Level.OPERATIONAL),
        Component("3", "API", Level.PARTIAL_OUTAGE, group="America"),
        Component("4", "Jobs", Level.OPERATIONAL, group="Europe"),
    )
    talk.reading("github", parts)
    assert talk.say("components github").splitlines()[:8] == [
        "GitHub has 4 components: 1 partial outage, 3 operational.",
        "- 🟢 Site — operational",
        "Europe",
        "- 🟢 API — operational",
        "- 🟢 Jobs — operational",
        "America",
        "- 🟠 API — partial outage",
        "(Read 40 s ago · status.github.example)",
    ]
    assert "America\n- 🟠 API" in talk.say("components github america")
    assert talk.say("components github nothing").startswith("GitHub has no component with “nothing”.")


def test_hundreds_of_components_come_in_pages(talk: Talk) -> None:
    talk.reading("aws", tuple(Component(f"c{n}", f"Service {n:03}", Level.OPERATIONAL) for n in range(250)))
    first = talk.ask("components aws")
    assert first.messages[0].buttons[0].command == "components aws page 2"
    seen = [
        line
        for page in range(1, 6)
        for line in talk.say(f"components aws page {page}").splitlines()
        if line.startswith("- 🟢 Service")
    ]
    assert len(seen) == len(set(seen)) == 250
    assert "Next page" not in talk.say("components aws page 5")


def test_alternatives_to_several_are_told_of_each(talk: Talk) -> None:
    titles = [message.title for message in talk.ask("alternatives github, dyspatch").messages]
    assert [title.partition(":")[0] for title in titles if title] == ["Instead of GitHub", "Instead of Dyspatch"]


def test_alternatives_tell_how_each_stands_now(talk: Talk) -> None:
    talk.reading("dyspatch", level=Level.MAJOR_OUTAGE)
    talk.reading("mailjet")
    reply = talk.ask("alternatives dyspatch")
    assert reply.unread == ("postmark",)
    assert talk.say("alternatives dyspatch").splitlines() == [
        "Instead of Dyspatch: Mailjet and Postmark.",
        "- 🟢 operational · Mailjet (read 40 s ago)",
        "- 🟣 Postmark — unknown: not read yet",
        "Now: 🔴 major outage · Dyspatch (read 40 s ago)",
        "(From the vendors' own status pages)",
        "[Mailjet: status mailjet]",
        "[Postmark: status postmark]",
    ]


def test_a_vendor_with_weak_evidence_says_so(talk: Talk) -> None:
    assert talk.ask("status shady").unread == ("shady",)
    assert "its page is not confirmed to be the official one" in talk.say("status shady")


def test_many_unknown_names_are_one_short_answer(talk: Talk) -> None:
    reply = talk.ask("status " + " ".join(f"qqqq{n:02}" for n in range(30)))
    assert [m.summary for m in reply.messages] == ["I didn't understand that."]
    assert reply.aside


def test_markup_of_a_chat_around_an_address_is_no_part_of_it(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS)
    text = talk.say('components <https://status.github.example|status.github.example> "git op"')
    assert "- 🟢 Git Operations — operational" in text


def test_an_emoji_and_punctuation_fall_away(talk: Talk) -> None:
    talk.ask("subscribe github")
    assert "GitHub" in talk.say("status 🔥")
    assert "GitHub" in talk.say("status ???")
