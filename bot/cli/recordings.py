"""Recorded pages as a stream of steps on one clock: files in order, each parsed once, whatever they are of a page.

At most :data:`LOOKAHEAD` files are held at a time, so a folder may hold years.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from bot.domain import Slug, Snapshot
from bot.monitor.detect import recognise
from bot.monitor.provider import Body, ParseFailed, Provider, no_urls

DEFAULT_STEP = timedelta(seconds=60)
"""Between files without a time in their names."""
DEFAULT_START = datetime(2026, 1, 1, tzinfo=UTC)
"""Where neither the first file's name nor its content has a time."""
PAGE_URL = "https://status.invalid"
LOOKAHEAD = 100
"""So many files tell what a recording consists of: states, lists of incidents, or both."""

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):?(\d\d):?(\d\d))?")

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """A file with a recorded page."""

    path: Path
    content: bytes
    recorded_at: datetime | None
    """The time in its name."""

    @property
    def body(self) -> Body:
        return Body(self.path.name, self.content)


@dataclass(slots=True)
class Step:
    """A change of the page."""

    at: datetime
    bodies: dict[str, bytes]
    """The answers from then on, by URL; other URLs answer as before."""
    state: tuple[bytes, Snapshot] | None = None
    """The body that is the page's state, with what it says."""

    def says_the_same(self, before: Step) -> bool:
        """Whether it is a state as before, but for the page's own time of change."""
        if self.state is None or before.state is None or len(self.bodies) > 1:
            return False
        then, now = before.state[1], self.state[1]
        return replace(now, page_updated_at=then.page_updated_at) == then


@dataclass(frozen=True, slots=True)
class _Parsed:
    file: RecordedFile
    reading: Snapshot
    is_list: bool
    """It lists incidents and tells nothing of the page as it is."""


@dataclass(slots=True)
class ParsedOnce:
    """A provider that is not asked again for what :class:`Recording` has just parsed."""

    provider: Provider
    _known: dict[bytes, Snapshot] = field(default_factory=dict)

    def parse(self, slug: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
        known = self._known.get(bodies[0].content) if len(bodies) == 1 else None
        # What has no date has that of its first sight.
        if known is None or known.vendor != slug or known.undated:
            return self.provider.parse(slug, bodies, taken_at)
        return replace(known, taken_at=taken_at)

    def begin(self, step: Step) -> None:
        """For the next readings: the step before is over."""
        if step.state is not None:
            self._known = dict([step.state])

    def as_provider(self, *, with_history: bool) -> Provider:
        """``with_history``: one was recorded; else nobody need ask for it."""
        if with_history:
            return replace(self.provider, parse=self.parse)
        return replace(self.provider, parse=self.parse, history_urls=no_urls)


def read_files(path: Path, report: Report) -> Iterator[RecordedFile]:
    """The file, or the folder's files in order of their names, one after the other."""
    try:
        paths = sorted(p for p in path.iterdir() if p.is_file() and p.name[0] != ".") if path.is_dir() else [path]
        for file in paths:
            yield RecordedFile(file, file.read_bytes(), time_in_name(file.name))
    except FileNotFoundError as error:
        report(f"There is no file or folder {error.filename or path}: check the path.")
    except OSError as error:
        report(f"{error.filename or path} cannot be read: {(error.strerror or str(error)).lower()}.")


def time_in_name(name: str) -> datetime | None:
    """The time in a name: ``page_2026-03-04T091500.json``, or a date alone for its first minute."""
    if (found := _TIME.search(name)) is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups("0"))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def kind_of(files: Iterator[RecordedFile]) -> tuple[str | None, list[RecordedFile]]:
    """The kind of the first file that is a page of one, and the files that were looked at for it."""
    seen = []
    for file in files:
        seen.append(file)
        if kind := recognise(file.body):
            return kind, seen
    return None, seen


class Recording:
    """The files as steps, on one clock that only goes forward. What cannot be read is reported and skipped.

    A list of incidents belongs to the state of the same time, as the page's history; where lists are all there is, each
    is a state.
    """

    def __init__(self, files: Iterator[RecordedFile], provider: Provider, slug: Slug, report: Report) -> None:
        self._files, self._slug, self._report = files, slug, report
        self._histories = provider.history_urls(PAGE_URL)
        self._states = provider.state_urls(PAGE_URL)
        self.parsed = ParsedOnce(provider)
        self._ahead: deque[_Parsed] = deque()
        self._has_states = False
        self._look_ahead()
        self.has_histories = bool(self._histories) and any(each.is_list for each in self._ahead)
        """Lists of incidents were recorded: they tell how an incident that left the page ended."""

    def steps(self) -> Iterator[Step]:
        step: Step | None = None
        recorded_at: datetime | None = None
        while self._ahead:
            each = self._ahead.popleft()
            self._look_ahead()
            file = each.file
            is_history = bool(self._histories) and self._has_states and each.is_list
            url = _url_of(file.path.name, self._histories if is_history else self._states)
            same_time = file.recorded_at is not None and file.recorded_at == recorded_at
            if step is not None and same_time and url not in step.bodies:
                step.bodies[url] = file.content
            else:
                if step is not None:
                    yield step
                recorded_at = file.recorded_at
                at = recorded_at or (step.at + DEFAULT_STEP if step else _newest_update_at(each.reading))
                step = Step(max(at, step.at + DEFAULT_STEP) if step else at, {url: file.content})
            if not is_history:
                step.state = file.content, each.reading
        if step is not None:
            yield step

    def _look_ahead(self) -> None:
        while len(self._ahead) < LOOKAHEAD and (file := next(self._files, None)) is not None:
            try:
                seen_at = file.recorded_at or DEFAULT_START
                reading = self.parsed.provider.parse(self._slug, (file.body,), seen_at)
            except ParseFailed as failure:
                self._report(f"{file.path} is passed over: {failure}")
                continue
            shows_state = bool(reading.components or reading.status_text or reading.indicator is not None)
            is_list = reading.complete_since is not None or not shows_state
            self._has_states = self._has_states or not is_list
            self._ahead.append(_Parsed(file, reading, is_list))


def _url_of(name: str, urls: Sequence[str]) -> str:
    return next((url for url in urls if PurePosixPath(urlsplit(url).path).stem in name), urls[0])


def _newest_update_at(reading: Snapshot) -> datetime:
    return max((update.at for incident in reading.incidents for update in incident.updates), default=DEFAULT_START)
