from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.commands.duration import split_duration
from bot.commands.scan import UsageError
from bot.domain import Mute, Phase
from bot.message import Opens
from tests.commands.talk import GITHUB_PARTS, NOW, Talk, ago, incident, said

DOWN = incident("github", "down1234", "Pushes fail", ago(hours=1), said(1, ago(hours=1), "Hm."), components=("c1",))
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(name="told")
def _told(talk: Talk) -> Talk:
    """A channel with one open incident of GitHub, posted."""
    talk.say("subscribe github")
    talk.reading("github", GITHUB_PARTS, [DOWN])
    talk.post()
    return talk


@pytest.mark.parametrize(
    ("typed", "what", "until"),
    [
        ("github 1h", "github", NOW + timedelta(hours=1)),
        ("github for 30 minutes", "github", NOW + timedelta(minutes=30)),
        ("new relic 2D", "new relic", NOW + timedelta(days=2)),
        ("github until resolved", "github", None),
        ("github until:over", "github", None),
        ("github/abc until 15:30", "github/abc", datetime(2026, 9, 14, 13, 30, tzinfo=UTC)),
        ("github until 9:00", "github", datetime(2026, 9, 15, 7, 0, tzinfo=UTC)),
        ("github until 9am", "github", datetime(2026, 9, 15, 7, 0, tzinfo=UTC)),
        ("github for an hour", "github", NOW + timedelta(hours=1)),
        ("github for half an hour", "github", NOW + timedelta(minutes=30)),
        ("github 1h30m", "github", NOW + timedelta(minutes=90)),
        ("github for 1.5 hours", "github", NOW + timedelta(minutes=90)),
        ("github until tomorrow", "github", datetime(2026, 9, 15, 7, 0, tzinfo=UTC)),
        ("github until tomorrow 15:00", "github", datetime(2026, 9, 15, 13, 0, tzinfo=UTC)),
        ("github until wed 10am", "github", datetime(2026, 9, 16, 8, 0, tzinfo=UTC)),
        ("github until 2026-09-20", "github", datetime(2026, 9, 20, 7, 0, tzinfo=UTC)),
        ("github until 2026-09-20 at 17:00", "github", datetime(2026, 9, 20, 15, 0, tzinfo=UTC)),
        ("github until monday", "github", datetime(2026, 9, 21, 7, 0, tzinfo=UTC)),
        ("github until end of day", "github", datetime(2026, 9, 14, 22, 0, tzinfo=UTC)),
        ("github overnight", "github", datetime(2026, 9, 15, 7, 0, tzinfo=UTC)),
        ("github for the weekend", "github", datetime(2026, 9, 21, 7, 0, tzinfo=UTC)),
        ("github for the rest of the day", "github", datetime(2026, 9, 14, 22, 0, tzinfo=UTC)),
        ("github until 12 am", "github", datetime(2026, 9, 14, 22, 0, tzinfo=UTC)),
    ],
)
def test_a_span_is_read_at_the_end(typed: str, what: str, until: datetime | None) -> None:
    assert split_duration(typed, BERLIN, NOW) == (what, Mute(until))


def test_a_name_alone_has_no_span() -> None:
    assert split_duration("level 3", BERLIN, NOW) == ("level 3", None)


@pytest.mark.parametrize(
    "typed",
    [
        *("x 0h", "x 9999d", "x 999999w", "x 2h until 9:00"),
        *("x until doomsday", "x until 25:00", "x until 13pm", "x until 9"),
        *("x until 2026-09-31", "x until 2026-09-10", "x until 9999-12-31 23:59", "x until 0001-01-01"),
    ],
)
def test_a_span_that_cannot_be_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="for example"):
        split_duration(typed, BERLIN, NOW)


