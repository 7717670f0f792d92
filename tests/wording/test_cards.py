from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import ReplyView, RootView, UpdateView
from bot.domain import Channel, IncidentKind, Level, Phase, Slug
from bot.message import Button, Opens, Tone
from bot.wording import channel_on_hold_message, reply_message, root_message
from tests.text import read

T0 = datetime(2026, 9, 14, 2, 10, tzinfo=UTC)
LOOKING = UpdateView(Phase.INVESTIGATING, T0, "We are looking into failed pushes.")
ROOT = RootView(
    slug=Slug("github"),
    id="abc",
    vendor="GitHub",
    vendor_url="https://www.githubstatus.com",
    title="Git Operations are failing",
    kind=IncidentKind.INCIDENT,
    phase=Phase.INVESTIGATING,
    level=Level.MAJOR_OUTAGE,
    started=T0,
    resolved=None,
    planned_end=None,
    url="https://www.githubstatus.com/incidents/abc",
    vanished=False,
    components=("Git Operations",),
    first=LOOKING,
    newest=LOOKING,
    updates=1,
)
REPLY = ReplyView(
    slug=Slug("github"),
    id="abc",
    vendor="GitHub",
    title="Git Operations are failing",
    url="https://www.githubstatus.com/incidents/abc",
    phase=Phase.MONITORING,
    level=Level.MAJOR_OUTAGE,
    updates=(UpdateView(Phase.MONITORING, T0 + timedelta(hours=1), "A fix is out."),),
)


def at(minutes: int) -> datetime:
    return T0 + timedelta(minutes=minutes)


def test_an_opening_says_how_bad_it_is_who_and_what() -> None:
    message = root_message(ROOT)
    assert message.summary == "Major outage · GitHub — Git Operations are failing"
    assert message.tone is Tone.MAJOR
    assert read(message).splitlines() == [
        "Major outage · GitHub — Git Operations are failing",
        "> We are looking into failed pushes.",
        "Affects: Git Operations",
        "Phase: Investigating",
        "Started: 2026-09-14 02:10",
        "(www.githubstatus.com)",
        "[Timeline: incident github/abc]",
        "[Mute 1 h: mute github/abc 1h]",
        "[Mute until resolved: mute github/abc until resolved]",
        "[Why am I seeing this?: why github/abc]",
        "[Filter: subscribe github]",
    ]


def test_an_explained_episode_names_the_incident_that_tells_on() -> None:
    episode = replace(ROOT, kind=IncidentKind.EPISODE, explained_by="Git is slow")
    message = root_message(episode)
    assert message.summary == "Explained · GitHub — the vendor posted “Git is slow”, which has a card of its own"
    assert message.tone is Tone.ENDED
    assert "Mute" not in read(message)


def test_what_is_over_needs_no_mute_and_a_page_with_parts_shows_them() -> None:
    over = root_message(replace(ROOT, phase=Phase.RESOLVED, has_parts=True))
    assert over.buttons == (
        Button("Timeline", "incident github/abc", Opens.MODAL),
        Button("Components", "components github", Opens.MODAL),
        Button("Why am I seeing this?", "why github/abc", Opens.MODAL),
        Button("Filter", "subscribe github", Opens.FORM),
    )
    assert [b.label for b in root_message(replace(ROOT, vanished=True)).buttons] == [
        "Timeline",
        "Why am I seeing this?",
        "Filter",
    ]


def test_the_newest_text_stands_below_the_first() -> None:
    newest = UpdateView(Phase.MONITORING, at(90), "A fix is out.", count=13, last=at(90 + 12 * 60))
    message = root_message(replace(ROOT, phase=Phase.MONITORING, newest=newest, updates=14))
    text = read(message)
    assert message.summary.startswith("Monitoring · GitHub — ")
    assert "Latest, 03:40 — Monitoring:\n> A fix is out.\nsaid 13 times, last at 15:40" in text
    assert "Level: Major outage" in text
    assert "14 updates" in text


