"""Judges a replay of recorded Statuspage summaries: every incident once, every update once, every edit an edit.

Run by hand: ``lookout replay FOLDER --json --kind statuspage --filter maintenance:on > acts.jsonl``, then
``python tests/judge_replay.py FOLDER acts.jsonl``. It reads the recorded JSON by itself: what it shares with the bot is
nothing but the format of the acts.
"""

from __future__ import annotations

import html
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SHOWN = 15
"""Findings of one sort that are printed."""


@dataclass
class Update:
    seen: list[str] = field(default_factory=list)
    """Its wordings, in order."""
    since: list[str] = field(default_factory=list)
    """When each was first read, as file names have it: 2026-03-04T091500."""


@dataclass
class Incident:
    name: str
    first: str
    """The file that has it first."""
    is_baseline: bool
    updates: dict[str, Update] = field(default_factory=dict)


def words(text: str) -> str:
    """A text by its letters and digits: whatever was done to markup and space, those stay."""
    return "".join(re.findall(r"\w", html.unescape(re.sub(r"<[^<>]*>", " ", html.unescape(text))).casefold()))


def recorded(folder: Path) -> dict[str, Incident]:
    found: dict[str, Incident] = {}
    for number, path in enumerate(sorted(folder.iterdir())):
        try:
            page = json.loads(path.read_bytes())
        except ValueError:
            continue
        if not isinstance(page, dict):
            continue
        for raw in [*(page.get("incidents") or []), *(page.get("scheduled_maintenances") or [])]:
            incident = found.setdefault(raw["id"], Incident(raw["name"], path.name, number == 0))
            for post in raw.get("incident_updates") or []:
                update = incident.updates.setdefault(post["id"], Update())
                text = words(post.get("body") or "")
                if not update.seen or update.seen[-1] != text:
                    update.seen.append(text)
                    update.since.append(path.stem.rpartition("_")[2])
    return found


def acts(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("{"):
                yield json.loads(line)


def main(folder: Path, told: Path) -> int:
    page = recorded(folder)
    cards: defaultdict[str, set[int]] = defaultdict(set)
    rooted: set[int] = set()
    texts: defaultdict[str, list[str]] = defaultdict(list)
    edited: defaultdict[str, list[str]] = defaultdict(list)
    edited_at: defaultdict[str, set[str]] = defaultdict(set)
    reasons: Counter[str] = Counter()
    for act in acts(told):
        reasons[f"{act['act']} {act['reason']}"] += 1
        cards[act["incident"]].add(act["card"])
        if act["act"] == "post":
            rooted.add(act["card"])
        if act["reason"] == "edited":
            edited_at[act["incident"]].add(act["at"][:19].replace(":", ""))
        (edited if act["act"] == "edit" else texts)[act["incident"]].append(words(act["text"]))
    findings: defaultdict[str, list[str]] = defaultdict(list)
    updates = edits = 0
    for key, incident in page.items():
        told_texts, told_edits = texts[key], edited[key]
        what = f"{key} “{incident.name[:60]}” ({incident.first})"
        if not cards[key]:
            findings["incidents swallowed"].append(what)
            continue
        if not cards[key] <= rooted:
            findings["cards without a root"].append(what)
        if len(cards[key]) > 1:
            findings["incidents told twice"].append(what)
        wordings = Counter(text for update in incident.updates.values() for text in update.seen if text)
        for update in incident.updates.values():
            updates += 1
            shown = [sum(text in each for each in told_texts) for text in update.seen if text]
            if shown and not any(shown) and not any(text in each for text in update.seen for each in told_edits):
                findings["updates swallowed"].append(f"{what}: {update.seen[-1][:60]}")
            for text in update.seen:
                is_whole = wordings[text] == 1 and not any(text in other and text != other for other in wordings)
                if text and is_whole and sum(text in each for each in told_texts) > 1:
                    findings["updates told twice"].append(f"{what}: {text[:60]}")
            for before, after, when in zip(update.seen, update.seen[1:], update.since[1:], strict=False):
                edits += 1
                news = any(after in each for each in told_texts)
                if after and before and news and wordings[after] == 1 and after not in before:
                    findings["edits told as news"].append(f"{what}: {after[:60]}")
                if (
                    after
                    and when not in edited_at[key]
                    and not any(after in each for each in [*told_texts, *told_edits])
                ):
                    findings["edits swallowed"].append(f"{what}: {after[:60]}")
    for key in cards:
        if key not in page and not key.startswith("episode-"):
            findings["incidents that were never there"].append(key)
    report = [
        f"{len(page)} incidents, {updates} updates, {edits} edits of texts recorded",
        ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()),
    ]
    for sort, found in findings.items():
        report += [f"{len(found)} {sort}:", *(f"  {each}" for each in found[:SHOWN])]
    if not findings:
        report.append("Every incident once, every update once, every edit an edit.")
    sys.stdout.write("\n".join([*report, ""]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
