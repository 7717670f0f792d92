from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.crash.__main__ import ENDED
from tests.crash.broken import BROKEN
from tests.crash.kept import digest_faults, is_of_night, night_faults
from tests.crash.run import Story, tell
from tests.crash.stage import Message
from tests.crash.tale import EARS, LOST, Ear, Moment, Stand, Tale, Trouble
from tests.crash.verdict import judge
from tests.databases import NoServer


def test_a_short_story_survives_its_kills() -> None:
    told = tell(Story(11, points=4, incidents=6, mean=30))
    assert told.wrong == []
    assert told.kills == 4
    assert told.messages > 40


def test_a_bot_that_is_backed_up_killed_and_restored_elsewhere_tells_everything_once() -> None:
    told = tell(Story(13, points=3, incidents=8, mean=60, moves=3))
    assert told.wrong == []
    assert told.moves == 3
    assert told.messages > 40


def test_two_processes_on_a_server_survive_kills_stops_and_cuts() -> None:
    try:
        told = tell(Story(12, points=4, incidents=5, mean=15, away_s=0.5), "postgresql")
    except NoServer as error:
        pytest.skip(str(error))
    assert told.wrong == []
    assert told.points == 4
    assert told.cuts > 0


def test_pollers_and_deliverers_survive_kills_stops_cuts_and_partitions() -> None:
    story = Story(13, points=3, incidents=4, mean=20, away_s=0.5, parted_every_s=4)
    try:
        told = tell(story, "roles")
    except NoServer as error:
        pytest.skip(str(error))
    assert told.wrong == []
    assert told.points > 0
    assert told.cuts + told.partitions > 0


@pytest.mark.parametrize(
    ("database", "how", "send"),
    [
        pytest.param("sqlite", signal.SIGTERM, os.kill, id="sqlite"),
        pytest.param("sqlite", signal.SIGINT, os.killpg, id="Ctrl-C"),
        pytest.param("sqlite", signal.SIGKILL, os.kill, id="kill"),
        pytest.param("postgresql", signal.SIGTERM, os.kill, id="postgresql"),
    ],
)
def test_whoever_ends_a_story_ends_all_that_it_began(
    database: str, how: signal.Signals, send: Callable[[int, int], None]
) -> None:
    # Of this seed the first strike is the 318th request: so early nobody is stopped or killed.
    words = [sys.executable, "-m", "tests.crash", "--points", "3", "--seed", "1", "--database", database]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as story:
        assert story.stdout
        began = story.stdout.readline()
        send(story.pid, how)
        try:
            # Every process of the story has it from whoever told it, so it ends with the last of them.
            rest, wrong = story.communicate(timeout=300)
        finally:
            story.kill()
    if "NoServer" in wrong:
        pytest.skip(wrong.splitlines()[-1])
    assert (began, rest, wrong) == (f"{database}, story 1 begins\n", "", "")
    assert story.returncode == (-how if how is signal.SIGKILL else ENDED)


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_promise_is_seen(broken: str) -> None:
    # Which requests of a story fail is up to its timing, too, so that one in several does it no harm.
    assert any(tell(Story(seed, points=0, incidents=4, broken=broken)).wrong for seed in range(11, 17))


def told(number: int, seed: int = 1) -> Tale:
    tale = Tale(seed, datetime(2026, 3, 2, 9, 0, tzinfo=UTC), incidents=number)
    while tale.told < len(tale.steps):
        tale.tell()
    return tale


class Log:
    """What one channel saw of one incident, as it should be."""

    def __init__(self, mode: str) -> None:
        tale = told(40)
        wanted = [(ear, trouble) for ear in EARS if ear.mode == mode for trouble in tale.troubles if ear.wants(trouble)]
        fitting = [pair for pair in wanted if not pair[1].gone and pair[1].runs[-1][1] == 1 and len(pair[1].runs) > 2]
        self.ear, self.trouble = next(pair for pair in fitting if pair[1].posts[-1].phase == "resolved")
        self.others = [trouble for trouble in tale.troubles if not self.ear.wants(trouble)]
        self.versions = {post.number: post.version for post in self.trouble.posts}
        self.title = f"{self.trouble.vendor}: {self.trouble.title}"

    def line(self, number: int) -> str:
        return f"> U{self.trouble.number:02}.{number}v{self.versions[number]} We are on it."

    def message(self, text: str, verb: str = "post") -> Message:
        return Message(self.ear.id, "r", verb, "r" if verb == "reply" else None, [text])

    def root(self, first: str) -> Message:
        root = self.message(f"{self.title}\nMajor outage\n{first}")
        root.texts.append(f"{self.title} · resolved after 4 min\n({len(self.trouble.posts)} updates)")
        return root

    def verdict(self, *messages: Message) -> list[str]:
        return [fault for fault in judge([self.trouble, *self.others], messages) if self.ear.id in fault]


