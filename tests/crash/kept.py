"""Judges what tells many incidents at once: the digests of a channel, and what comes at the end of its quiet hours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tests.crash.stage import Message
from tests.crash.tale import Ear, Moment, Stand, Trouble

_TITLE = re.compile(r"Trouble (\d\d) ")
_DIGEST, _MORE_OF_DIGEST = "Daily digest", "Digest, continued"
_NIGHT, _MORE_OF_NIGHT = "While it was quiet here: ", "While it was quiet here, continued"
_SECTIONS = {"Open": "open", "Over": "over", "Over, and kept back from this channel": "over"}


def is_of_digest(message: Message) -> bool:
    return message.texts[0].startswith((_DIGEST, _MORE_OF_DIGEST))


def is_of_night(message: Message) -> bool:
    return message.texts[0].startswith((_NIGHT, _MORE_OF_NIGHT))


def digest_faults(
    ear: Ear, troubles: Sequence[Trouble], messages: Sequence[Message], moments: Sequence[Moment]
) -> Iterator[str]:
    """Each digest comes once and whole, and tells what is open, and once what was."""
    if not ear.digest:
        if messages:
            yield f"{len(messages)} messages of a digest that it does not have"
        return
    times = [moment for moment in moments if moment.word == "digest"]
    digests = _grouped(messages, _DIGEST, ear)
    if len(digests) != len(times):
        yield f"{len(digests)} digests and not {len(times)}"
        return
    before: dict[int, Stand] = {}
    for number, (digest, moment) in enumerate(zip(digests, times, strict=True), start=1):
        told = Counter((section, found) for message in digest for section, found in _told(message))
        for trouble in troubles:
            its = {section: told.pop((section, trouble.number), 0) for section in ("open", "over")}
            was, stands = before.get(trouble.number), moment.stand.get(trouble.number)
            if (fault := _fault(its, was, stands, wanted=ear.wants(trouble))) is not None:
                yield f"digest {number}, {trouble.title}: {fault}"
        yield from (f"digest {number} tells {found} as {section}" for (section, found), n in told.items() if n)
        before = moment.stand


def _fault(its: dict[str, int], was: Stand | None, stands: Stand | None, *, wanted: bool) -> str | None:
    if not wanted or stands is None:
        return f"told {its}, and is none of its" if any(its.values()) else None
    if stands.gone:
        return f"told {its}" if sum(its.values()) > 1 else None
    if not stands.over:
        return None if its == {"open": 1, "over": 0} else f"told {its} and is open"
    if was is None or not was.over:
        return None if its == {"open": 0, "over": 1} else f"told {its} and is over"
    # What was over before and said more since may have been open meanwhile.
    most = 0 if was.texts == stands.texts else 1
    return None if not its["open"] and its["over"] <= most else f"told {its} and was told as over before"


def night_faults(
    ear: Ear,
    troubles: Sequence[Trouble],
    messages: Sequence[Message],
    log: Sequence[Message],
    moments: Sequence[Moment],
) -> Iterator[str]:
    """While it is quiet nothing comes; at the end one message tells all that came, and each incident once."""
    if not ear.quiet:
        if messages:
            yield f"{len(messages)} messages of quiet hours that it does not have"
        return
    begins = [moment for moment in moments if moment.word == "quiet"]
    ends = [moment for moment in moments if moment.word == "loud"]
    lists = _grouped(messages, _NIGHT, ear)
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        early = [message for message in log[begin.messages : end.messages] if message.channel == ear.id]
        if early:
            yield f"{len(early)} messages came in quiet hours {number + 1}: {early[0].texts[0].splitlines()[0]!r}"
        later = log[end.messages : begins[number + 1].messages if number + 1 < len(begins) else None]
        its = [one for one in lists if one[0] in later]
        missing = {
            trouble.number
            for trouble in troubles
            # What is taken down may be so before the list is sent, which nobody waits for.
            if ear.wants(trouble)
            and not trouble.gone
            and _has_news(begin.stand.get(trouble.number), end.stand.get(trouble.number))
        }
        told = Counter(found for one in its for message in one for found in _named(message))
        if len(its) > 1 or (missing and not its):
            yield f"{len(its)} lists after quiet hours {number + 1}"
        if max(told.values(), default=0) > 1:
            yield f"the list of quiet hours {number + 1} names {told.most_common(1)[0][0]} twice"
        if lost := missing - told.keys():
            yield f"the list of quiet hours {number + 1} does not name {sorted(lost)}"
        unwanted = [t.number for t in troubles if t.number in told and not ear.wants(t)]
        same = [n for n in told if begin.stand.get(n) == end.stand.get(n)]
        if unwanted or same:
            yield f"the list of quiet hours {number + 1} names {unwanted + same}"
    if len(lists) > len(ends):
        yield f"{len(lists)} lists after {len(ends)} quiet hours"


def _has_news(before: Stand | None, after: Stand | None) -> bool:
    """Whether something was posted of it: what only repeats a text need not be told."""
    return after is not None and after.texts > (before.texts if before else 0)


def _grouped(messages: Iterable[Message], first: str, ear: Ear) -> list[list[Message]]:
    """Each message that begins with this, with those that stand below it."""
    groups: list[list[Message]] = []
    for message in messages:
        if message.texts[0].startswith(first):
            groups.append([message])
            continue
        above = groups[-1][0] if groups else None
        below = ("post", None) if ear.mode == "flat" else ("reply", above.ref if above else "")
        if above is not None and (message.verb, message.under) == below:
            groups[-1].append(message)
        else:
            groups.append([message])
    return groups


def _told(message: Message) -> Iterator[tuple[str, int]]:
    section = ""
    for line in message.texts[-1].splitlines():
        section = _SECTIONS.get(line, section)
        if found := _TITLE.search(line):
            yield section, int(found[1])


def _named(message: Message) -> list[int]:
    return [int(found[1]) for line in message.texts[-1].splitlines() if (found := _TITLE.search(line))]