def test_an_incident_is_muted_by_id_link_or_message(told: Talk) -> None:
    assert told.say("mute github/down1234 1h").splitlines() == [
        "Muted “GitHub — Pushes fail” for 1 h.",
        "Nothing new is posted until 2026-09-14 13:00. Existing messages keep updating; you'll get one catch-up "
        "message then.",
        "(By ana)",
        "[Unmute: unmute github/down1234]",
    ]
    assert told.replies[-1].public
    ref = told.store.cards.of_channel(told.channel, ago(days=1))[0].state.posts[0].ref
    for name in ("down1234", f"{DOWN.url}", f"{ref}"):
        assert told.say(f"mute {name} until resolved").startswith("Muted “GitHub — Pushes fail” until it's resolved.")
    [muted] = told.store.mutes.of_channel(told.channel, NOW)
    assert muted.mute == Mute()


def test_a_vendor_is_muted_whole(told: Talk) -> None:
    assert told.say("mute github 2d").startswith("Muted GitHub for 2 d.")
    told.reading("github", GITHUB_PARTS, [incident("github", "new12345", "More", NOW, said(1, NOW, "Hm."))])
    assert told.say("mute").splitlines() == [
        "1 mute in this channel.",
        "- GitHub — until 2026-09-16 12:00, for 2 d",
        "[Unmute: unmute github]",
    ]
    assert " · muted until 2026-09-16 12:00" in told.say("list")
    assert "It is muted here for 2 d." in told.say("why new12345")
    assert "Muted: until 2026-09-16 12:00, for 2 d" in told.say("why down1234")


def test_list_says_that_an_incident_is_muted(told: Talk) -> None:
    told.say("mute down1234 until resolved")
    assert "Muted: 1 incident; mute says which." in told.say("list")


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("github", "GitHub isn't muted."),
        ("down1234", "“GitHub — Pushes fail” isn't muted."),
        ("all", "Nothing is muted in this channel."),
        ("github gitlab", "GitHub or GitLab isn't muted."),
    ],
)
def test_what_was_muted_can_be_unmuted(told: Talk, name: str, again: str) -> None:
    told.say("mute github/down1234 1h")
    assert "[Pushes fail: unmute github/down1234]" not in told.say("status")
    assert "unmute github/down1234" in told.say("unmute")
    assert told.say(f"unmute {name}").startswith("Unmuted ")
    assert told.say(f"unmute {name}") == again
    assert told.say("mute").startswith("Nothing is muted in this channel.")


def test_no_span_offers_some(told: Talk) -> None:
    text = told.say("mute github/down1234")
    assert text.startswith("Mute it for how long?")
    *offered, form = told.replies[-1].messages[0].buttons
    assert (form.command, form.opens) == ("mute github/down1234", Opens.FORM)
    assert [button.confirm for button in offered] == [
        f"Mute in this channel {span}? Existing messages keep updating."
        for span in ("for 1h", "for 1d", "until resolved")
    ]
    assert "[until resolved: mute github/down1234 until resolved]" in text
    assert not told.replies[-1].public


@pytest.mark.parametrize(
    ("typed", "said_"),
    [
        ("mute aws 1h", "This channel does not subscribe to AWS."),
        ("mute aws until resolved", "AWS has nothing open here"),
        (
            "mute nonsense99 1h",
            "I know no vendor or incident “nonsense99”.\nName a vendor or an incident, for example mute github 1h",
        ),
        ("mute github forever", "For how long is “forever”?\nType mute github <1h|2d|until 9:00>"),
        ("mute github -5 hours or so", "For how long is “-5 hours”?"),
        ("unmute nonsense99", "for example unmute github;"),
        ("mute old12345 1h", "This channel gets nothing about it."),
        ("mute old12345 until resolved", "It is over already."),
        ("unmute github", "GitHub isn't muted."),
    ],
)
def test_what_cannot_be_muted_is_said(told: Talk, typed: str, said_: str) -> None:
    over = incident("gitlab", "old12345", "Old", ago(days=2), said(1, ago(days=1), "Over.", Phase.RESOLVED))
    told.reading("gitlab", (), [over], announce=False)
    assert said_.lower() in told.say(typed).lower()
    assert not told.replies[-1].public


def test_only_managers_mute_and_everybody_may_look(told: Talk) -> None:
    told.say("mute github 1h", may_manage=False)
    assert not told.replies[-1].public
    assert told.say("mute", may_manage=False).startswith("Nothing is muted in this channel.")
