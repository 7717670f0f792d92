"""Judges the chat's log alone: was every channel told everything that it wanted, once, in order, and nothing else?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.crash.kept import digest_faults, is_of_digest, is_of_night, night_faults
from tests.crash.stage import Message
from tests.crash.tale import EARS, LOST, Ear, Moment, Trouble

_TEXT = re.compile(r"U(\d\d)\.(\d+)v(\d+)")
_TITLE = re.compile(r"Trouble (\d\d) ")
_COUNT = re.compile(r"(\d+) updates")
_NEWS = {"Removed": "vanished", "Reopened": "reopened", "resolved": "ended"}
THREADED = ("thread", "thread+key")


def judge(troubles: Sequence[Trouble], log: Sequence[Message], moments: Sequence[Moment] = ()) -> list[str]:
    """What is wrong, a sentence each. ``moments``: what was done to the channels' settings on the way."""
    wrong: list[str] = []
    for ear in EARS:
        messages = [message for message in log if message.channel == ear.id]
        digests = [message for message in messages if is_of_digest(message)]
        nights = [message for message in messages if is_of_night(message)]
        rest = [message for message in messages if message not in digests and message not in nights]
        wrong += [f"{ear.id}: {what}" for what in digest_faults(ear, troubles, digests, moments)]
        wrong += [f"{ear.id}: {what}" for what in night_faults(ear, troubles, nights, log, moments)]
        if ear.digest == "only":
            wrong += [f"{ear.id} got {len(rest)} messages beside its digest"] if rest else []
            continue
        for trouble in troubles:
            about = [m for m in rest if _is_about(m, trouble)]
            if not ear.wants(trouble):
                wrong += [f"{ear.id} was told of {trouble.title}, which it does not want"] if about else []
                continue
            listed = [line for message in nights for line in message.texts[-1].splitlines() if trouble.title in line]
            case = _QuietCase(ear, trouble, about, listed) if ear.quiet else _Case(ear, trouble, about)
            wrong += [f"{ear.id} ({ear.mode}), {trouble.title}: {what}" for what in case.faults()]
        if stray := [m for m in rest if not _TEXT.search(m.texts[0]) and not _TITLE.search(m.texts[0])]:
            wrong.append(f"{ear.id}: {len(stray)} messages tell nothing")
    return wrong


def _is_about(message: Message, trouble: Trouble) -> bool:
    found = _TEXT.search(message.texts[0]) or _TITLE.search(message.texts[0])
    return found is not None and int(found[1]) == trouble.number


