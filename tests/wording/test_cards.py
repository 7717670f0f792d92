from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import NewsView, ReminderView, Reopening, ReplyView, RootView, UpdateView, View
from bot.domain import Ack, Channel, Hit, IncidentKind, Level, News, Phase, Slug
from bot.message import Button, Message, Opens, Paragraph, Tone, plain_text
from bot.wording import channel_on_hold_message, news_message, reminder_message, reply_message, root_message
from bot.wording.phrases import DOTS
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
    quote=LOOKING,
    newest=LOOKING,
    updates=1,
    kept=(LOOKING,),
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
    components=("Git Operations",),
    started=T0,
)
NEWS = NewsView(
    slug=Slug("github"),
    id="abc",
    vendor="GitHub",
    title="Git Operations are failing",
    url="https://www.githubstatus.com/incidents/abc",
    kind=IncidentKind.INCIDENT,
    news=News.ENDED,
    phase=Phase.INVESTIGATING,
    level=Level.MAJOR_OUTAGE,
    before=Level.MAJOR_OUTAGE,
    started=T0,
    resolved=None,
    components=("Git Operations",),
)


def at(minutes: int) -> datetime:
    return T0 + timedelta(minutes=minutes)


def test_what_the_workspace_noted_stands_at_the_end_of_a_card_that_is_open() -> None:
    note = "wiki/github · ask @platform · https://wiki.acme.example/github, please"
    message = root_message(replace(ROOT, note=note))
    assert read(message).splitlines()[3] == ("Our note: wiki/github · ask @platform · wiki.acme.example/github, please")
    over = replace(ROOT, phase=Phase.RESOLVED, resolved=at(9), note=note)
    assert "Our note" not in read(root_message(over))


def test_the_services_that_it_hits_stand_below_its_state_and_in_the_notification() -> None:
    hits = (Hit("checkout"), Hit("invoices"), Hit("search", certain=False))
    message = root_message(replace(ROOT, hits=hits))
    assert read(message).splitlines()[2] == "Hits: checkout, invoices; may hit: search"
    assert message.summary.endswith("major outage (Git Operations). Hits: checkout, invoices; may hit: search")
    assert plain_text(message.lead).endswith("(Git Operations). Hits: checkout, invoices; may hit: search")
    many = root_message(replace(ROOT, hits=tuple(Hit(f"s{n}") for n in range(9))))
    assert "Hits: s0, s1, s2 and 6 more" in read(many)
    assert "Hits" not in read(root_message(ROOT))


def test_who_is_on_it_stands_on_a_card_that_is_open() -> None:
    ack = Ack("U1", at(9), "ada")
    message = root_message(replace(ROOT, ack=ack, note="ask @platform"))
    assert read(message).splitlines()[3:5] == ["On it: U1, since 02:19", "Our note: ask @platform"]
    assert "I'm on it" not in [button.label for button in message.buttons]
    assert "On it" not in read(root_message(replace(ROOT, phase=Phase.RESOLVED, resolved=at(9), ack=ack)))


def test_an_opening_says_who_what_how_bad_and_since_when() -> None:
    message = root_message(ROOT)
    assert message.summary == "GitHub: Git Operations are failing — major outage (Git Operations)"
    assert message.tone is Tone.MAJOR
    assert plain_text(message.lead) == "GitHub is down: Git Operations are failing (Git Operations)"
    assert read(message).splitlines() == [
        "GitHub: Git Operations are failing",
        "Major outage · investigating · since 02:10 (elapsed)",
        "> We are looking into failed pushes.",
        "(Affects Git Operations · www.githubstatus.com)",
        "[Timeline: incident github/abc]",
        "[Mute…: mute github/abc]",
        "[I'm on it: ack github/abc]",
        "[Filter: subscribe github]",
        "[Why?: why github/abc]",
    ]


def test_an_explained_episode_names_the_incident_that_tells_on() -> None:
    episode = replace(ROOT, kind=IncidentKind.EPISODE, explained_by="Git is slow")
    message = root_message(episode)
    assert read(message).startswith(
        "GitHub: Git Operations · the vendor posted “Git is slow”, which has a card of its own"
    )
    assert message.tone is Tone.ENDED
    assert "Mute" not in read(message)