def test_a_text_said_again_under_another_phase_is_not_shown_twice() -> None:
    newest = UpdateView(Phase.IDENTIFIED, at(30), LOOKING.text)
    text = read(root_message(replace(ROOT, phase=Phase.IDENTIFIED, newest=newest)))
    assert text.count(LOOKING.text) == 1
    assert "Latest, 02:40 — Identified, in the same words." in text


def test_an_end_says_how_long_it_took() -> None:
    message = root_message(replace(ROOT, phase=Phase.RESOLVED, level=Level.OPERATIONAL, resolved=at(13 * 60 + 5)))
    assert message.summary == "Resolved after 13 h 05 min · GitHub — Git Operations are failing"
    assert message.tone is Tone.ENDED
    assert "Ended: 2026-09-14 15:15 after 13 h 05 min" in read(message)


@pytest.mark.parametrize(
    ("view", "state", "tone"),
    [
        (replace(ROOT, level=None, phase=None), "Update posted", Tone.UNKNOWN),
        (replace(ROOT, level=None), "Investigating", Tone.UNKNOWN),
        (replace(ROOT, level=Level.DEGRADED, phase=Phase.IDENTIFIED), "Degraded performance", Tone.DEGRADED),
        (replace(ROOT, level=Level.OPERATIONAL), "Investigating", Tone.OK),
        (replace(ROOT, vanished=True), "Taken down", Tone.GONE),
        (replace(ROOT, phase=Phase.POSTMORTEM, resolved=at(60)), "Resolved after 1 h", Tone.ENDED),
        (
            replace(ROOT, kind=IncidentKind.MAINTENANCE, level=Level.MAINTENANCE, phase=Phase.SCHEDULED),
            "Maintenance scheduled",
            Tone.MAINTENANCE,
        ),
        (
            replace(ROOT, kind=IncidentKind.MAINTENANCE, level=None, phase=Phase.COMPLETED, resolved=at(120)),
            "Maintenance completed after 2 h",
            Tone.ENDED,
        ),
    ],
)
def test_the_first_words_tell_the_state(view: RootView, state: str, tone: Tone) -> None:
    message = root_message(view)
    assert message.summary.split(" · ")[0] == state
    assert message.tone is tone


def test_a_maintenance_shows_its_window() -> None:
    view = replace(ROOT, kind=IncidentKind.MAINTENANCE, phase=Phase.SCHEDULED, planned_end=at(120), components=())
    text = read(root_message(view))
    assert "Planned: 2026-09-14 02:10 to 2026-09-14 04:10" in text
    assert "names no component" not in text


def test_an_incident_that_names_no_component_says_so() -> None:
    assert "Affects: The vendor names no component." in read(root_message(replace(ROOT, components=())))


def test_many_components_are_cut_but_never_to_one_more() -> None:
    labels = ("API", "Webhooks", "Actions", "Pages", "Packages")
    assert "Affects: API, Webhooks, Actions and 2 more" in read(root_message(replace(ROOT, components=labels)))
    assert "Affects: API, Webhooks, Actions and Pages" in read(root_message(replace(ROOT, components=labels[:4])))


def test_a_vanished_incident_is_struck_and_says_that_it_has_no_end() -> None:
    message = root_message(replace(ROOT, vanished=True))
    assert message.struck
    assert "~~Taken down · GitHub — Git Operations are failing~~\nThe vendor took this down without an end." in read(
        message
    )
    assert "> ~~We are looking into failed pushes.~~" in read(message)


def test_an_episode_says_that_no_incident_was_posted() -> None:
    view = replace(
        ROOT,
        kind=IncidentKind.EPISODE,
        title="x",
        components=("API",),
        level=Level.PARTIAL_OUTAGE,
        first=None,
        newest=None,
    )
    assert root_message(view).summary == (
        "Partial outage · GitHub — No incident posted yet: the page shows API at partial outage"
    )
    over = replace(view, phase=Phase.RESOLVED, resolved=at(22))
    assert root_message(over).summary == (
        "Back to normal after 22 min · GitHub — No incident was posted: the page showed API at partial outage"
    )


