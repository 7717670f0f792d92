"""The story that is told: what four vendors' pages say, step by step, and which channel wants to hear what. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

INCIDENTS = 50
CHANNELS = 20
VENDORS = ("ash", "birch", "cedar", "fir")
MODES = ("thread", "thread+key", "flat", "edit")
AT_ONCE = 8
"""Incidents whose events mix."""
TICK = timedelta(milliseconds=50)
"""Between two steps, by the pages' clock: about as long as a step takes, so that holds end while it is told."""
AGO = timedelta(hours=2)
"""Before the telling the story began."""
HOLD = AGO + timedelta(seconds=0.5)
QUIET = ((10, 40), (60, 80))
"""From when to when it is quiet, in hundredths of the story."""
DIGESTS = (25, 50, 75, 100)
"""When channels that have a digest get one."""
LONG_AGO = timedelta(hours=100)
"""Further back than the bot is to tell."""

Json = dict[str, Any]


@dataclass
class Post:
    """One update. ``number`` names its text: updates that repeat a text share it. An edit raises the version."""

    id: str
    phase: str
    number: int
    at: datetime
    version: int = 1

    def text(self, trouble: int) -> str:
        # Wordings differ in words: numbers that run on in a text are no edit for a while.
        return f"U{trouble:02}.{self.number}v{self.version} We are on it{', and again' * self.version}."


@dataclass
class Trouble:
    """One incident. ``old``: it was over long before it appeared; ``gone``: its page took it down."""

    number: int
    vendor: str
    colour: str
    impact: str
    component: str | None
    posts: list[Post] = field(default_factory=list)
    gone: bool = False
    old: bool = False

    @property
    def title(self) -> str:
        return f"Trouble {self.number:02} {self.colour}"

    @property
    def is_over(self) -> bool:
        return bool(self.posts) and self.posts[-1].phase in ("resolved", "postmortem")

    @property
    def runs(self) -> list[tuple[int, int]]:
        """(text number, how often it was said in a row), in order."""
        runs: list[tuple[int, int]] = []
        for post in self.posts:
            if runs and runs[-1][0] == post.number:
                runs[-1] = (post.number, runs[-1][1] + 1)
            else:
                runs.append((post.number, 1))
        return runs


@dataclass(frozen=True)
class Stand:
    """How an incident stands after a step, with how many updates and texts: an update may repeat the text before it."""

    updates: int
    texts: int
    over: bool
    gone: bool


@dataclass(frozen=True)
class Moment:
    """Something that was done to the channels' settings: ``word`` as in :attr:`Tale.acts`, after ``messages`` messages
    in all."""

    word: str
    messages: int
    stand: dict[int, Stand]


@dataclass(frozen=True)
class Ear:
    """A channel. ``drops``: its chat drops repeated keys; else it can look a message up by its key. ``filter`` is one
    of the words that :meth:`wants` knows. ``quiet``: it has quiet hours; ``holds``: its subscriptions hold back what
    is minor. ``digest``: it gets digests, ``also`` or ``only``."""

    id: str
    mode: str
    drops: bool
    vendors: tuple[str, ...]
    filter: str
    quiet: bool = False
    holds: bool = False
    digest: str = ""

    def wants(self, trouble: Trouble) -> bool:
        if trouble.vendor not in self.vendors or trouble.old:
            return False
        match self.filter:
            case "components":
                return trouble.component in (None, "API")
            case "excluded":
                return trouble.component != "Web app"
            case "least":
                return trouble.impact in ("major", "critical")
            case "match":
                return trouble.colour == "red"
            case _:
                return True