def test_a_row_has_two_buttons_and_the_rest_is_for_a_menu() -> None:
    assert root_message(replace(ROOT, has_parts=True)).buttons == (
        Button("Timeline", "incident github/abc", Opens.MODAL),
        Button("Mute…", "mute github/abc"),
        Button("I'm on it", "ack github/abc", is_secondary=True),
        Button("Filter", "subscribe github", Opens.FORM, is_secondary=True),
        Button("Why?", "why github/abc", Opens.MODAL, is_secondary=True),
        Button("Components", "components github", Opens.MODAL, is_secondary=True),
    )
    for over in (replace(ROOT, phase=Phase.RESOLVED), replace(ROOT, vanished=True)):
        assert [b.label for b in root_message(over).buttons] == ["Timeline", "Filter", "Why?"]
    planned = replace(ROOT, kind=IncidentKind.MAINTENANCE, phase=Phase.SCHEDULED)
    assert [b.label for b in root_message(planned).buttons] == ["Details", "Mute until it's over", "Filter", "Why?"]
    asks = [b.confirm for b in root_message(planned).buttons if b.confirm]
    assert asks == ["Mute this maintenance here until it's over? Its message keeps updating."], "it mutes at once"


def test_only_the_text_that_says_most_is_quoted_and_repeats_are_counted_in_small_print() -> None:
    cause = UpdateView(Phase.IDENTIFIED, at(30), "A switch died.")
    again = UpdateView(Phase.IDENTIFIED, at(90), "We continue to work on a fix.", count=13, last=at(90 + 12 * 60))
    view = replace(ROOT, phase=Phase.IDENTIFIED, quote=cause, newest=again, updates=15, kept=())
    text = read(root_message(view))
    assert "\n> A switch died.\n" in text
    assert LOOKING.text not in text
    assert "still" not in text
    assert "“We continue to work on a fix.” 13×, last 15:40 · " in text  # noqa: RUF001
    terse = replace(view, newest=replace(again, text="We work on it.", count=1))
    assert "still “We work on it.” " in read(root_message(terse))
    repeated = replace(view, quote=again, newest=again)
    assert "> We continue to work on a fix.\n(Affects Git Operations · repeated 13×, last 15:40" in read(  # noqa: RUF001
        root_message(repeated)
    )


def test_what_stands_nowhere_else_stays_above_the_newest() -> None:
    newest = UpdateView(Phase.IDENTIFIED, at(30), "A switch died.")
    text = read(root_message(replace(ROOT, phase=Phase.IDENTIFIED, quote=newest, newest=newest)))
    assert "> We are looking into failed pushes.\nIdentified · 02:40\n> A switch died.\n" in text


def test_monitoring_is_calmer_and_keeps_the_level() -> None:
    message = root_message(replace(ROOT, phase=Phase.MONITORING))
    assert message.tone is Tone.MONITORING
    assert "\nMajor outage · monitoring · since 02:10" in read(message)
    assert "monitoring, major outage" in message.summary


def test_a_reopened_card_says_so_by_name() -> None:
    reopening = Reopening(at(120), timedelta(minutes=25))
    message = root_message(replace(ROOT, reopening=reopening))
    assert "Major outage · investigating · since 02:10 (elapsed) · reopened 04:10" in read(message)
    assert "— reopened, major outage" in message.summary


def test_an_end_is_one_line_that_quotes_nothing() -> None:
    ended = replace(
        ROOT,
        phase=Phase.POSTMORTEM,
        level=Level.OPERATIONAL,
        resolved=at(13 * 60 + 5),
        kept=(),
        quote=UpdateView(Phase.POSTMORTEM, at(9_000), "# Post Mortem\n" * 25),
        updates=9,
        has_postmortem=True,
    )
    message = root_message(ended)
    assert message.summary == "GitHub: Git Operations are failing — resolved after 13 h 05 min"
    assert message.tone is Tone.ENDED
    assert read(message).splitlines()[:2] == [
        "GitHub: Git Operations are failing · resolved after 13 h 05 min",
        "(9 updates · Postmortem published · www.githubstatus.com)",
    ]
    assert plain_text(message.lead) == "GitHub is back after 13 h 05 min: Git Operations are failing"


@pytest.mark.parametrize(
    ("view", "state", "tone"),
    [
        (replace(ROOT, level=None, phase=None), "Level not given · since 02:10 (elapsed)", Tone.UNKNOWN),
        (replace(ROOT, level=None), "Level not given · investigating · since 02:10 (elapsed)", Tone.UNKNOWN),
        (
            replace(ROOT, level=Level.DEGRADED, phase=Phase.IDENTIFIED),
            "Degraded performance · identified · since 02:10 (elapsed)",
            Tone.DEGRADED,
        ),
        (replace(ROOT, level=Level.OPERATIONAL), "No impact stated · investigating · since 02:10 (elapsed)", Tone.OK),
        (
            replace(ROOT, vanished=True),
            "Removed from the status page before it was resolved · major outage · since 02:10 (elapsed)",
            Tone.GONE,
        ),
        (
            replace(ROOT, kind=IncidentKind.MAINTENANCE, phase=Phase.SCHEDULED, planned_end=at(120)),
            "Maintenance scheduled · 2026-09-14 02:10 to 04:10",
            Tone.MAINTENANCE,
        ),
        (
            replace(ROOT, kind=IncidentKind.MAINTENANCE, phase=Phase.IN_PROGRESS, planned_end=at(120)),
            "Maintenance under way · since 02:10 (elapsed) · until 04:10",
            Tone.MAINTENANCE,
        ),
    ],
)
def test_the_state_stands_on_the_second_line(view: RootView, state: str, tone: Tone) -> None:
    message = root_message(view)
    assert read(message).splitlines()[1] == state
    assert message.tone is tone