def test_a_reply_about_an_episode_claims_no_work_of_the_vendor() -> None:
    said = UpdateView(Phase.INVESTIGATING, T0, "API: partial outage")
    view = replace(REPLY, kind=IncidentKind.EPISODE, title="API: partial outage", updates=(said,))
    assert reply_message(view).summary.startswith("Seen on the page · GitHub")
    over = replace(view, updates=(replace(said, phase=Phase.RESOLVED),))
    assert reply_message(over).title == "Back to normal"


def test_a_title_of_several_lines_becomes_one() -> None:
    assert "\n" not in root_message(replace(ROOT, title="Git\n  Operations\r\nfail")).summary


def test_a_reply_is_a_notification_of_its_own() -> None:
    message = reply_message(REPLY)
    assert message.summary == "Monitoring · GitHub — Git Operations are failing: A fix is out."
    assert read(message) == "Monitoring\n> A fix is out.\n(2026-09-14 03:10)"


def test_a_standalone_reply_names_vendor_and_incident_and_links_it() -> None:
    message = reply_message(replace(REPLY, standalone=True))
    assert message.title == "Monitoring · GitHub — Git Operations are failing"
    assert message.url == REPLY.url


def test_what_a_channel_missed_comes_oldest_first_in_one_reply() -> None:
    said = (LOOKING, *REPLY.updates, UpdateView(Phase.RESOLVED, at(120), "Over."))
    message = reply_message(replace(REPLY, phase=Phase.RESOLVED, updates=said))
    assert message.tone is Tone.ENDED
    assert read(message).splitlines() == [
        "Resolved, 3 updates",
        "Investigating · 2026-09-14 02:10",
        "> We are looking into failed pushes.",
        "Monitoring · 2026-09-14 03:10",
        "> A fix is out.",
        "Resolved · 2026-09-14 04:10",
        "> Over.",
    ]


def test_a_post_of_a_feed_without_phase_or_level_is_an_update() -> None:
    message = reply_message(replace(REPLY, phase=None, level=None, updates=(UpdateView(None, T0, "Hello."),)))
    assert message.summary.startswith("Update posted · GitHub")
    assert message.tone is Tone.UNKNOWN


def test_an_update_that_was_taken_down_is_struck() -> None:
    message = reply_message(replace(REPLY, updates=(replace(LOOKING, removed=True),)))
    assert read(message).startswith("Update taken down\n> ~~We are looking into failed pushes.~~\n")


def test_trouble_names_channel_and_remedy() -> None:
    text = read(channel_on_hold_message(Channel("slack", "T1", "C1"), "It is private: type /invite @lookout there."))
    assert "In C1: It is private" in text
    assert "/invite @lookout" in text


texts = st.text(max_size=40)
times = st.datetimes(timezones=st.just(UTC))
said = st.builds(
    UpdateView,
    phase=st.none() | st.sampled_from(Phase),
    at=times,
    text=texts,
    count=st.integers(1, 30),
    last=st.none() | times,
    removed=st.booleans(),
)
shared = {
    "title": texts,
    "phase": st.none() | st.sampled_from(Phase),
    "level": st.none() | st.sampled_from(Level),
    "url": st.none() | texts,
    "vanished": st.booleans(),
}
roots = st.builds(
    RootView,
    vendor=texts,
    vendor_url=texts,
    kind=st.sampled_from(IncidentKind),
    started=times,
    resolved=st.none() | times,
    planned_end=st.none() | times,
    components=st.lists(texts, max_size=6).map(tuple),
    first=st.none() | said,
    newest=st.none() | said,
    updates=st.integers(0, 50),
    **shared,
)
replies = st.builds(
    ReplyView,
    vendor=texts,
    updates=st.lists(said, max_size=5).map(tuple),
    standalone=st.booleans(),
    kind=st.sampled_from(IncidentKind),
    **shared,
)


@settings(max_examples=150, deadline=None)
@given(roots | replies)
def test_every_view_can_be_said_in_one_line(view: RootView | ReplyView) -> None:
    message = root_message(view) if isinstance(view, RootView) else reply_message(view)
    assert message.summary.strip()
    assert "\n" not in message.summary.replace(view.vendor, "")
    assert read(message)
