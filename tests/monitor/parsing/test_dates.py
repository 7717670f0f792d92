"""Dates as people write them into feeds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.monitor.parsing.dates import written_date
from tests.shelf import SHARED, needs

MORNING = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
"""A Tuesday."""


def shown(text: str) -> str:
    date = written_date(text)
    return "-" if date is None else f"{date.at:%Y-%m-%dT%H:%M:%SZ}{'' if date.zoned else ' (no zone: UTC, counted)'}"


@needs("cases/dates.tsv")
def test_dates_of_others_are_read() -> None:
    lines = (SHARED / "cases/dates.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [(text, shown(text), date) for text, _, date in (line.partition("\t") for line in lines)]
    assert [row for row in rows if not row[2].startswith(row[1])] == []


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 03 Mar 2026 08:00:00 GMT",
        "Tues, 3 March 2026 8:00 AM UTC",
        "Tue Mar  3 08:00:00 UTC 2026",
        "Tue Mar 03 2026 08:00:00 GMT+0000 (Coordinated Universal Time)",
        "March 3rd, 2026 at 3:00 am ET",
        "Tue, 03 Mar 2026 09:00:00 GMT+1",
        "Tue, 03 Mar 2026 03:00:00 -0500 (EST)",
        "Tue, 03 Mar 2026 09:00:00 Europe/Paris",
        "2026-03-03 08:00:00.25 +0000 UTC m=+12.5",
        "03-Mar-26 08:00:00 Z",
        "13/03/2026 00:00 UTC",
        "03.03.2026 9.00 Uhr MEZ",
        "1772524800",
        "1772524800000",
        "Di., 3. März 2026 09:00 MEZ",
        "Di, 03 Mrz 2026 09:00:00 +0100",
        "mar., 03 mars 2026 09:00:00 +0100",
        "mardi 3 mars 2026 à 9h00 CET",
        "mar, 03 mar 2026 09:00:00 +0100",
        "martes, 3 de marzo de 2026, 9:00 a. m. CET",
        "ter., 03 mar. 2026 05:00:00 -0300",
        "terça-feira, 3 de março de 2026 08:00 UTC",
        "di 3 mrt 2026 09:00 CET",
        "dinsdag 3 maart 2026 om 9.00 uur CET",
        "mar, 3 mar 2026, ore 9:00 CET",
        "martedì 3 marzo 2026 alle 09:00 CET",
        "2026年3月3日(火) 17:00 JST",
        "2026. 3. 3. 17:00 JST",
        "3 mars 2026 à 9 h 00 (CET)",
        "Dienstag, 3. März 2026, 9 Uhr 00 (GMT+1)",
        "03/03/2026 09:00 (UTC+01:00)",
        "di 3 mrt 2026 9 uur CET",
        "2026年3月3日 午後5時00分 JST",
        "火, 03 3月 2026 17:00:00 +0900",
    ],
)
def test_one_moment_is_written_in_many_ways(text: str) -> None:
    date = written_date(text)
    assert date is not None
    assert date.zoned
    assert date.at.replace(day=3, hour=8, microsecond=0) == MORNING
    assert (date.at.day, date.at.hour) in ((3, 8), (13, 0))


@pytest.mark.parametrize(
    ("month", "names"),
    [
        (1, "January Januar Jänner janvier enero janeiro januari gennaio jan. ene gen"),
        (2, "February Februar février febrero fevereiro februari febbraio fév feb fev"),
        (3, "March März mars marzo março maart mar. Mrz mrt Mär"),
        (4, "April Avril abril aprile apr avr. abr"),
        (5, "May Mai mayo maio mei maggio mag."),
        (6, "June Juni juin junio junho giugno jun giu"),
        (7, "July Juli juillet julio julho luglio juil. jul lug"),
        (8, "August août agosto augustus aug. ago"),
        (9, "September septembre septiembre setembro settembre Sept. sep set"),
        (10, "October Oktober octobre octubre outubro ottobre okt oct out ott"),
        (11, "November novembre noviembre novembro nov."),
        (12, "December Dezember décembre diciembre dezembro dicembre déc dic dez"),
    ],
)
def test_months_in_eight_languages(month: int, names: str) -> None:
    for name in names.split():
        date = written_date(f"2 {name} 2026 10:00 UTC")
        assert date is not None, name
        assert date.at == datetime(2026, month, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-03-03T08:00:00", "Tue Mar 3 08:00:00 2026", "3. März 2026, 8 Uhr 00", "2026-03-03 08:00", "3 mars 2026 8h"],
)
def test_a_date_without_a_zone_says_so(text: str) -> None:
    date = written_date(text)
    assert date is not None
    assert (date.at, date.zoned) == (MORNING, False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "soon, 3 May",
        "01/03/2026 08:00:00",
        "03-04-2026 08:00",
        "Tue, 03 Mar 2026 08:00:00 XYZ",
        "Tue, 03 Mar 2026 08:00:00 Mars/Olympus",
        "Tue, 03 Mar 2026 25:00:00 GMT",
        "Mon, 31 Feb 2026 08:00:00 GMT",
        "3 Foo 2026 08:00 GMT",
        "3 March 0026 08:00 GMT",
        "9999-12-31T23:59:59-23:59",
        "x" * 10_000,
    ],
)
def test_what_nobody_can_tell_is_no_date(text: str) -> None:
    assert written_date(text) is None


@given(st.text(max_size=120) | st.from_regex(r"[A-Za-z0-9 :,+/.()-]{0,60}", fullmatch=True))
def test_any_text_is_a_date_in_utc_or_none(text: str) -> None:
    date = written_date(text)
    assert date is None or date.at.tzinfo is UTC


@given(st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1)), st.integers(-14 * 4, 14 * 4))  # noqa: DTZ001
def test_what_is_written_by_rule_is_read_back(at: datetime, quarters: int) -> None:
    sign, minutes = "+" if quarters >= 0 else "-", abs(quarters) * 15
    offset = f"{sign}{minutes // 60:02}{minutes % 60:02}"
    at = at.replace(microsecond=0)
    date = written_date(f"{at:%a, %d %b %Y %H:%M:%S} {offset}")
    assert date is not None
    assert date.at == datetime.fromisoformat(f"{at.isoformat()}{offset}")
