"""A digest's messages: each fits one message of every platform, whatever vendors write, and shows all it should."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.discord.render import message as discord
from bot.adapters.slack.render import message as slack
from bot.domain import Incident, IncidentKind, Level, Phase, Slug, Vendor
from bot.domain.digests import Digest, DigestEntry, DigestSection
from bot.message import Message, Tone
from bot.wording.digest import digest_message, digest_part_message, digest_parts
from tests.text import read

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
ACME = Vendor(Slug("acme"), "Acme", "https://status.acme.test", "https://status.acme.test", "cloud", "hosting")
HOSTILE = st.text(st.sampled_from("a😀\u202e*_~`<>[]()|@#:/\\\n &;é"), max_size=200)


def entry(
    number: int, section: DigestSection, title: str = "Trouble", name: str = "Acme", kept: str = ""
) -> DigestEntry:
    over = section in (DigestSection.OVER, DigestSection.KEPT_BACK)
    planned = section is DigestSection.PLANNED
    began = NOW + timedelta(hours=5) if planned else NOW - timedelta(hours=5, minutes=number)
    ended = began + timedelta(minutes=42) if over else None
    incident = Incident(
        ACME.slug,
        f"i{number}",
        IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title,
        Phase.SCHEDULED if planned else Phase.RESOLVED if over else Phase.IDENTIFIED,
        None,
        began,
        ended,
        planned_end=began + timedelta(hours=2) if planned else None,
        level=Level.PARTIAL_OUTAGE,
    )
    return DigestEntry(section, replace(ACME, name=name), incident, incident.level, ended, kept)


def digest(*entries: DigestEntry, **more: object) -> Digest:
    plain = Digest(NOW - timedelta(days=1), NOW, False, ("Acme", "Bolt"), (), entries)
    return replace(plain, **more)  # type: ignore[arg-type]


def messages(told: Digest) -> list[Message]:
    root, *others = digest_parts(told)
    below = [digest_part_message(part, n, len(others), told.until) for n, part in enumerate(others, start=1)]
    return [digest_message(told, root, below=bool(others)), *below]


def test_a_short_one_says_what_how_long_and_when() -> None:
    (message,) = messages(
        digest(
            entry(1, DigestSection.OPEN, "Slow logins"),
            entry(2, DigestSection.PLANNED, "New racks"),
            entry(3, DigestSection.OVER, "No mails"),
            entry(4, DigestSection.KEPT_BACK, "A blip", kept="ended_within_hold"),
        )
    )
    assert message.summary == "Daily digest: 1 open, 1 planned, 1 over, 1 kept back."
    assert message.tone is Tone.PARTIAL
    assert read([message]).splitlines() == [
        "Daily digest: 1 open, 1 planned, 1 over, 1 kept back.",
        "Open",
        "- 🟠 Acme: Slow logins — partial outage, open for 5 h 01 min",
        "Planned",
        "- 🛠️ Acme: New racks — 2026-03-03 14:00 to 16:00",
        "Over",
        "- ✅ Acme: No mails — partial outage, resolved after 42 min · 2026-03-03 04:39",
        "Over, and kept back from this channel",
        "- ✅ Acme: A blip — partial outage, resolved after 42 min · 2026-03-03 04:38 · over within its hold",
        "(Since 2026-03-02 09:00)",
        "[How it stands now: status]",
    ]


def test_an_empty_one_is_a_sign_of_life_and_never_greener_than_what_is_known() -> None:
    (message,) = messages(digest())
    assert message.summary == "Daily digest: quiet, nothing happened to this channel's 2 vendors."
    assert message.tone is Tone.OK
    (message,) = messages(digest(unreadable=("Bolt",), weekly=True))
    assert message.summary == "Weekly digest: nothing is known to have happened to this channel's 2 vendors."
    assert message.tone is Tone.UNKNOWN
    assert "Cannot be read now, so something may be missing: Bolt." in read([message])


def test_a_long_one_names_each_once() -> None:
    told = digest(*(entry(n, DigestSection.OVER, f"Trouble {n:03}") for n in range(100)), more=5)
    shown = messages(told)
    text = read(shown)
    assert all(text.count(f"Trouble {n:03}") == 1 for n in range(100))
    assert "The others are below. And 5 more incidents." in read(shown[:1])
    assert len(shown) < 15


def test_what_has_to_be_escaped_takes_its_room() -> None:
    """Titles, names and addresses of signs, beside many names of pages that cannot be read."""
    signs = [entry(n, DigestSection.OPEN, "*_" * 100, "<[" * 100) for n in range(9)]
    linked = [replace(one, incident=replace(one.incident, url=f"https://a.test/{'(' * 250}")) for one in signs]
    for entries in (signs, linked):
        for message in messages(digest(*entries, unreadable=("`|" * 30,) * 12)):
            assert len(discord.as_pages(message)) == 1


@given(
    st.lists(st.tuples(st.sampled_from(DigestSection), HOSTILE, HOSTILE), max_size=40), st.lists(HOSTILE, max_size=30)
)
def test_each_is_one_message_on_every_platform(rows: list[tuple[DigestSection, str, str]], names: list[str]) -> None:
    entries = [entry(n, section, title, name or "x", kept="held" * 9) for n, (section, title, name) in enumerate(rows)]
    for number, message in enumerate(messages(digest(*entries, unreadable=tuple(names)))):
        rendered = slack.card(message, slack.RenderContext())
        assert "There is more" not in str(rendered.blocks)
        assert len(rendered.blocks) <= slack.MAX_BLOCKS
        bodies = discord.as_pages(message)
        assert len(bodies) == 1, (number, bodies)
        assert len(bodies[0].get("content") or "") <= 2_000
