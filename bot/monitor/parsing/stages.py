"""Which stage a text of a feed states, in eight languages. Pure; bounded work for any text.

A label decides: ``Status: Resolved``, ``[Gelöst] …``, ``… - Operational``. In sentences an end counts only as a
finished statement: wished for, denied, limited to a part, or beside a sentence that says that trouble goes on, it is
none, and rather no stage is read than a false all-clear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from bot.domain import Phase
from bot.monitor.parsing.languages import LANGUAGES
from bot.monitor.parsing.languages.labels import (
    AFTER_WORK,
    LABELS,
    MAINTENANCE,
    PLANNED_MAINTENANCE,
    PLANNED_WORK,
    TAGS,
)
from bot.monitor.parsing.languages.language import Language

MAX_CHARS = 4000
"""Of a text: the stage stands in its first sentences, root causes behind them fill pages."""
KNOWN_TEXTS = 2048
"""A feed shows the same texts at every reading."""
LATIN = LANGUAGES[:-1]
"""Those that can be written in ASCII."""
_MAX_LABEL_CHARS = 40
_NOT_AT_THE_START = frozenset({"issue", "open", "essential", "operational", "ongoing", "new"})
"""Labels that begin sentences too: "Issue: nobody can log in"."""

_ACCENTS = re.compile("[\u0300-\u036f]")
_BLANKS = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"[.!?;:]+(?=\s|$)|[。！？!?\n]+|\s[-–—]\s")  # noqa: RUF001
_QUESTION_MARKS = frozenset("?？")  # noqa: RUF001
_CLAUSE_END = re.compile(r"[,;:、]| and | but | und | et | y | e | en ")
_JOINED = re.compile(r"\b(?:and|but|und|aber|et|mais|y|pero|mas|maar|ma)\b")
_DENIED = re.compile(
    r"\b(?:not|once|until|when|if|unless|nicht|sobald|wenn|ne|pas|lorsque|no|aun|cuando|nao|ainda|quando|niet|zodra|non"
    r"|ancora|appena)\b|n't\b|\bn'|ません|ない"
)

_BRACKETED = re.compile(r"\s*[\[(【]\s{0,3}([^\[\]()【】]{1,40}?)\s{0,3}[\])】]\s*[:\-–—|]?\s*")  # noqa: RUF001
_BEFORE = re.compile(r"^[^\w\[(【]{0,6}([^:：|\[\](){}]{1,40}?)\s{0,3}(?:[:：|]|\s[-–—](?=\s))\s*")  # noqa: RUF001
_BEHIND = re.compile(r"\s{0,3}(?:\s[-–—]|[:：|])\s{0,3}([^:：|\-–—\[\]()]{1,40})$")  # noqa: RUF001
_RUNS_AGAIN = re.compile(r"^[\w ]{0,40}\boperating normally:\s*", re.IGNORECASE)
_STATUS_LINE = re.compile(r"\s{0,9}(?:status|statut|estado|stato|state|ステータス)\s{0,3}[:：]\s{0,9}", re.IGNORECASE)  # noqa: RUF001
_NUMBER = re.compile(r"\s*#?\d{1,3}(?:/\d{1,3})?$")


def fold(text: str) -> str:
    """Lower case, without accents, blanks single: ``Gelöst`` and ``GELÖST`` are ``gelost``."""
    apart = unicodedata.normalize("NFKD", text.replace("\u2019", "'")).casefold()
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", _ACCENTS.sub("", apart))).strip()


@lru_cache(maxsize=1024)
def without_stage(title: str) -> tuple[str, Phase | None]:
    """A title without the labels that name a stage, and the first such stage; a title of labels alone stays."""
    rest = title.strip()
    found = LABELS.get(fold(rest))
    if head := _RUNS_AGAIN.match(rest):
        rest, found = rest[head.end() :], Phase.RESOLVED
    while True:
        cut = next((cut for cut in _label_spans(rest)), None)
        if cut is None:
            break
        start, end, phase = cut
        shorter = f"{rest[:start]} {rest[end:]}".strip()
        found = found or phase
        if not re.search(r"\w", shorter):
            break
        rest = shorter
    return (rest if re.search(r"\w", rest) else title), found


def _label_spans(title: str) -> list[tuple[int, int, Phase | None]]:
    spans = []
    for pattern in (_BRACKETED, _BEFORE, _BEHIND):
        for found in pattern.finditer(title):
            name = _NUMBER.sub("", fold(found[1]))
            if name in LABELS:
                spans.append((found.start(), found.end(), LABELS[name]))
            elif pattern is _BRACKETED and name in TAGS:
                spans.append((found.start(), found.end(), None))
    return spans


def label_of(text: str) -> tuple[Phase | None, int]:
    """The stage that a label at the beginning of a text names, and where the text goes on behind it: ``Status:
    Resolved``, ``Gelöst: …``, ``[Résolu] …``."""
    if line := _STATUS_LINE.match(text):
        rest = text[line.end() : line.end() + _MAX_LABEL_CHARS].split("\n")[0]
        ends = [found.end() for found in re.finditer(r"[^\s.,:;]+", rest)][:3]
        for end in reversed(ends):
            if (phase := LABELS.get(fold(rest[:end]))) is not None:
                at = line.end() + end
                return phase, at + len(re.match(r"[.:]?\s*", text[at:])[0])  # type: ignore[index]
        return None, 0
    for pattern in (_BRACKETED, _BEFORE):
        if (found := pattern.match(text)) and (name := fold(found[1])) not in _NOT_AT_THE_START:
            return LABELS.get(name), 0
    return None, 0


def is_about_maintenance(title: str, text: str) -> bool:
    """Planned work, by what a title or a text calls it."""
    name = AFTER_WORK.sub(" ", fold(title))
    is_named_so = MAINTENANCE.search(name) or PLANNED_WORK.search(name)
    return bool(is_named_so or PLANNED_MAINTENANCE.search(fold(text[:MAX_CHARS])))


def stage_in(text: str, *, planned: bool = False) -> Phase | None:
    """The stage that the sentences of a text state; ``planned``: it is about planned work."""
    return _stage_in(text[:MAX_CHARS], planned)


@lru_cache(maxsize=KNOWN_TEXTS)
def _stage_in(text: str, planned: bool) -> Phase | None:
    sentences = [folded for sentence in _stated(text) if (folded := fold(sentence))]
    if any(_ends(sentence, planned) for sentence in sentences) and not any(
        language.still.search(sentence) for sentence in sentences for language in _languages(sentence)
    ):
        return Phase.RESOLVED
    return next((stage for sentence in sentences if (stage := _going_on(sentence, planned))), None)


def _stated(text: str) -> Iterator[str]:
    """Its sentences, but for its questions."""
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if not set(end[0]) & _QUESTION_MARKS:
            yield text[start : end.start()]
        start = end.end()
    yield text[start:]


def _languages(sentence: str) -> Sequence[Language]:
    return LATIN if sentence.isascii() else LANGUAGES


def _ends(sentence: str, planned: bool) -> bool:
    """Languages share words: where one reads an end and another reads it denied, it is none."""
    planned = planned or MAINTENANCE.search(sentence) is not None
    verdicts = []
    for language in _languages(sentence):
        patterns = (language.end, language.work_end) if planned else (language.end,)
        if found := [each for pattern in patterns for each in pattern.finditer(sentence)]:
            verdicts.append(any(_is_finished(sentence, each, language) for each in found))
    return bool(verdicts) and all(verdicts)


def _is_finished(sentence: str, found: re.Match[str], language: Language) -> bool:
    head = sentence[: found.start()]
    described = language.about.search(head)
    if described and not _JOINED.search(head, described.end()):
        verb = head[described.end() :].split()[-1:]
        head = " ".join((head[: described.start()], *verb))
    if language.doubt.search(f"{head} {found[0]}"):
        return False
    rest = sentence[found.end() :]
    watched = (pattern for phase, pattern in language.stages if phase is Phase.MONITORING)
    return not language.limit.search(rest) and not any(pattern.search(rest) for pattern in watched)


def _going_on(sentence: str, planned: bool) -> Phase | None:
    for language in _languages(sentence):
        for phase, pattern in (*(language.work_stages if planned else ()), *language.stages):
            for found in pattern.finditer(sentence):
                clause = _CLAUSE_END.split(sentence[: found.start()])[-1]
                if not _DENIED.search(f"{clause} {found[0]}"):
                    return phase
    return None