_PLAIN = (
    Ear(
        f"c{n:02}",
        MODES[n % 4],
        drops=n // 4 % 2 == 1,
        vendors=VENDORS if n == 0 else (VENDORS[n % 4], VENDORS[n // 2 % 4]),
        filter=("all", "components", "excluded", "least", "match")[n % 5],
    )
    for n in range(CHANNELS)
)
EARS = (
    *_PLAIN,
    Ear("q1", "thread+key", drops=False, vendors=VENDORS, filter="all", quiet=True),
    Ear("q2", "flat", drops=True, vendors=VENDORS[:2], filter="all", quiet=True),
    Ear("q3", "thread", drops=True, vendors=VENDORS[1:], filter="least", quiet=True, holds=True),
    Ear("h1", "thread", drops=False, vendors=VENDORS, filter="all", holds=True, digest="also"),
    Ear("h2", "edit", drops=True, vendors=VENDORS[2:], filter="all", holds=True),
    Ear("d1", "thread", drops=False, vendors=VENDORS, filter="all", digest="only"),
    Ear("d2", "flat", drops=True, vendors=VENDORS[:2], filter="excluded", digest="only"),
    Ear("d3", "thread+key", drops=True, vendors=VENDORS[1:], filter="match", digest="also"),
)
LOST = EARS[0].id
"""The channel that cannot be reached for a part of the story."""


class Tale:
    """``events`` at each step: (incident, what happens to it). The same seed tells the same story."""

    def __init__(self, seed: int, start: datetime, incidents: int = INCIDENTS) -> None:
        self.random = Random(seed)
        self.start = start
        self.troubles = [self._trouble(n) for n in range(incidents)]
        self.steps = list(self._steps())
        self.lost_from, self.lost_until = len(self.steps) * 35 // 100, len(self.steps) * 60 // 100
        self.told = 0

    def tell(self) -> set[str]:
        """Let the next step happen; the vendors whose pages it changes."""
        changed = set()
        step = self.steps[self.told]
        for number, event in step:
            if event != "vanish" and (number, "vanish") in step:
                continue  # Nobody ever sees what is posted and taken down between two readings.
            trouble = self.troubles[number]
            self._happen(trouble, event)
            changed.add(trouble.vendor)
        self.told += 1
        return changed

    @property
    def acts(self) -> list[tuple[int, str]]:
        """After which step something is done to the channels' settings, and what: ``quiet``, ``loud``, ``digest``."""
        shares = [(share, word) for night in QUIET for share, word in zip(night, ("quiet", "loud"), strict=True)]
        shares += [(share, "digest") for share in DIGESTS]
        return sorted((max(1, len(self.steps) * share // 100), word) for share, word in shares)

    def stand(self) -> dict[int, Stand]:
        """How each incident stands that has begun."""
        return {t.number: Stand(len(t.posts), len(t.runs), t.is_over, t.gone) for t in self.troubles if t.posts}

    def page(self, vendor: str, name: str) -> Json:
        """``summary.json``, ``incidents.json`` or ``scheduled-maintenances.json`` of a Statuspage as it stands."""
        page = {"id": f"{vendor}page", "name": vendor, "url": f"https://{vendor}.test", "time_zone": "Etc/UTC"}
        shown = [t for t in self.troubles if t.vendor == vendor and t.posts and not t.gone]
        answer: Json = {"page": page | {"updated_at": _iso(self._now())}}
        match name:
            case "summary.json":
                answer["status"] = {"indicator": "none", "description": "All Systems Operational"}
                answer["components"] = [_component(vendor, part) for part in ("API", "Web app", "Docs")]
                answer["incidents"] = [
                    _incident(t) for t in shown if t.posts[-1].phase not in ("resolved", "postmortem")
                ]
                answer["scheduled_maintenances"] = []
            case "incidents.json":
                answer["incidents"] = [_incident(t) for t in shown]
            case "scheduled-maintenances.json":
                answer["scheduled_maintenances"] = []
        return answer

    # --- how it is made up -----------------------------------------------------------------------------------------

    def _now(self) -> datetime:
        return self.start + self.told * TICK

    def _trouble(self, number: int) -> Trouble:
        pick = self.random.choice
        return Trouble(
            number,
            pick(VENDORS),
            pick(("red", "blue")),
            pick(("minor", "major", "critical")),
            pick((None, "API", "Web app")),
            old=self.random.random() < 0.06,
        )

    def _steps(self) -> Iterator[list[tuple[int, str]]]:
        waiting = list(range(len(self.troubles)))
        lives: dict[int, list[str]] = {}
        while waiting or lives:
            while waiting and len(lives) < AT_ONCE:
                number = waiting.pop(0)
                lives[number] = ["open", "say", "resolve"] if self.troubles[number].old else self._life()
            step = []
            for _ in range(self.random.choice((1, 1, 2))):
                if not lives:
                    break
                number = self.random.choice(list(lives))
                events = lives[number]
                at_once = len(events) if self.troubles[number].old or events[0] == "open, briefly" else 1
                step += [(number, event) for event in events[:at_once]]
                del events[:at_once]
                if not events:
                    del lives[number]
            yield step

    def _life(self) -> list[str]:
        random = self.random
        if random.random() < 0.1:
            return ["open, briefly", "say", "resolve"]
        events = ["open"]
        for _ in range(random.randint(0, 5)):
            events += random.choice((["say"], ["say"], ["repeat"] * random.randint(1, 4), ["edit"]))
        end = random.random()
        if end < 0.12:
            return [*events, "vanish"]
        if end < 0.22:
            return events
        events.append("resolve")
        if random.random() < 0.3:
            events += ["reopen", "say", "resolve"]
        if random.random() < 0.3:
            events.append(random.choice(("postmortem", "edit")))
        return events

    def _happen(self, trouble: Trouble, event: str) -> None:
        match event:
            case "open" | "open, briefly" | "reopen":
                self._say(trouble, "investigating")
            case "say":
                self._say(trouble, self.random.choice(("investigating", "identified", "monitoring")))
            case "resolve":
                self._say(trouble, "resolved")
            case "postmortem":
                self._say(trouble, "postmortem")
            case "repeat":
                last = trouble.posts[-1]
                self._say(trouble, last.phase, last.number, last.version)
            case "edit":
                numbers = [post.number for post in trouble.posts]
                unique = [post for post in trouble.posts if numbers.count(post.number) == 1]
                if unique:
                    self.random.choice(unique).version += 1
            case "vanish":
                trouble.gone = True

    def _say(self, trouble: Trouble, phase: str, number: int | None = None, version: int = 1) -> None:
        count = len(trouble.posts)
        at = self._now() - (LONG_AGO if trouble.old else timedelta()) + timedelta(milliseconds=count)
        text = len(trouble.runs) if number is None else number
        trouble.posts.append(Post(f"t{trouble.number:02}u{count}", phase, text, at, version))


def _component(vendor: str, name: str) -> Json:
    return {
        "id": f"{vendor}-{name}",
        "name": name,
        "status": "operational",
        "group_id": None,
        "group": False,
        "only_show_if_degraded": False,
    }


def _incident(trouble: Trouble) -> Json:
    newest = trouble.posts[-1]
    ends = [post.at for post in trouble.posts if post.phase == "resolved"]
    over = newest.phase in ("resolved", "postmortem")
    return {
        "id": f"t{trouble.number:02}",
        "name": trouble.title,
        "status": newest.phase,
        "impact": trouble.impact,
        "created_at": _iso(trouble.posts[0].at),
        "started_at": _iso(trouble.posts[0].at),
        "resolved_at": _iso(ends[-1]) if over and ends else None,
        "shortlink": f"https://{trouble.vendor}.test/t{trouble.number:02}",
        "page_id": f"{trouble.vendor}page",
        "components": [_component(trouble.vendor, trouble.component)] if trouble.component else [],
        "incident_updates": [
            {
                "id": post.id,
                "status": post.phase,
                "body": post.text(trouble.number),
                "created_at": _iso(post.at),
                "display_at": _iso(post.at),
            }
            for post in reversed(trouble.posts)
        ],
    }


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
