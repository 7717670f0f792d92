from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.crash.broken import BROKEN
from tests.crash.run import tell
from tests.crash.stage import Message
from tests.crash.tale import EARS, Tale
from tests.crash.verdict import judge


def test_a_short_story_survives_its_kills() -> None:
    told = tell(11, kills=4, incidents=8, mean=40)
    assert told.wrong == []
    assert told.kills == 4
    assert told.messages > 40


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_promise_is_seen(broken: str) -> None:
    assert tell(11, kills=0, incidents=8, broken=broken).wrong


def test_the_judge_sees_what_is_lost_doubled_out_of_order_or_unwanted() -> None:
    tale = Tale(1, datetime(2026, 3, 2, 9, 0, tzinfo=UTC), incidents=20)
    while tale.told < len(tale.steps):
        tale.tell()
    flat = [(ear, trouble) for ear in EARS if ear.mode == "flat" for trouble in tale.troubles if ear.wants(trouble)]
    ear, trouble = next((e, t) for e, t in flat if not t.gone and len(t.runs) > 2)
    others = [t for t in tale.troubles if not ear.wants(t)]
    versions = {post.number: post.version for post in trouble.posts}

    def line(run: tuple[int, int]) -> str:
        said = f"\nsaid {run[1]} times, last at 09:00" if run[1] > 1 else ""
        return f"> U{trouble.number:02}.{run[0]}v{versions[run[0]]} We are on it.{said}"

    def message(text: str, verb: str = "post") -> Message:
        return Message(ear.id, "r", verb, None, [text])

    def verdict(*messages: Message) -> list[str]:
        return [fault for fault in judge([trouble, *others], messages) if ear.id in fault]

    over = trouble.posts[-1].phase in ("resolved", "postmortem")
    root = message(line(trouble.runs[0]))
    newest = line(trouble.runs[-1])
    root.texts.append(
        f"{'Resolved' if over else 'Investigating'}\n{line(trouble.runs[0])}\n{newest}\n({len(trouble.posts)} updates)"
    )
    rest = [message(line(run)) for run in trouble.runs[1:]]
    unwanted = message(f"> U{others[0].number:02}.0v1 We are on it.")
    assert verdict(root, *rest) == []
    assert verdict()
    assert verdict(root, *rest[1:])
    assert verdict(root, *rest, rest[-1])
    assert verdict(root, *rest[::-1])
    assert verdict(root, *rest, unwanted)
    assert verdict(root, *rest, message("nothing"))
    assert verdict(root, *(message(m.texts[0], "reply") for m in rest))
