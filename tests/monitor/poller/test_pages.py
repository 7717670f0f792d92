"""One reading of a page that is spread over several addresses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bot.monitor.poller.pages import Failed, Parsed, Unchanged, read
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.responses import Answer, Fetched, FetchFailed, FetchFailure, Hints, NotModified
from bot.store.values import Validator
from bot.threads import Threads

A, B = "https://acme.test/a", "https://acme.test/b"
KNOWN = {A: Validator(etag="1"), B: Validator(etag="1")}
ABSENT = FetchFailed(FetchFailure.HTTP_STATUS, "acme.test answers 404 Not Found.", status=404)
DOWN = FetchFailed(FetchFailure.TIMEOUT, "acme.test did not answer.", Hints(retry_after_s=7))


class Web:
    """A getter: what each address answers, ``NotModified`` when the validator it was given still holds."""

    def __init__(self, answers: Mapping[str, tuple[str, bytes] | FetchFailed]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, bool]] = []

    async def get(self, url: str, house: str, validator: Validator | None) -> Answer:
        self.asked.append((url, validator is not None))
        match self.answers[url]:
            case FetchFailed() as failed:
                return failed
            case etag, content:
                new = Validator(etag=etag)
                return NotModified(new) if validator == new else Fetched(url, content, None, new, Hints(max_age_s=5))


def joined(bodies: tuple[Body, ...]) -> str:
    if any(body.content == b"?" for body in bodies):
        raise ParseFailed("This is not a page.")
    if any(body.content == b"!" for body in bodies):
        raise KeyError("a bug")
    return b"".join(body.content for body in bodies).decode()


def reading(web: Web, known: Mapping[str, Validator], *, partial: bool = False) -> Parsed[str] | Unchanged | Failed:
    async def ask() -> Parsed[str] | Unchanged | Failed:
        threads = Threads(1)
        try:
            return await read(web, threads, (A, B), "house", known, joined, partial=partial)
        finally:
            threads.close()

    return asyncio.run(ask())


def test_bodies_come_in_the_order_of_their_addresses() -> None:
    answer = reading(Web({A: ("1", b"a"), B: ("1", b"b")}), {})
    assert answer == Parsed("ab", KNOWN, Hints(max_age_s=5))


def test_nothing_is_parsed_when_nothing_has_changed() -> None:
    web = Web({A: ("1", b"!"), B: ("1", b"!")})
    assert reading(web, KNOWN) == Unchanged(KNOWN)


def test_what_has_not_changed_is_asked_for_again_beside_what_has() -> None:
    web = Web({A: ("1", b"a"), B: ("2", b"b")})
    answer = reading(web, KNOWN)
    assert isinstance(answer, Parsed)
    assert (answer.value, answer.validators) == ("ab", {A: Validator(etag="1"), B: Validator(etag="2")})
    assert web.asked == [(A, True), (B, True), (A, False)]


def test_one_failure_fails_the_reading() -> None:
    assert reading(Web({A: ("1", b"a"), B: DOWN}), {}) == Failed(DOWN.reason, DOWN.hints)


def test_what_does_not_exist_is_left_out_of_a_partial_reading() -> None:
    answer = reading(Web({A: ("1", b"a"), B: ABSENT}), {}, partial=True)
    assert isinstance(answer, Parsed)
    assert answer.value == "a"
    assert reading(Web({A: ABSENT, B: ABSENT}), {}, partial=True) == Failed(ABSENT.reason, wrong_format=True)
    assert isinstance(reading(Web({A: ("1", b"a"), B: DOWN}), {}, partial=True), Failed)


def test_an_answer_in_another_format_is_wrong_and_a_bug_of_ours_is_not() -> None:
    assert reading(Web({A: ("1", b"?"), B: ("1", b"b")}), {}) == Failed(
        "This is not a page.", Hints(max_age_s=5), wrong_format=True
    )
    bug = reading(Web({A: ("1", b"!"), B: ("1", b"b")}), {})
    assert isinstance(bug, Failed)
    assert not bug.wrong_format


def test_a_large_body_is_parsed_off_the_loop() -> None:
    answer = reading(Web({A: ("1", b"a" * 200_000), B: ("1", b"b")}), {})
    assert isinstance(answer, Parsed)
    assert len(answer.value) == 200_001


def further(web: Web, known: Mapping[str, Validator], urls: tuple[str, ...]) -> Parsed[str] | Unchanged | Failed:
    """A reading of ``A`` alone, which tells of ``urls``."""

    def told(bodies: tuple[Body, ...]) -> tuple[str, ...]:
        joined(bodies)
        return urls

    async def ask() -> Parsed[str] | Unchanged | Failed:
        threads = Threads(1)
        try:
            return await read(web, threads, (A,), "house", known, joined, more=told)
        finally:
            threads.close()

    return asyncio.run(ask())


def test_what_the_first_bodies_tell_of_is_read_after_them() -> None:
    answer = further(Web({A: ("2", b"a"), B: ("1", b"b")}), KNOWN, (B,))
    assert isinstance(answer, Parsed)
    assert answer.value == "ab"


def test_nothing_further_is_asked_for_when_nothing_has_changed_or_the_first_cannot_be_read() -> None:
    web = Web({A: ("1", b"a"), B: ("1", b"b")})
    assert isinstance(further(web, KNOWN, (B,)), Unchanged)
    assert further(Web({A: ("1", b"?")}), {}, (B,)) == Failed("This is not a page.", wrong_format=True)
    assert further(Web({A: DOWN}), {}, (B,)) == Failed(DOWN.reason, DOWN.hints)
    assert web.asked == [(A, True)]


def test_a_reading_without_its_further_parts_is_none() -> None:
    assert further(Web({A: ("1", b"a"), B: DOWN}), {}, (B,)) == Failed(DOWN.reason, DOWN.hints)
