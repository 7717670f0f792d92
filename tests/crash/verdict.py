"""Judges the chat's log alone: was every channel told everything that it wanted, once, in order, and nothing else?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.crash.stage import Message
from tests.crash.tale import EARS, LOST, Ear, Trouble

_TEXT = re.compile(r"U(\d\d)\.(\d+)v(\d+)")
_TIMES = re.compile(r"said (\d+) times")
_COUNT = re.compile(r"(\d+) updates\)")
Run = tuple[int, int]


def judge(troubles: Iterable[Trouble], log: Iterable[Message]) -> list[str]:
    """What is wrong, a sentence each."""
    wrong: list[str] = []
    by_channel: dict[str, list[Message]] = {}
    for message in log:
        by_channel.setdefault(message.channel, []).append(message)
    for ear in EARS:
        messages = by_channel.get(ear.id, [])
        for trouble in troubles:
            about = [m for m in messages if _is_about(m, trouble)]
            if not ear.wants(trouble):
                wrong += [f"{ear.id} was told of {trouble.title}, which it does not want"] if about else []
                continue
            wrong += [f"{ear.id} ({ear.mode}), {trouble.title}: {what}" for what in _Case(ear, trouble, about).faults()]
        if stray := [m for m in messages if not _TEXT.search(m.texts[0])]:
            wrong.append(f"{ear.id}: {len(stray)} messages tell nothing")
    return wrong


def _is_about(message: Message, trouble: Trouble) -> bool:
    return any(int(found[1]) == trouble.number for found in _TEXT.finditer(message.texts[0]))


@dataclass
class _Case:
    """One incident in one channel that wants it."""

    ear: Ear
    trouble: Trouble
    messages: list[Message]

    def faults(self) -> Iterator[str]:
        if not self.messages:
            if not self.trouble.gone:
                yield "never told"
            return
        root, later = self.messages[0], self.messages[1:]
        yield from self._shape(root, later)
        yield from self._told(root, later)
        yield from self._state(root)

    def _shape(self, root: Message, later: list[Message]) -> Iterator[str]:
        verb = {"flat": "post", "edit": ""}.get(self.ear.mode, "reply")
        if root.verb != "post":
            yield "its first message is no post"
        for message in later:
            if message.verb != verb:
                yield f"{message.verb} in {self.ear.mode} mode"
            if message.verb == "reply" and message.under != root.ref:
                yield "a reply stands under another root"

    def _told(self, root: Message, later: list[Message]) -> Iterator[str]:
        """Every text once, in order, in its newest wording, with how often it was said."""
        runs, versions = self.trouble.runs, {post.number: post.version for post in self.trouble.posts}
        told = [run for message in self.messages for run in _told(message)]
        wanted = runs
        if self.ear.mode == "edit":
            told, wanted = _texts(root.texts[-1]), list(dict.fromkeys([runs[0], runs[-1]]))
        elif self.ear.id == LOST and len(_texts(root.texts[0])) > 1:
            caught_up = [number for number, _ in runs].index(_texts(root.texts[0])[-1][0])
            wanted = [runs[0], *runs[caught_up:]]
        if self.trouble.gone:
            wanted = self._so_far(wanted, told)
        if told != wanted:
            yield f"told {told} and not {wanted}"
        for message in self.messages:
            for found in _TEXT.finditer(message.texts[-1]):
                if int(found[3]) != versions[int(found[2])]:
                    yield f"shows {found[0]}, an old wording"

    def _so_far(self, wanted: list[Run], told: list[Run]) -> list[Run]:
        """What was taken down before it was told is not told any more."""
        if self.ear.mode == "edit":
            return told
        cut = wanted[: len(told)]
        return [*cut[:-1], told[-1]] if cut and told[-1][0] == cut[-1][0] and told[-1][1] <= cut[-1][1] else cut

    def _state(self, root: Message) -> Iterator[str]:
        newest = self.trouble.posts[-1]
        headline = root.texts[-1].splitlines()[0]
        if self.trouble.gone:
            if not headline.startswith("~~Taken down"):
                yield f"its root is not struck: {headline}"
            return
        over = newest.phase in ("resolved", "postmortem")
        if headline.startswith("Resolved") != over:
            yield f"its root says {headline!r} and its newest phase is {newest.phase}"
        if f"U{self.trouble.number:02}.{newest.number}v{newest.version}" not in root.texts[-1]:
            yield "its root does not show the newest text"
        count = _COUNT.search(root.texts[-1])
        if len(self.trouble.posts) > 1 and (count is None or int(count[1]) != len(self.trouble.posts)):
            yield f"its root does not count {len(self.trouble.posts)} updates"


def _texts(text: str) -> list[Run]:
    """(text number, how often it was said) in the order shown."""
    runs: list[Run] = []
    for line in text.splitlines():
        if found := _TEXT.search(line):
            runs.append((int(found[2]), 1))
        elif runs and (times := _TIMES.match(line)):
            runs[-1] = (runs[-1][0], int(times[1]))
    return runs


def _told(message: Message) -> list[Run]:
    """The texts that it told when it was sent, each with how often it was said when it was last shown there."""
    last = {number: times for text in message.texts for number, times in _texts(text)}
    return [(number, last[number]) for number, _ in _texts(message.texts[0])]