def test_a_maintenance_that_is_over_says_how_long_it_took() -> None:
    view = replace(ROOT, kind=IncidentKind.MAINTENANCE, level=None, phase=Phase.COMPLETED, resolved=at(120))
    assert root_message(view).summary.endswith(" — maintenance completed after 2 h")


@pytest.mark.parametrize("labels", [("Docs",), ("Billing portal", "Documentation"), ("Support / Website",)])
def test_parts_beside_the_product_are_named_and_not_the_vendor_alone(labels: tuple[str, ...]) -> None:
    message = root_message(replace(ROOT, components=labels))
    assert (message.title or "").startswith(f"GitHub ({labels[0]}")
    assert f"Major outage of {labels[0]}" in read(message)
    assert f"GitHub ({labels[0]}" in plain_text(message.lead)
    mixed = root_message(replace(ROOT, components=(*labels, "API")))
    assert mixed.title == "GitHub: Git Operations are failing"


def test_an_incident_that_names_no_component_says_nothing_of_them() -> None:
    message = root_message(replace(ROOT, components=()))
    assert "ffects" not in read(message)
    assert message.summary == "GitHub: Git Operations are failing — major outage"


def test_many_components_are_cut_but_never_to_one_more() -> None:
    labels = ("API", "Webhooks", "Actions", "Pages", "Packages")
    assert "Affects API, Webhooks, Actions and 2 more" in read(root_message(replace(ROOT, components=labels)))
    assert "Affects API, Webhooks, Actions and Pages" in read(root_message(replace(ROOT, components=labels[:4])))


def test_a_vanished_incident_is_struck_and_says_that_it_has_no_end() -> None:
    message = root_message(replace(ROOT, vanished=True))
    assert message.struck
    assert read(message).startswith(
        "~~GitHub: Git Operations are failing~~\nRemoved from the status page before it was"
    )
    assert "> ~~We are looking into failed pushes.~~" in read(message)


def test_what_says_most_stands_where_it_was_said_among_the_texts_of_a_vanished_incident() -> None:
    cause = UpdateView(Phase.IDENTIFIED, T0 + timedelta(minutes=10), "A disk is full.")
    again = UpdateView(Phase.IDENTIFIED, T0 + timedelta(minutes=20), "We are on it.", 2, T0 + timedelta(minutes=30))
    told = read(root_message(replace(ROOT, vanished=True, quote=cause, newest=again, kept=(LOOKING, again))))
    assert told.index(LOOKING.text) < told.index(cause.text) < told.index(again.text)


def test_an_episode_says_that_no_incident_was_posted() -> None:
    view = replace(
        ROOT,
        kind=IncidentKind.EPISODE,
        title="x",
        components=("API",),
        level=Level.PARTIAL_OUTAGE,
        quote=None,
        newest=None,
        kept=(),
    )
    message = root_message(view)
    assert message.summary == "GitHub: API — partial outage, no incident posted yet"
    assert "(Their page shows it; no incident posted yet · " in read(message)
    over = root_message(replace(view, phase=Phase.RESOLVED, resolved=at(22)))
    assert over.summary == "GitHub: API — back to normal after 22 min"
    assert "(No incident was posted · " in read(over)


def test_a_reply_about_an_episode_claims_no_work_of_the_vendor() -> None:
    said = UpdateView(Phase.INVESTIGATING, T0, "API: partial outage")
    view = replace(REPLY, kind=IncidentKind.EPISODE, title="API: partial outage", updates=(said,))
    assert "seen on the page" in reply_message(view).summary
    over = replace(view, updates=(replace(said, phase=Phase.RESOLVED),))
    assert reply_message(over).title == "Back to normal"


def test_a_title_of_several_lines_becomes_one() -> None:
    assert "\n" not in root_message(replace(ROOT, title="Git\n  Operations\r\nfail")).summary


def test_a_reply_is_a_notification_of_its_own() -> None:
    message = reply_message(REPLY)
    assert message.summary == (
        "GitHub: Git Operations are failing — monitoring (major outage; Git Operations): A fix is out."
    )
    assert message.tone is Tone.MONITORING
    assert read(message) == "Monitoring · 03:10\n> A fix is out."