def test_the_judge_sees_what_is_lost_doubled_out_of_order_or_unwanted() -> None:
    log = Log("flat")
    lines = [log.line(number) for number, _ in log.trouble.runs]
    root, rest = log.root(lines[0]), [log.message(line) for line in lines[1:]]
    unwanted = log.message(f"> U{log.others[0].number:02}.0v1 We are on it.")
    assert log.verdict(root, *rest) == []
    assert log.verdict()
    assert log.verdict(root, *rest[1:])
    assert log.verdict(root, *rest, rest[-1])
    assert log.verdict(root, *rest[::-1])
    assert log.verdict(root, *rest, unwanted)
    assert log.verdict(root, *rest, log.message("nothing"))
    assert log.verdict(root, *(log.message(m.texts[0], "reply") for m in rest))


def test_the_judge_sees_what_a_thread_lacks() -> None:
    log = Log("thread+key")
    lines = [log.line(number) for number, _ in log.trouble.runs]
    root, replies = log.root(lines[0]), [log.message(line, "reply") for line in lines]
    reopened = any(post.phase == "resolved" for post in log.trouble.posts[:-1])
    words = ["resolved after 4 min", "Reopened", "resolved after 9 min"] if reopened else ["resolved after 4 min"]
    news = [log.message(f"{log.title} · {word}", "reply") for word in words]
    assert log.verdict(root, *replies, *news) == []
    assert log.verdict(root, *replies), "nobody noticed the end"
    assert log.verdict(root, *replies, *news, news[-1])
    assert log.verdict(root, *replies[1:], *news), "the root dropped its text"
    assert log.verdict(root, replies[0], *replies, *news), "and kept it twice"


def test_the_judge_knows_a_root_that_was_sent_again_after_a_change() -> None:
    """Whether it keeps its text goes by what was so when it was begun, not by what its first wording shows."""
    log = Log("thread+key")
    lines = [log.line(number) for number, _ in log.trouble.runs]
    ended, reopened = (log.message(f"{log.title} · {word}", "reply") for word in ("resolved after 4 min", "Reopened"))
    replies = [log.message(line, "reply") for line in lines]
    over = f"{log.title} · resolved after 4 min\n{{}}({len(log.trouble.posts)} updates)"
    before_the_end, as_it_was = log.message(over.format(lines[0])), log.message(over.format(lines[0]))
    before_the_end.texts.append(over.format(""))
    assert log.verdict(before_the_end, *replies, ended) == []
    assert log.verdict(before_the_end, *replies), "nobody noticed the end"
    assert log.verdict(before_the_end, *replies[1:], ended), "the root dropped its text"
    assert log.verdict(as_it_was, *replies[1:]) == []
    assert log.verdict(as_it_was, *replies), "its text stands twice"
    at_the_first_end = log.message(f"{log.title}\nMajor outage · reopened 09:00\n{lines[0]}")
    at_the_first_end.texts.append(over.format(lines[0]))
    assert log.verdict(at_the_first_end, *replies[1:], reopened, ended) == []
    assert log.verdict(at_the_first_end, *replies[1:], ended), "nobody noticed that it was reopened"
    assert log.verdict(at_the_first_end, *replies, reopened, ended), "its text stands twice"
    never_over = log.message(f"{log.title}\nMajor outage\n{lines[0]}")
    never_over.texts.append(over.format(lines[0]))
    assert log.verdict(never_over, *replies[1:], ended), "its text was to be dropped"