@dataclass
class _Case:
    """One incident in one channel that wants it."""

    ear: Ear
    trouble: Trouble
    messages: list[Message]

    def faults(self) -> Iterator[str]:
        if not self.messages:
            if not self.trouble.gone and not (self.ear.holds and self.over and self.trouble.impact == "minor"):
                yield "never told"
            return
        root, later = self.messages[0], self.messages[1:]
        texts = [message for message in later if _TEXT.search(message.texts[0])]
        yield from self._shape(root, later)
        yield from self._told(root, texts)
        yield from self._news(root, [message for message in later if message not in texts])
        yield from self._state(root)

    @property
    def over(self) -> bool:
        return self.trouble.is_over

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
        """Every text once, in order, in its newest wording; in threads what the root drops stands in a reply before."""
        numbers = [number for number, _ in self.trouble.runs]
        told, rest = _texts(root.texts[0]), [_texts(message.texts[0]) for message in later]
        if self.ear.mode in THREADED and not self._began_over(root):
            if rest and rest[0][:1] == told[:1] and rest[0][-1:] == told[-1:]:
                told = rest.pop(0)
            elif rest or (self.over and not self.trouble.gone):
                yield "what the root dropped stands in no reply"
        told = [number for numbers in (told, *rest) for number in numbers]
        wanted = numbers
        if self.ear.mode == "edit":
            told = [number for number in (numbers[0], numbers[-1]) if number in _texts(root.texts[-1])]
            wanted = [numbers[0], numbers[-1]]
        elif (
            (self.ear.id == LOST or self.ear.holds)
            and len(missed := _texts(root.texts[0])) > 1
            and (self._began_over(root) or not rest)
        ):
            # It catches up in one message, which need not show what came between the first text and the newest.
            newest = numbers.index(missed[-1])
            wanted = [number for n, number in enumerate(numbers) if n in (0, newest) or n > newest or number in told]
        if self.trouble.gone:
            # What was taken down before it was told is not told any more.
            wanted = told if self.ear.mode == "edit" else wanted[: len(told)]
        if told != wanted:
            yield f"told {told} and not {wanted}"
        versions = {post.number: post.version for post in self.trouble.posts}
        for message in self.messages:
            for found in _TEXT.finditer(message.texts[-1]):
                if int(found[3]) != versions[int(found[2])]:
                    yield f"shows {found[0]}, an old wording"

    def _news(self, root: Message, lines: list[Message]) -> Iterator[str]:
        """Ends and reopenings in turn, each once, and what was taken down."""
        told = [next((kind for word, kind in _NEWS.items() if word in m.texts[0].splitlines()[0]), "") for m in lines]
        if self.ear.mode not in THREADED:
            wanted: list[str] = []
        elif self.trouble.gone:
            wanted = ["vanished"]
        elif self.ear.mode == "thread" or (self._began_over(root) and not told):
            wanted = []
        else:
            wanted = [("ended", "reopened")[(n + self._began_over(root)) % 2] for n in range(len(told))]
            if (wanted[-1:] == ["ended"]) != self.over:
                yield f"was told {told or 'nothing'}, and its newest phase is {self.trouble.posts[-1].phase}"
        if told != wanted:
            yield f"was told {told} and not {wanted}"

    def _began_over(self, root: Message) -> bool:
        """Whether the root was begun when the incident was over: then it keeps its text, and that end is no news. It
        may have been sent again under its key after a change: one that was begun before the end and shows it drops
        its text nevertheless, one that shows that the incident was reopened keeps it."""
        first = root.texts[0]
        was_over = _is_over(first) or "· reopened" in first
        return was_over and not {*_texts(first)[:1]}.isdisjoint(_texts(root.texts[-1]))

    def _state(self, root: Message) -> Iterator[str]:
        newest, count = self.trouble.runs[-1]
        text = root.texts[-1]
        headline = text.splitlines()[0]
        if self.trouble.gone:
            if not headline.startswith("~~"):
                yield f"its root is not struck: {headline}"
            return
        if _is_over(text) != self.over:
            yield f"its root says {headline!r} and its newest phase is {self.trouble.posts[-1].phase}"
        if not self.over and newest not in _texts(text):
            yield "its root does not show the newest text"
        if not self.over and count > 1 and f"{count}×, last" not in text:  # noqa: RUF001
            yield f"its root does not say that its newest text was repeated {count} times"
        updates = _COUNT.search(text)
        if (
            self.over
            and len(self.trouble.posts) > 1
            and (updates is None or int(updates[1]) != len(self.trouble.posts))
        ):
            yield f"its root does not count {len(self.trouble.posts)} updates"


@dataclass
class _QuietCase(_Case):
    """The same where quiet hours were kept. ``listed``: its lines in the messages that tell what came then."""

    listed: list[str]

    def faults(self) -> Iterator[str]:
        held = self.ear.holds and self.over and self.trouble.impact == "minor"
        if not self.messages:
            if not self.listed and not self.trouble.gone and not held:
                yield "never told"
            if self.listed and ("resolved" in self.listed[-1].casefold()) != self.over and not self.trouble.gone:
                yield f"the last that was told is {self.listed[-1]!r}"
            return
        root, later = self.messages[0], self.messages[1:]
        yield from self._shape(root, later)
        yield from self._state(root)
        told = [_texts(message.texts[0]) for message in (root, *later)]
        if self.ear.mode in THREADED and len(told) > 1 and told[1][:1] == told[0][:1]:
            del told[0]
        numbers = [number for texts in told for number in texts]
        if numbers != sorted(set(numbers)):
            yield f"told {numbers}"
        newest = self.trouble.runs[-1][0]
        if not self.listed and not self.trouble.gone and newest not in numbers:
            yield f"told {numbers}, and never {newest}"


def _is_over(text: str) -> bool:
    return "· resolved" in text.splitlines()[0]


def _texts(text: str) -> list[int]:
    """The numbers of the texts in the order shown."""
    return list(dict.fromkeys(int(found[2]) for found in _TEXT.finditer(text)))
