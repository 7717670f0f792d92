"""What programs are told over HTTP, who may ask for it, and what is refused how."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

from bot.commands.context import CommandContext
from bot.commands.operations.given import Given
from bot.commands.request import Request
from bot.commands.table import OPERATIONS
from bot.store.values import OwnPage
from bot.web.api.addresses import Address, addresses
from bot.web.api.rate import Rate
from tests.commands.operations.test_operations import PAIR, pair
from tests.commands.talk import Talk, ago, incident, said
from tests.web.api.asked import ELSEWHERE, HERE, Asked

ADDRESSES = list(addresses(OPERATIONS))
VALUES = {"vendor": "github", "id": "github/now1", "what": "github", "text": "git", "channel": HERE.id}
"""Such as most operations take."""


@pytest.fixture
def asked(talk: Talk) -> Asked:
    return Asked(talk)


@pytest.mark.parametrize(
    ("path", "key", "found"),
    [
        ("vendors?text=git", "", ["github", "gitlab"]),
        ("status?vendor=github&vendor=gitlab", "", ["github", "gitlab"]),
        ("status", "read", ["github", "gitlab"]),
        ("status", "other", ["aws"]),
        ("status?channel=ops", "read", ["github", "gitlab"]),
    ],
)
def test_vendors_are_found_and_their_status_told(asked: Asked, path: str, key: str, found: list[str]) -> None:
    assert [v["vendor"] for v in asked.get(path, key).json()["vendors"]][: len(found)] == found


def test_a_vendor_has_its_parts_incidents_days_and_alternatives(asked: Asked) -> None:
    assert asked.get("vendors/github").json()["level"] == "major_outage"
    assert [p["name"] for p in asked.get("vendors/github/components").json()["components"]] == [
        "Git Operations",
        "Actions",
    ]
    assert [i["id"] for i in asked.get("vendors/github/incidents?open=on").json()["incidents"]] == ["github/now1"]
    assert len(asked.get("vendors/github/history?days=5").json()["days"]) == 5
    assert "gitlab" in [a["vendor"] for a in asked.get("vendors/github/alternatives").json()["alternatives"]]
    assert asked.get("incidents/github/now1").json()["timeline"][0]["text"] == "We look into it."


def test_a_write_key_subscribes_mutes_and_ends_it(asked: Asked) -> None:
    def subscribed() -> list[str]:
        return [s["vendor"] for s in asked.get("subscriptions", "read").json()["subscriptions"]]

    body = {"channel": "ops", "vendor": ["bitbucket"], "severity": "major"}
    assert asked.send("POST", "subscriptions", "write", json=body).json()["changed"] is True
    assert subscribed() == ["bitbucket", "github", "gitlab"]
    muted = asked.send("POST", "mutes", "write", json={"channel": "ops", "what": "github", "span": "1h"})
    assert muted.json()["changed"] is True
    assert asked.send("DELETE", "mutes/github?channel=ops", "write").json()["changed"] is True
    assert asked.send("DELETE", "subscriptions/bitbucket?channel=ops", "write").json()["changed"] is True
    assert subscribed() == ["github", "gitlab"]


def test_a_page_that_is_not_known_is_not_searched_for(asked: Asked) -> None:
    body = {"channel": "ops", "vendor": ["https://status.unheard.example"]}
    answer = asked.send("POST", "subscriptions", "write", json=body)
    assert answer.status_code == 400 or answer.json()["changed"] is False
    assert "in a chat" in answer.text


# --- who may ---------------------------------------------------------------------------------------------------------


def answered(asked: Asked, address: Address, key: str, **values: str) -> httpx.Response:
    """To a request that would do, were it not for the key."""
    given = {**VALUES, **values}
    path = address.path.format(**{name: quote(value, safe="") for name, value in given.items()})
    known = {argument.name: argument for argument in address.elsewhere}
    more = {name: value for name, value in given.items() if name in known and value}
    if address.has_body:
        body = {name: [value] if known[name].many else value for name, value in more.items()}
        return asked.send("POST", path, key, json=body)
    return asked.send(address.method, path, key, params=more)


def ask(asked: Asked, address: Address, key: str, **values: str) -> int:
    return answered(asked, address, key, **values).status_code


def whole(asked: Asked, address: Address, key: str, **values: str) -> str:
    return answered(asked, address, key, **values).text


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda a: a.id)
def test_without_a_key_only_facts_are_told_and_only_where_that_is_allowed(talk: Talk, address: Address) -> None:
    asked = Asked(talk)
    assert ask(asked, address, "", channel="") == (200 if address.command.programs.facts else 401)
    asked.public = False
    assert ask(asked, address, "", channel="") == 401


@pytest.mark.parametrize("address", [a for a in ADDRESSES if a.command.changes], ids=lambda a: a.id)
def test_a_read_key_changes_nothing(asked: Asked, address: Address) -> None:
    before = asked.talk.store.channels.subscriptions(HERE)
    assert ask(asked, address, "read") == 403
    assert asked.talk.store.channels.subscriptions(HERE) == before


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda a: a.id)
def test_a_key_opens_nothing_of_another_workspace(asked: Asked, address: Address) -> None:
    """Its channel is no channel, whatever is asked about it; and nothing is told of it where none is named."""
    store = asked.talk.store
    before = store.channels.subscriptions(ELSEWHERE), store.mutes.of_channel(ELSEWHERE, asked.talk.now)
    takes_channel = "channel" in {argument.name for argument in address.elsewhere}
    for vendor in ("aws", "all"):
        status = ask(asked, address, "write", channel=ELSEWHERE.id, vendor=vendor, what=vendor)
        assert status in ((404, 400) if takes_channel else (200, 404))
    assert before == (store.channels.subscriptions(ELSEWHERE), store.mutes.of_channel(ELSEWHERE, asked.talk.now))
    if not address.command.changes:
        path = address.path.format(**VALUES)
        assert ELSEWHERE.id not in asked.send("GET", path, "write").text


def test_a_page_of_ones_own_is_seen_by_its_workspace_alone(asked: Asked) -> None:
    url = "https://status.quiet-lake.example"
    page = OwnPage(ELSEWHERE, url, "Quiet Lake", "statuspage", url, url, "ana", asked.talk.now)
    slug = asked.talk.store.own.add(page, 5)
    assert slug is not None
    place = asked.get("changes", "write").json()["next"]
    told = said(1, ago(hours=1), "Zephyr trouble.")
    asked.talk.reading(slug, incidents=[incident(slug, "own1", "Zephyr", ago(hours=1), told)])
    asked.talk.channel = ELSEWHERE
    for address in ADDRESSES:
        for name in (slug, url, "Quiet Lake", f"{slug}/own1", "own1", ""):
            if name or "{" not in address.path:
                named = dict.fromkeys(("vendor", "id", "incident", "what", "text"), name)
                for key in ("", "write"):
                    assert "zephyr" not in whole(asked, address, key, **named, since=place).casefold()
    for path in (f"vendors/{slug}", f"incidents/{slug}/own1", f"changes?since={place}"):
        assert "Zephyr" in asked.get(path, "other").text


@pytest.mark.parametrize(
    "shown",
    ["Bearer", "Bearer x", "Basic {token}", "Bearer {token}0", "{token}", "Bearer {token} {token}", ""],
)
def test_what_is_no_key_is_refused_even_for_facts(asked: Asked, shown: str) -> None:
    header = shown.format(token=asked.tokens["read"])
    answer = asked.send("GET", "vendors/github", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_revoked_key_is_refused_at_once(asked: Asked) -> None:
    assert asked.get("subscriptions", "read").status_code == 200
    asked.talk.store.keys.revoke(asked.tokens["read"].split("_")[1], asked.talk.now)
    assert asked.get("subscriptions", "read").status_code == 401


def test_no_key_is_shown_in_answers_or_logs(asked: Asked, caplog: pytest.LogCaptureFixture, capsys: object) -> None:
    for key in ("read", "write"):
        secret = asked.tokens[key].split("_")[2]
        answers = [asked.get("subscriptions", key), asked.send("POST", "subscriptions", key, content=b"x")]
        assert all(secret not in answer.text + str(answer.headers) for answer in answers)
        assert secret not in caplog.text


# --- what is refused, and how ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "vendors/nothing-at-all", {}, 404),
        ("GET", "nothing", {}, 404),
        ("GET", "vendors/", {}, 404),
        ("GET", "vendors/a%0Ab/components", {}, 400),
        ("GET", "incidents/a%0Ab", {}, 404),
        ("GET", "incidents/github/none", {}, 404),
        ("GET", "status", {}, 400),
        ("GET", "status?vendor=github&unheard=1", {}, 400),
        ("GET", "vendors/github/history?days=0", {}, 400),
        ("GET", "vendors/github/history?days=1&days=2", {}, 400),
        ("GET", "vendors/github/incidents?cursor=%00", {}, 400),
        ("GET", "vendors/github/incidents?cursor=eA", {}, 400),
        ("GET", "vendors/github/incidents?vendor=aws", {}, 400),
        ("GET", "status?vendor=" + "x" * 9_000, {}, 400),
        ("PUT", "vendors/github", {}, 405),
        ("POST", "subscriptions", {"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ("POST", "subscriptions", {"content": b"[" * 20_000, "headers": {"content-type": "application/json"}}, 400),
        ("POST", "subscriptions", {"json": []}, 400),
        ("POST", "subscriptions", {"json": {"vendor": ["aws"]}}, 400),
        ("POST", "subscriptions", {"json": {"vendor": [1], "channel": "ops"}}, 400),
        ("POST", "subscriptions?channel=ops", {"json": {"vendor": ["aws"]}}, 400),
        ("POST", "subscriptions", {"json": {"vendor": ["aws"], "channel": "nowhere"}}, 404),
        ("POST", "subscriptions", {"content": b"vendor=aws"}, 415),
        ("POST", "subscriptions", {"content": b" " * 40_000, "headers": {"content-type": "application/json"}}, 413),
    ],
)
def test_whatever_is_wrong_is_one_sentence_as_a_problem(
    asked: Asked, method: str, path: str, more: dict[str, object], status: int
) -> None:
    answer = asked.send(method, path, "write" if method == "POST" else "", **more)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"].endswith((".", "?")) or "?" in problem["detail"]


def test_a_wrong_method_is_told_the_right_ones(asked: Asked) -> None:
    allowed = asked.send("PUT", "subscriptions").headers["allow"]
    assert {method.strip() for method in allowed.split(",")} == {"GET", "HEAD", "POST"}
    assert asked.send("HEAD", "vendors/github").headers["etag"] == asked.get("vendors/github").headers["etag"]


def test_a_bug_is_answered_without_its_details(asked: Asked) -> None:
    asked.talk.store.close()
    asked.talk.store.records = None  # type: ignore[assignment]
    answer = asked.get("vendors/github/incidents")
    assert answer.status_code == 500
    assert "NoneType" not in answer.text


def test_too_many_requests_of_one_key_do_not_hold_up_another(talk: Talk) -> None:
    asked = Asked(talk, per_minute=3)
    assert [asked.get("subscriptions", "read").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert asked.get("subscriptions", "write").status_code == 200
    refused = asked.get("subscriptions", "read")
    asked.clock_s += int(refused.headers["retry-after"])
    assert asked.get("subscriptions", "read").status_code == 200


def test_guessing_keys_is_slow(talk: Talk) -> None:
    asked = Asked(talk, per_minute=3)
    header = {"authorization": f"Bearer lk_{'0' * 10}_{'0' * 64}"}
    statuses = [asked.send("GET", "subscriptions", headers=header).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]


def test_a_bucket_fills_evenly_and_no_further() -> None:
    rate = Rate(60)
    assert [rate.wait_s("a", 0) for _ in range(60)] == [0] * 60
    assert rate.wait_s("a", 0) == 1
    assert rate.wait_s("b", 0) == 0
    assert rate.wait_s("a", 1) == 0
    assert rate.wait_s("a", 1) == 1
    assert [rate.wait_s("a", 10_000) for _ in range(61)] == [0] * 60 + [1]


def test_a_link_to_a_dashboard_is_given(asked: Asked) -> None:
    given = asked.send("POST", "dashboard", "write", json={"channel": "ops"}).json()
    assert given["url"].startswith("https://status.acme.example/d/")


# --- caches ----------------------------------------------------------------------------------------------------------


def test_what_did_not_change_is_not_sent_again(asked: Asked) -> None:
    first = asked.get("vendors/github")
    again = asked.send("GET", "vendors/github", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    asked.clock_s += 6
    asked.talk.reading("github", level=None)
    changed = asked.send("GET", "vendors/github", headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200


def test_an_answer_is_kept_while_its_page_says_the_same_and_no_longer(talk: Talk) -> None:
    worked_out: list[str] = []

    def run(given: Given, request: Request, context: CommandContext) -> object:
        worked_out.append(given.text("vendor"))
        return pair(given, request, context)

    counted = replace(PAIR, programs=replace(PAIR.programs, run=run, by_page=True))
    asked = Asked(talk, operations=(counted,))

    def times(after_s: float, vendor: str = "github") -> int:
        asked.clock_s += after_s
        assert asked.get("pair", vendor=vendor).status_code == 200
        return len(worked_out)

    assert [times(0), times(4), times(6), times(3)] == [1, 1, 1, 1]
    talk.reading("gitlab")
    assert times(1) == 1
    talk.now += timedelta(seconds=1)
    talk.reading("github")
    assert [times(2), times(0)] == [2, 2]
    assert times(61) == 3
    # Named otherwise, nobody can tell which page it is.
    assert [times(0, "GitHub"), times(4, "GitHub"), times(2, "GitHub")] == [4, 4, 5]


def test_what_a_workspace_asks_of_itself_is_read_anew_each_time(asked: Asked) -> None:
    assert len(asked.get("status", "read").json()["vendors"]) == 2
    asked.talk.say("subscribe aws")
    answer = asked.get("status", "read")
    assert len(answer.json()["vendors"]) == 3
    assert answer.headers["cache-control"] == "no-store"


def test_what_one_workspace_is_told_is_not_kept_for_another(asked: Asked) -> None:
    for key in ("read", "other"):
        answer = asked.get("vendors/github", key)
        assert answer.headers["cache-control"].startswith("private")
        assert "Authorization" in answer.headers["vary"].split(", ")


def test_the_description_is_there_for_everybody(asked: Asked) -> None:
    document = asked.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {f"/api/v1/{address.path}" for address in ADDRESSES}
    assert json.dumps(document).count("lk_") == 0
