"""What people type in other words than a command's own, and what it is taken for.

``phrases.txt`` holds a line for each, ``newcomer.txt`` those of somebody who knew the documentation alone. What a line
is taken for is a command, or the beginning of the answer; ``?``: the command is asked about first; ``~``: the answer is
no news for others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.catalog import Catalog, load
from bot.commands.grammar import parse
from bot.domain import Channel, Filter, Slug
from bot.message import Code, Paragraph
from bot.store import Store
from tests.commands.talk import GITHUB_PARTS, NOW, Talk

TYPED = [
    (line.partition(" | ")[0].strip(), line.partition(" | ")[2].strip())
    for table in ("phrases.txt", "newcomer.txt")
    for line in Path(__file__).with_name(table).read_text(encoding="utf-8").splitlines()
    if " | " in line
]
SUBSCRIBED = ["bitbucket", "github"]
READ = ("gitlab", "slack", "stripe", "zoom", "cloudflare", "openai", "anthropic", "twilio")


@pytest.fixture(scope="module", name="catalog")
def _catalog() -> Catalog:
    return load()


@pytest.fixture(scope="module", name="store")
def _store(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('phrases') / 'lookout.db'}")
    store.pages.sync_catalog([vendor for vendor in catalog if vendor.slug in {*SUBSCRIBED, *READ}], NOW, 0)
    read = Talk(store, catalog)
    read.reading("github", GITHUB_PARTS)
    for slug in READ:
        read.reading(slug)
    yield store
    store.close()


@pytest.fixture(name="talk")
def _talk(store: Store, catalog: Catalog, request: pytest.FixtureRequest) -> Talk:
    """A channel of its own that subscribes to two vendors."""
    talk = Talk(store, catalog, channel=Channel("console", "local", request.node.name))
    talk.ask("subscribe github bitbucket")
    return talk


def subscriptions(talk: Talk) -> dict[Slug, Filter]:
    held = talk.store.channels.subscriptions(talk.channel)
    return {listed.subscription.vendor: listed.subscription.filter for listed in held}


@pytest.mark.parametrize(("line", "meant"), TYPED)
def test_what_is_typed_is_understood(talk: Talk, line: str, meant: str) -> None:
    before = subscriptions(talk)
    reply = talk.ask(line)
    message = reply.messages[0]
    title = message.summary
    command, _, text = meant.partition(" ")
    vendors = [talk.catalog.get(word) for word in text.split() if word.islower()]
    match command:
        case "status":
            assert [m.url for m in reply.messages] == [vendor and vendor.human_url for vendor in vendors]
        case "trouble":
            assert title.startswith("None of the 2 vendors of this channel reports trouble (oldest reading 40 s)")
        case "overview":
            assert "of this channel" in title
        case "subscribe":
            parsed = parse(text, talk.catalog)
            assert subscriptions(talk) == before | {vendor.slug: parsed.filter for vendor in parsed.vendors}
        case "unsubscribe":
            gone = SUBSCRIBED if text == "all" else text.split()
            assert subscriptions(talk) == {slug: held for slug, held in before.items() if slug not in gone}
        case "muted":
            assert title.startswith(f"Muted {text}")
            assert reply.public
        case "incidents" | "history":
            vendor = talk.catalog.get(text.partition(" ")[0])
            period = text.partition(" ")[2] if vendor else text
            whose = vendor.name if vendor else "this channel's 2 vendors"
            assert title.startswith(f"{whose}, {period}:" if command == "history" else f"{period}, {whose} had ")
        case "why":
            assert title.startswith("Nothing was posted to this channel")
        case "list":
            assert title == "This channel subscribes to 2 vendors."
        case _ if meant.startswith("?"):
            assert [button.command for button in message.buttons] == [meant[1:], "cancel"]
            assert title.endswith("?")
            assert any(isinstance(block, Paragraph) and Code(meant[1:]) in block.line for block in message.blocks)
        case _ if meant.startswith("~"):
            assert title.startswith(meant[1:])
            assert reply.aside
        case _:
            assert title.startswith(meant)
    assert "names are not" not in title
    if command not in {"subscribe", "unsubscribe"}:
        assert subscriptions(talk) == before
    assert reply.aside == meant.startswith("~")


def test_there_are_enough() -> None:
    assert len(set(TYPED)) >= 350
