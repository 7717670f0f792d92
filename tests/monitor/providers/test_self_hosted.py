"""Self-hosted and monitor-driven pages, held together: whose body is whose, and what broken ones come to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain import Level
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND, PROVIDERS
from tests import fuzz
from tests.monitor.providers.bodies import ACME, NOW, PAGES
from tests.shelf import PAGES as SHELF
from tests.shelf import needs_pages, recorded

KINDS = (
    "cachet",
    "uptimekuma",
    "cstate",
    "gatus",
    "upptime",
    "openstatus",
    "uptimerobot",
    "statusiq",
    "checkly",
    "ohdear",
    "onlineornot",
)
NO_PAGES = {"not_a_feed_body.txt"}


def own(kind: str) -> list[Body]:
    return [
        Body(f"https://status.acme.example/{path.name}", path.read_bytes())
        for path in sorted((PAGES / kind).iterdir())
        if path.name != "index.xml"  # cState's feed of texts: any feed could be that.
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_is_known_by_its_shape_alone(kind: str) -> None:
    for body in own(kind):
        # A feed is also a feed; it is asked last.
        assert [p.kind for p in PROVIDERS if p.kind != "rss" and p.recognises(body)] == [kind]


@needs_pages
@pytest.mark.parametrize(
    "path", recorded("*/*.*", "examples/*/*.*"), ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_no_recorded_page_is_taken_for_another_platforms(path: Path) -> None:
    body = Body(str(path.relative_to(SHELF)), path.read_bytes())
    known = {kind for kind in KINDS if BY_KIND[kind].recognises(body)}
    assert known == ({path.parent.name} if path.parent.name in KINDS and path.name not in NO_PAGES else set())


@pytest.mark.parametrize("kind", KINDS)
def test_any_one_body_can_be_read_alone(kind: str) -> None:
    for body in own(kind):
        if body.url.endswith("/groups.json"):
            continue
        snapshot = BY_KIND[kind].parse(ACME, (replace(body, url=body.url.rpartition("/")[2]),), NOW)
        assert snapshot.components or snapshot.incidents or snapshot.status_text


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_that_is_cut_off_is_never_green(kind: str) -> None:
    for body in own(kind):
        for cut in range(0, len(body.content), max(1, len(body.content) // 40)):
            try:
                snapshot = BY_KIND[kind].parse(ACME, (replace(body, content=body.content[:cut]),), NOW)
            except ParseFailed:
                continue
            assert snapshot.level is not Level.OPERATIONAL


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in.</body></html>",
        b'{"components": []}',
        b"[" * 100_000,
        b"null",
        b"[]",
        b'"\xff\xfe"',
        b'{"status": "fail", "msg": "Status Page Not Found"}',
        b"<rss><channel><title>Acme</title></channel></rss>",
    ],
    ids=["empty", "html", "moved", "deep", "null", "list", "bytes", "refused", "feed"],
)
def test_what_a_page_answers_when_it_is_none_any_more(kind: str, content: bytes) -> None:
    with pytest.raises(ParseFailed) as failed:
        BY_KIND[kind].parse(ACME, (Body("https://status.acme.example/api", content),), NOW)
    assert fuzz.ONE_SENTENCE.fullmatch(str(failed.value))
    assert not BY_KIND[kind].recognises(Body("https://status.acme.example/api", content))


@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_is_one_sentence(kind: str) -> None:
    with pytest.raises(ParseFailed):
        BY_KIND[kind].parse(ACME, (), NOW)


@pytest.mark.parametrize("kind", KINDS)
def test_ids_do_not_move_with_the_text(kind: str) -> None:
    for body in own(kind):
        if body.url.endswith("/groups.json"):
            continue
        edited = replace(body, content=body.content.replace(b"We ", b"Now we "))
        snapshots = [BY_KIND[kind].parse(ACME, (each,), NOW) for each in (body, body, edited)]
        ids = [[(i.id, [u.id for u in i.updates]) for i in snapshot.incidents] for snapshot in snapshots]
        assert ids[0] == ids[1] == ids[2]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("url", ["https://status.acme.example", "https://acme.example:8443/a/b?c=1", "https://[::1]/x"])
def test_addresses_are_absolute_and_stay_on_the_host(kind: str, url: str) -> None:
    provider = BY_KIND[kind]
    for address in (*provider.state_urls(url), *provider.history_urls(url)):
        assert address.startswith("/".join(url.split("/")[:3]))
