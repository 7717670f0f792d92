"""``dashboard``: links that are given and taken away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands.context import CommandContext, Site
from bot.commands.dispatch import answer
from bot.commands.request import Reply, Request
from bot.domain import Channel, Workspace
from bot.message import Link, MessageKind, Paragraph
from bot.store.dashboards import MAX_LINKS
from tests.commands.talk import CATALOG, NOW, OPS, Talk
from tests.text import read

ELSEWHERE = Channel("console", "local", "elsewhere")


class Bytes:
    """Others each time."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, count: int) -> bytes:
        self.number += 1
        return self.number.to_bytes(count, "big")


@pytest.fixture
def site() -> Site:
    return Site("https://status.acme.example", True, 30, Bytes())


@pytest.fixture(autouse=True)
def subscribed(talk: Talk) -> None:
    talk.say("subscribe github")


def ask(talk: Talk, site: Site | None, text: str = "", channel: Channel = OPS, *, manages: bool = True) -> Reply:
    context = CommandContext(talk.store, CATALOG, NOW, site=site)
    return answer(Request("dashboard", text, channel, "U1", manages), context)


def token(reply: Reply) -> str:
    url = reply.messages[0].url
    assert url
    return url.rpartition("/")[2]


def test_a_link_opens_the_channel_that_asked_for_as_long_as_it_says(talk: Talk, site: Site) -> None:
    reply = ask(talk, site, manages=False)
    assert not reply.public, "for the one who asked"
    [message] = reply.messages
    assert message.url == f"https://status.acme.example/d/{token(reply)}"
    link = next(span for b in message.blocks if isinstance(b, Paragraph) for span in b.line if isinstance(span, Link))
    assert link.url == message.url
    dashboards, valid = talk.store.dashboards, timedelta(days=30)
    assert dashboards.shown(token(reply), NOW + valid - timedelta(seconds=1)) == OPS
    assert dashboards.shown(token(reply), NOW + valid) is None


def test_what_is_kept_is_no_token(talk: Talk, site: Site) -> None:
    given = token(ask(talk, site))
    with talk.store.engine.connect() as connection:
        [row] = connection.exec_driver_sql("SELECT * FROM dashboard_link").all()
    assert given not in repr(row)
    assert talk.store.dashboards.shown(row[0], NOW) is None


def test_revoked_links_open_nothing_and_other_channels_keep_theirs(talk: Talk, site: Site) -> None:
    first, second = token(ask(talk, site)), token(ask(talk, site))
    ask(talk, site, "revoke", manages=False)
    assert talk.store.dashboards.shown(first, NOW) == OPS
    reply = ask(talk, site, "revoke")
    assert reply.public
    assert reply.messages[0].title == "2 links to this channel's dashboard open nothing any more."
    assert [talk.store.dashboards.shown(one, NOW) for one in (first, second)] == [None, None]
    assert "No link leads to" in read(ask(talk, site, "revoke").messages[0])


def test_only_the_newest_links_are_kept(talk: Talk, site: Site) -> None:
    given = [token(ask(talk, site)) for _ in range(MAX_LINKS + 1)]
    assert sum(talk.store.dashboards.shown(one, NOW) is not None for one in given) == MAX_LINKS
    assert talk.store.dashboards.shown(given[-1], NOW) == OPS


def test_where_there_is_nothing_to_show_it_says_so(talk: Talk, site: Site) -> None:
    assert "No pages are served here" in read(ask(talk, None).messages[0])
    assert "subscribe" in read(ask(talk, site, channel=ELSEWHERE).messages[0])
    assert "own machine alone" in read(ask(talk, replace(site, is_public=False)).messages[0])
    assert "“dashboard everywhere” for one" in read(ask(talk, site, "quickly").messages[0])


def test_a_link_to_the_whole_workspace_is_for_those_who_may_manage_all_of_it(talk: Talk, site: Site) -> None:
    refused = ask(talk, site, "everywhere", manages=False)
    assert refused.messages[0].url is None
    assert ask(talk, site, "everywhere revoke", manages=False).messages[0].kind is MessageKind.ERROR
    reply = ask(talk, site, "everywhere", ELSEWHERE)
    assert "subscribe" in read(reply.messages[0]), "a channel that is not on record"
    given = token(ask(talk, site, "everywhere"))
    assert talk.store.dashboards.shown(given, NOW) == Workspace("console", "local")


def test_links_of_channels_and_of_workspaces_end_apart(talk: Talk, site: Site) -> None:
    talk.channel = ELSEWHERE
    talk.say("subscribe github")
    here, whole = token(ask(talk, site)), token(ask(talk, site, "everywhere"))
    other, foreign = Channel("console", "local", "elsewhere"), Channel("console", "remote", "ops")
    assert "No link" in read(ask(talk, site, "everywhere revoke", foreign).messages[0])
    ask(talk, site, "revoke")
    assert [talk.store.dashboards.shown(one, NOW) is None for one in (here, whole)] == [True, False]
    reply = ask(talk, site, "revoke everywhere", other)
    assert reply.messages[0].title == "1 link to this workspace's dashboard opens nothing any more."
    assert talk.store.dashboards.shown(whole, NOW) is None