def test_the_judge_lets_a_channel_that_was_away_catch_up_in_one_message() -> None:
    log = Log("thread")
    assert log.ear.id == LOST
    lines = [log.line(number) for number, _ in log.trouble.runs]
    assert len(lines) > 2

    def caught_up(*shown: str) -> Message:
        text = "\n".join((f"{log.title} · resolved after 4 min", *shown, f"({len(log.trouble.posts)} updates)"))
        return log.message(text)

    assert log.verdict(caught_up(lines[0], lines[-1])) == []
    assert log.verdict(caught_up(*lines)) == [], "what came between may be shown"
    assert log.verdict(caught_up(lines[0], lines[-2]), log.message(lines[-1], "reply")) == []
    assert log.verdict(caught_up(lines[0], lines[-2])), "the newest is lost"
    assert log.verdict(caught_up(lines[0], lines[-1]), log.message(lines[-1], "reply")), "the newest is doubled"
    assert log.verdict(caught_up(lines[0], *lines[:0:-1])), "out of order"


# --- what tells many at once -----------------------------------------------------------------------------------------


def kept(word: str, *stands: Stand, messages: int = 0) -> Moment:
    return Moment(word, messages, dict(enumerate(stands)))


OPEN, MORE, OVER = Stand(1, 1, False, False), Stand(2, 2, False, False), Stand(2, 2, True, False)
TROUBLES = [Trouble(number, "ash", "red", "major", None) for number in range(2)]
DIGESTED = Ear("e", "thread", drops=False, vendors=("ash",), filter="all", digest="only")
QUIET = Ear("e", "thread", drops=False, vendors=("ash",), filter="all", quiet=True)


def says(*lines: str, under: str | None = None, ref: str = "r") -> Message:
    return Message("e", ref, "reply" if under else "post", under, ["\n".join(lines)])


def line(number: int) -> str:
    return f"- Ash: {TROUBLES[number].title}: so it is"


def test_the_judge_sees_what_a_digest_lacks_or_tells_again() -> None:
    moments = [kept("digest", OPEN, OPEN), kept("digest", OVER, MORE), kept("digest", OVER, MORE)]

    def verdict(*messages: Message) -> list[str]:
        return list(digest_faults(DIGESTED, TROUBLES, messages, moments))

    first = [
        says("Daily digest: 2 open.", "Open", line(0)),
        says("Digest, continued (1 of 1)", "Open", line(1), under="r"),
    ]
    second, third = (
        says("Daily digest: 2.", "Open", line(1), "Over", line(0)),
        says("Daily digest: 1.", "Open", line(1)),
    )
    assert verdict(*first, second, third) == []
    assert verdict(*first, second), "one never came"
    assert verdict(*first, second, third, third), "one came twice"
    assert verdict(first[0], second, third), "a part of it is lost"
    assert verdict(*first, first[1], second, third), "a part of it came twice"
    assert verdict(first[0], replace(first[1], under="other"), second, third), "a part stands elsewhere"
    assert verdict(*first, third, third), "an end is lost"
    assert verdict(*first, second, second), "an end is told twice"
    assert list(digest_faults(QUIET, TROUBLES, first, moments)), "it has none"


def test_the_judge_sees_what_a_night_lacks_or_tells_early() -> None:
    moments = [kept("quiet", OPEN), kept("loud", OVER, OPEN, messages=1)]
    whole = [
        says("While it was quiet here: 1 still open and 1 over.", line(1)),
        says("While it was quiet here, continued (2)", line(0), under="r"),
    ]
    early = says("Trouble 00 red: it goes on")

    def verdict(*messages: Message, before: Message | None = None) -> list[str]:
        nights = [message for message in messages if is_of_night(message)]
        other = Message("other", "r", "post", None, ["x"])
        return list(night_faults(QUIET, TROUBLES, nights, [before or other, *messages], moments))

    assert verdict(*whole) == []
    assert verdict(), "nothing is told"
    assert verdict(whole[0]), "one is not named"
    assert verdict(*whole, whole[1]), "one is named twice"
    assert verdict(*whole, *whole), "it came twice"
    assert verdict(*whole, before=early), "it was quiet"
    assert verdict(whole[0], replace(whole[1], under="other")), "what stands below it stands elsewhere"
    still = [kept("quiet", OPEN), kept("loud", OPEN, messages=1)]
    assert list(night_faults(QUIET, TROUBLES, whole[1:], [early, whole[1]], still)), "nothing happened"
    assert list(night_faults(DIGESTED, TROUBLES, whole, whole, moments)), "it has no quiet hours"
    gone = [replace(trouble, gone=True) for trouble in TROUBLES]
    other = Message("other", "r", "post", None, ["x"])
    assert list(night_faults(QUIET, gone, [], [other], moments)) == [], "taken down before the list was sent"
