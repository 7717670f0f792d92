"""The hosted platforms, held together: whose body is whose, and what broken ones come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND, PROVIDERS
from tests import fuzz
from tests.monitor.providers.bodies import ACME, NOW, PAGES
from tests.shelf import PAGES as SHELF
from tests.shelf import needs_pages, recorded

KINDS = (
    "incidentio",
    "instatus",
    "betterstack",
    "statusio",
    "statuspal",
    "hund",
    "sorryapp",
    "statushub",
    "statuscast",
    "rootly",
    "firehydrant",
)
LEADS_ELSEWHERE = {"statuspal/page.html"}
"""HTML that tells where the data is: that is read instead."""

URL = "https://status.acme.example/api"


def own(kind: str) -> list[Path]:
    return sorted(path for path in (PAGES / kind).iterdir() if f"{kind}/{path.name}" not in LEADS_ELSEWHERE)


@pytest.mark.parametrize("path", [path for kind in KINDS for path in own(kind)], ids=lambda path: path.name)
def test_a_body_is_known_by_its_shape_alone(path: Path) -> None:
    body = Body(URL, path.read_bytes())
    # A feed is also a feed; it is asked last.
    assert [p.kind for p in PROVIDERS if p.kind != "rss" and p.recognises(body)] == [path.parent.name]


@needs_pages
@pytest.mark.parametrize(
    "path", recorded("*/*.*", "examples/*/*.*"), ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_a_recorded_page_is_known_by_its_own_platform_and_no_other(path: Path) -> None:
    platform = path.parent.name
    body = Body(str(path.relative_to(SHELF)), path.read_bytes())
    known = {provider.kind for provider in PROVIDERS if provider.recognises(body)}
    assert known & set(KINDS) == ({platform} if platform in KINDS else set())
    if platform in KINDS:
        assert known == {platform}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in.</body></html>",
        b'{"components": []}',
        b"[" * 100_000,
        b"null",
        b'"\xff\xfe"',
        b"<rss><channel><item><title>Acme</title></item></channel></rss>",
    ],
    ids=["empty", "html", "moved", "deep", "null", "bytes", "feed"],
)
def test_what_a_page_answers_when_it_is_none_any_more(kind: str, content: bytes) -> None:
    with pytest.raises(ParseFailed) as failed:
        BY_KIND[kind].parse(ACME, (Body(URL, content),), NOW)
    assert fuzz.ONE_SENTENCE.fullmatch(str(failed.value))
    assert not BY_KIND[kind].recognises(Body(URL, content))


@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_is_one_sentence(kind: str) -> None:
    with pytest.raises(ParseFailed):
        BY_KIND[kind].parse(ACME, (), NOW)


@pytest.mark.parametrize("path", [path for kind in KINDS for path in own(kind)], ids=lambda path: path.name)
def test_ids_do_not_move_with_the_text(path: Path) -> None:
    provider, content = BY_KIND[path.parent.name], path.read_bytes()
    edited = content.replace(b"We look", b"We see ")
    snapshots = [provider.parse(ACME, (Body(URL, each),), NOW) for each in (content, content, edited)]
    ids = [[(i.id, [u.id for u in i.updates]) for i in snapshot.incidents] for snapshot in snapshots]
    assert ids[0] == ids[1] == ids[2]


@pytest.mark.parametrize("kind", KINDS)
def test_addresses_are_absolute_and_stay_on_the_host(kind: str) -> None:
    provider = BY_KIND[kind]
    urls = (*provider.state_urls("https://status.acme.example"), *provider.history_urls("https://status.acme.example"))
    assert all(url.startswith("https://status.acme.example") for url in urls)
