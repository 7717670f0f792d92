"""The stages that texts state, in eight languages: an end is a finished statement, and in doubt there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import ENDED, Phase
from bot.monitor.parsing.feed_updates import one_update
from bot.monitor.parsing.stages import stage_in, without_stage
from tests.monitor.facts import NOON
from tests.shelf import SHARED, needs

SENTENCES = Path(__file__).with_name("stage_sentences.tsv")
FEWEST = 80


def table(path: Path) -> list[tuple[str, str]]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [(text, stage) for text, _, stage in (line.partition("\t") for line in lines[1:])]


def stage_of(text: str) -> str:
    return one_update("Trouble with the pier", text, NOON)[0].phase or "-"


@pytest.mark.parametrize(("text", "stage"), table(SENTENCES))
def test_a_text_states_its_stage(text: str, stage: str) -> None:
    assert stage_of(text) == stage


def test_there_are_many_both_ways() -> None:
    stages = [stage for _, stage in table(SENTENCES)]
    assert len(stages) >= FEWEST
    assert min(stages.count("resolved"), len(stages) - stages.count("resolved")) >= FEWEST // 2


@needs("cases/sentences.tsv")
def test_texts_of_others_state_their_stage() -> None:
    wrong = [(text, stage_of(text), stage) for text, stage in table(SHARED / "cases/sentences.tsv")]
    assert [row for row in wrong if row[1] != row[2]] == []


def english_ends() -> Iterator[str]:
    """The table's first part, those of one sentence."""
    for text, stage in table(SENTENCES):
        if text.startswith("Der "):
            return
        if stage == "resolved" and ". " not in text and " - " not in text:
            yield text.rstrip(".").lower()


@given(
    end=st.sampled_from(list(english_ends())),
    hope=st.sampled_from(
        [
            "We expect that {}.",
            "We hope {}.",
            "Once {}, we will write.",
            "Until {}, wait.",
            "If {}.",
            "It seems that {}.",
        ]
    ),
)
def test_an_end_that_is_wished_for_is_none(end: str, hope: str) -> None:
    assert stage_in(hope.format(end)) not in ENDED


@pytest.mark.parametrize(
    ("title", "base", "stage"),
    [
        ("Slow moorings", "Slow moorings", None),
        ("Piers: [RESOLVED] Slow moorings", "Piers: Slow moorings", Phase.RESOLVED),
        ("Investigating: Slow moorings", "Slow moorings", Phase.INVESTIGATING),
        ("Update 2: Monitoring - Slow moorings", "Slow moorings", Phase.MONITORING),
        ("Slow moorings (behoben)", "Slow moorings", Phase.RESOLVED),
        ("Résolu : Slow moorings", "Slow moorings", Phase.RESOLVED),
        ("【復旧】Slow moorings", "Slow moorings", Phase.RESOLVED),
        ("Slow moorings - In Bearbeitung", "Slow moorings", Phase.IN_PROGRESS),
        ("Slow moorings - In Wartestellung", "Slow moorings - In Wartestellung", None),
        ("【障害】Slow moorings", "Slow moorings", None),
        ("[Störung] [Behoben] Slow moorings", "Slow moorings", Phase.RESOLVED),
        ("Störung: Slow moorings", "Störung: Slow moorings", None),
        ("✅ Opgelost - Slow moorings", "Slow moorings", Phase.RESOLVED),
        ("Slow moorings | Identified", "Slow moorings", Phase.IDENTIFIED),
        ("Pier (closed section)", "Pier (closed section)", None),
        ("Resolved", "Resolved", Phase.RESOLVED),
        ("[Resolved]", "[Resolved]", Phase.RESOLVED),
        ("", "", None),
    ],
)
def test_a_title_is_the_same_whatever_stage_it_names(title: str, base: str, stage: Phase | None) -> None:
    assert without_stage(title) == (base, stage)


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    stage_in(text)
    assert without_stage(text)[0] or not text.strip()
