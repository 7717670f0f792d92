"""The audit is kept for as long as it may be, follows its channel, and forgets who is to be forgotten."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import AuditLine, Channel
from bot.store import Store
from tests.store.given import DEV, ELSEWHERE, OPS, at, catalog, subscribe


def add(store: Store, text: str, channel: Channel = OPS, by: str = "U1", minutes: float = 0) -> None:
    store.audit.add(AuditLine(channel, by, at(minutes), text, "ann"))


def texts(store: Store, channel: Channel = OPS, *, everywhere: bool = False) -> list[str]:
    return [line.text for line in store.audit.of(channel, 100, everywhere=everywhere)]


def test_what_is_older_than_all_that_is_kept_goes(store: Store) -> None:
    add(store, "old", minutes=0)
    add(store, "new", minutes=9)
    assert store.retention.forget(at(5)).audit == 1
    assert store.retention.forget(at(5)).total == 0
    assert texts(store) == ["new"]


def test_a_workspace_keeps_its_newest_lines_only(store: Store) -> None:
    for number in range(5):
        add(store, f"ours {number}", (OPS, DEV)[number % 2])
    add(store, "theirs", ELSEWHERE)
    assert store.audit.trim(3) == 2
    assert texts(store, everywhere=True) == ["ours 4", "ours 3", "ours 2"]
    assert texts(store, ELSEWHERE) == ["theirs"]
    assert store.audit.trim(3) == 0


def test_a_person_is_forgotten_and_what_they_did_stays(store: Store) -> None:
    add(store, "subscribe acme mention:<@U1>")
    add(store, "subscribe acme", by="U2")
    store.erasure.person("list", "U1")
    kept = store.audit.of(OPS, 10)
    assert [(line.by, line.name, line.text) for line in kept] == [
        ("U2", "ann", "subscribe acme"),
        ("erased", "", "subscribe acme mention:<@erased>"),
    ]


def test_a_workspace_takes_its_lines_along(store: Store) -> None:
    add(store, "ours")
    add(store, "theirs", ELSEWHERE)
    store.erasure.workspace("list", "T1")
    assert texts(store, everywhere=True) == []
    assert texts(store, ELSEWHERE) == ["theirs"]


def test_lines_follow_a_channel_that_has_another_id(store: Store) -> None:
    catalog(store)
    subscribe(store, OPS)
    add(store, "ours")
    moved = replace(OPS, id="moved")
    store.workspaces.move_channel(OPS, moved)
    assert (texts(store), texts(store, moved)) == ([], ["ours"])
