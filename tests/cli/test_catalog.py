"""``lookout catalog``, as an operator runs it, against a page server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.catalog import load
from bot.domain import Slug
from bot.store import Store
from bot.store.values import PollOutcome
from tests.app.test_own_pages import SUMMARY, page
from tests.cli.test_main import Lookout
from tests.servers import PageServer
from tests.store.given import NOON, Route, at, reading


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer() as serving:
        serving.say(SUMMARY, page("Our Billing"))
        yield serving


@pytest.fixture
def lookout(tmp_path: Path) -> Lookout:
    program = Lookout(tmp_path)
    program.env |= {"LOOKOUT_FETCH_ALLOW_HOSTS": "127.0.0.1", "LOOKOUT_CATALOG_FILE": "mine.jsonl"}
    (tmp_path / "mine.jsonl").touch()
    return program


def test_a_page_is_added_to_the_operators_file_once(lookout: Lookout, server: PageServer) -> None:
    code, out, err = lookout("catalog", "add", server.url("/incidents/1"), "--category", "payments")
    row = {
        "slug": "our-billing",
        "name": "Our Billing",
        "page_url": server.url(),
        "kind": "statuspage",
        "category": "payments",
    }
    assert (code, json.loads(out)) == (0, row)
    assert "Added to mine.jsonl" in err
    assert load(str(lookout.folder / "mine.jsonl")).exact("our billing")
    code, _, err = lookout("catalog", "add", server.url())
    assert (code, err) == (2, f"Our Billing (our-billing) has this page already: {server.url()}.\n")
    code, out, _ = lookout("catalog", "list", "--category", "payments", "--kind", "statuspage")
    assert "our-billing                  Our Billing                  statuspage    payments" in out
    code, out, _ = lookout("catalog", "list", "--category", "payments", "--json")
    assert json.loads(next(line for line in out.splitlines() if "our-billing" in line)) == row


def test_without_a_file_of_ones_own_the_row_is_printed(lookout: Lookout, server: PageServer) -> None:
    code, out, err = lookout("catalog", "add", server.url(), "--name", "Ünser", LOOKOUT_CATALOG_FILE="")
    assert (code, json.loads(out)["slug"], json.loads(out)["name"]) == (0, "unser", "Ünser")
    assert "LOOKOUT_CATALOG_FILE" in err


def test_what_is_no_status_page_is_not_added(lookout: Lookout, server: PageServer) -> None:
    server.say(SUMMARY)
    code, out, err = lookout("catalog", "add", server.url())
    assert (code, out) == (3, "")
    assert err.startswith(f"Cannot be read: Nothing at {server.url()} answered")
    assert lookout("catalog", "add", "not a url")[0] == 2


def test_the_web_is_looked_through_reviewed_and_applied(lookout: Lookout, server: PageServer) -> None:
    mine = lookout.folder / "mine.jsonl"
    row = {"slug": "ours", "name": "Ours", "page_url": server.url(), "kind": "instatus", "category": "other"}
    mine.write_text(json.dumps(row), encoding="utf-8")
    code, out, _ = lookout("catalog", "probe", "ours")
    assert code == 0
    assert out.splitlines() == [
        "1 of 1 vendors looked at.",
        "0 as the catalog has them, 1 otherwise, 0 cannot be read.",
        f"  ours: statuspage at {server.url()}, was instatus at {server.url()}; "
        '1 components, says "All Systems Operational"',
        "Look through catalog-diff.jsonl, take out what is wrong, then: lookout catalog apply catalog-diff.jsonl FILE",
    ]
    asked = len(server.asked)
    lookout("catalog", "probe", "ours")
    assert len(server.asked) == asked
    code, out, _ = lookout("catalog", "apply", "catalog-diff.jsonl", "mine.jsonl")
    assert out == "1 rows of mine.jsonl changed.\n"
    assert json.loads(mine.read_text(encoding="utf-8")) == row | {"kind": "statuspage"}
    code, out, _ = lookout("catalog", "apply", "catalog-diff.jsonl", "mine.jsonl")
    assert "Left alone, as their rows say something else by now: ours." in out


def test_what_the_bot_detected_is_offered_as_a_diff(lookout: Lookout) -> None:
    mine = lookout.folder / "mine.jsonl"
    slugs = ("acme", "bolt", "cell")
    rows = [{"slug": s, "name": s.title(), "page_url": f"https://{s}.example", "category": "other"} for s in slugs]
    rows[1]["kind"] = "statuspage"
    mine.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    own = load(str(mine))
    store = Store(lookout.env["LOOKOUT_DATABASE_URL"])
    store.pages.sync_catalog([vendor for slug in slugs if (vendor := own.get(slug))], NOON, 0)
    for slug, kind, url in (
        ("acme", "instatus", "https://acme.page.example/"),
        ("bolt", "rss", "https://bolt.example"),
    ):
        store.records.record(reading(slug=Slug(slug)), Route())
        store.pages.settle([PollOutcome(Slug(slug), at(1), 60, kind=kind, page_url=url, read_at=at(1))])
    store.close()
    code, out, _ = lookout("catalog", "detected")
    assert code == 0
    assert out.splitlines() == [
        "1 found to be otherwise than in the catalog.",
        "  acme: instatus at https://acme.page.example, was not known at https://acme.example; 2 components, "
        'says "so it says"',
        "Look through catalog-diff.jsonl, take out what is wrong, then: lookout catalog apply catalog-diff.jsonl FILE",
    ]
    lookout("catalog", "apply", "catalog-diff.jsonl", "mine.jsonl")
    acme = load(str(mine)).get("acme")
    assert acme is not None
    assert (acme.kind, acme.page_url) == ("instatus", "https://acme.page.example")


def test_who_is_to_be_looked_at_has_to_be_said(lookout: Lookout) -> None:
    assert lookout("catalog", "probe")[::2] == (2, "Name vendors, or say --all: lookout catalog probe github slack.\n")
    code, _, err = lookout("catalog", "probe", "githb")
    assert (code, err) == (2, "“githb” is no vendor of the catalog. Did you mean github?\n")


def test_stats_count_every_vendor(lookout: Lookout) -> None:
    code, out, _ = lookout("catalog", "stats")
    assert code == 0
    assert out.startswith("2,729 vendors, ")
    assert "Atlassian Statuspage" in out
    assert "security" in out


def test_a_file_that_cannot_be_used_ends_every_command_in_a_sentence(lookout: Lookout) -> None:
    (lookout.folder / "mine.jsonl").write_text("{", encoding="utf-8")
    for words in (("catalog", "stats"), ("run",)):
        code, _, err = lookout(*words)
        assert (code, err) == (2, "mine.jsonl, line 1: this is no JSON object on one line.\n")
    code, out, _ = lookout("check")
    assert code == 1
    assert "!!  catalog: mine.jsonl, line 1: this is no JSON object on one line." in out
