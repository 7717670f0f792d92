"""The platforms that vendors built for themselves, held together: whose body is whose, and what broken ones come to."""

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
    "aws",
    "google",
    "azure",
    "m365",
    "slack",
    "heroku",
    "salesforce",
    "apple",
    "zendesk",
    "stripe",
    "pagerduty",
    "infomaniak",
    "azuredevops",
    "adobe",
    "playstation",
)
FOLDERS = {"gcp": "google", "googleworkspace": "google"}


def own(kind: str) -> list[Body]:
    return [Body("https://status.acme.example/api", path.read_bytes()) for path in sorted((PAGES / kind).iterdir())]


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_is_known_by_its_shape_alone(kind: str) -> None:
    for body in own(kind):
        # A feed is also a feed; it is asked last.
        assert [p.kind for p in PROVIDERS if p.kind != "rss" and p.recognises(body)] == [kind]


@needs_pages
@pytest.mark.parametrize(
    "path", recorded("*/*.*", "examples/*/*.*"), ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_no_recorded_page_is_taken_for_another_vendors(path: Path) -> None:
    platform = FOLDERS.get(path.parent.name, path.parent.name)
    known = {kind for kind in KINDS if BY_KIND[kind].recognises(Body(str(path.relative_to(SHELF)), path.read_bytes()))}
    assert known == ({platform} if platform in KINDS else set())


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
        b"<rss><channel><title>Acme</title></channel></rss>",
    ],
    ids=["empty", "html", "moved", "deep", "null", "bytes", "feed"],
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
def test_ids_do_not_move_with_the_text_or_the_order(kind: str) -> None:
    """An edited text keeps its update's id, and reading twice gives the same."""
    for body in own(kind):
        edited = Body(body.url, body.content.replace(b"We look", b"We looked"))
        snapshots = [BY_KIND[kind].parse(ACME, (each,), NOW) for each in (body, body, edited)]
        ids = [[(i.id, [u.id for u in i.updates]) for i in snapshot.incidents] for snapshot in snapshots]
        assert ids[0] == ids[1] == ids[2]


@pytest.mark.parametrize("kind", KINDS)
def test_another_vendors_address_is_not_answered_by_this_one(kind: str) -> None:
    assert BY_KIND[kind].state_urls("https://status.acme.example/x") == ("https://status.acme.example/x",)
    assert BY_KIND[kind].hosts