def test_a_standalone_reply_names_vendor_and_incident_and_links_it() -> None:
    message = reply_message(replace(REPLY, standalone=True))
    assert read(message).splitlines()[0] == "GitHub: Git Operations are failing · Monitoring · 03:10"
    assert message.url == REPLY.url


def test_what_a_channel_missed_comes_oldest_first_in_one_reply() -> None:
    said = (
        replace(LOOKING, count=3, last=at(5)),
        *REPLY.updates,
        UpdateView(Phase.RESOLVED, at(120), "Over."),
    )
    message = reply_message(replace(REPLY, phase=Phase.RESOLVED, updates=said))
    assert message.tone is Tone.ENDED
    assert read(message).splitlines() == [
        "Resolved, 3 updates",
        "Investigating · 02:10",
        "> We are looking into failed pushes.",
        "repeated 3×, last 02:15",  # noqa: RUF001
        "Monitoring · 03:10",
        "> A fix is out.",
        "Resolved · 04:10",
        "> Over.",
    ]


def test_a_post_of_a_feed_without_phase_or_level_is_an_update() -> None:
    message = reply_message(replace(REPLY, phase=None, level=None, updates=(UpdateView(None, T0, "Hello."),)))
    assert "— update posted (level not given; " in message.summary
    assert message.tone is Tone.UNKNOWN


def test_an_update_that_was_taken_down_is_struck() -> None:
    message = reply_message(replace(REPLY, updates=(replace(LOOKING, removed=True),)))
    assert read(message).startswith("Update removed · 02:10\n> ~~We are looking into failed pushes.~~\n")


@pytest.mark.parametrize(
    ("news", "parts", "line", "lead"),
    [
        (
            News.ENDED,
            {"phase": Phase.RESOLVED, "resolved": at(47)},
            "resolved after 47 min",
            "GitHub is back after 47 min: Git Operations are failing",
        ),
        (
            News.REOPENED,
            {"reopening": Reopening(at(72), timedelta(minutes=25))},
            "Reopened · major outage · 03:22 (was resolved for 25 min)",
            "GitHub reopened this, major outage, after 25 min resolved: Git Operations are failing",
        ),
        (
            News.WORSE,
            {"before": Level.DEGRADED},
            "Now a major outage · was degraded performance",
            "GitHub got worse, now a major outage: Git Operations are failing",
        ),
        (
            News.VANISHED,
            {},
            "Removed from the status page before it was resolved · major outage",
            "GitHub removed this before it was resolved, major outage: Git Operations are failing",
        ),
        (
            News.RESTORED,
            {},
            "Back on the status page · major outage",
            "GitHub lists this again, major outage: Git Operations are failing",
        ),
    ],
)
def test_news_is_one_line(news: News, parts: dict[str, Any], line: str, lead: str) -> None:
    message = news_message(replace(NEWS, news=news, **parts))
    assert read(message) == f"GitHub: Git Operations are failing · {line}"
    assert plain_text(message.lead) == lead
    assert message.tone in DOTS, "a line that names a state has its dot"


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
}
roots = st.builds(
    RootView,
    vanished=st.booleans(),
    vendor=texts,
    vendor_url=texts,
    kind=st.sampled_from(IncidentKind),
    started=times,
    resolved=st.none() | times,
    planned_end=st.none() | times,
    components=st.lists(texts, max_size=6).map(tuple),
    quote=st.none() | said,
    kept=st.lists(said, max_size=2).map(tuple),
    reopening=st.none() | st.builds(Reopening, times, st.timedeltas()),
    newest=st.none() | said,
    updates=st.integers(0, 50),
    **shared,
)
replies = st.builds(
    ReplyView,
    vanished=st.booleans(),
    vendor=texts,
    updates=st.lists(said, max_size=5).map(tuple),
    standalone=st.booleans(),
    kind=st.sampled_from(IncidentKind),
    **shared,
)


news = st.builds(
    NewsView,
    vendor=texts,
    kind=st.sampled_from(IncidentKind),
    news=st.sampled_from(News),
    before=st.none() | st.sampled_from(Level),
    started=times,
    resolved=st.none() | times,
    components=st.lists(texts, max_size=6).map(tuple),
    **{**shared, "url": texts},
)


def message_of(view: View) -> Message:
    match view:
        case RootView():
            return root_message(view)
        case ReplyView():
            return reply_message(view)
        case NewsView():
            return news_message(view)
        case ReminderView():
            return reminder_message(view)


@settings(max_examples=150, deadline=None)
@given(roots | replies | news)
def test_every_view_can_be_said_in_one_line(view: View) -> None:
    message = message_of(view)
    assert message.summary.strip()
    assert len(message.summary.splitlines()) == 1
    assert read(message)
    if isinstance(view, RootView):
        said = [*message.subtitle, *(block.line for block in message.blocks[:1] if isinstance(block, Paragraph))]
        assert said, "the state is always told"
