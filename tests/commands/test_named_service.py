"""A service where a command is about vendors: it means those that the service runs on, or is answered with what to
type."""

from __future__ import annotations

import pytest

from tests.commands.talk import GITHUB_PARTS, Talk, ago, incident
from tests.text import read


@pytest.fixture(name="runs")
def _runs(talk: Talk) -> Talk:
    """The channel follows a service that runs on two vendors."""
    talk.reading("github", GITHUB_PARTS, (incident("github", "one", "Pushes fail", ago(hours=5)),))
    talk.reading("gitlab")
    talk.ask("service checkout = github, gitlab")
    talk.ask("subscribe service:checkout")
    return talk


@pytest.mark.parametrize("named", ["service:checkout", "service checkout", "checkout", 'service:"Checkout"'])
def test_to_mute_a_service_mutes_what_it_runs_on(runs: Talk, named: str) -> None:
    reply = runs.ask(f"mute {named} 2h")
    assert reply.public
    assert "GitHub" in read(reply.messages)
    assert "GitLab" in read(reply.messages)
    assert {one.vendor for one in runs.store.mutes.of_channel(runs.channel, runs.now)} == {"github", "gitlab"}
    assert runs.ask(f"unmute {named}").public
    assert runs.store.mutes.of_channel(runs.channel, runs.now) == ()


def test_a_mute_without_a_time_asks_for_how_long(runs: Talk) -> None:
    assert "for how long" in read(runs.ask("mute service:checkout").messages)


@pytest.mark.parametrize("line", ["mute service:chekout 2h", "unmute service:chekout", "incidents service:chekout"])
def test_a_service_that_there_is_not_is_named_with_the_nearest(runs: Talk, line: str) -> None:
    assert "No service is called “chekout”. Did you mean checkout?" in read(runs.ask(line).messages)


@pytest.mark.parametrize(
    "line", ["incidents service:checkout", "incidents checkout --days 7", "incidents service:checkout last week"]
)
def test_the_incidents_of_a_service_are_of_what_it_runs_on(runs: Talk, line: str) -> None:
    assert "what checkout runs on (GitHub and GitLab) had" in read(runs.ask(f"incidents {line}").messages)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("components service:checkout", "components github"),
        ("components checkout", "components gitlab"),
        ("note checkout", 'note github "…"'),
        ('note service:checkout "Runbook"', 'note gitlab "…"'),
    ],
)
def test_what_is_a_vendors_alone_is_answered_with_what_to_type(runs: Talk, line: str, shown: str) -> None:
    reply = runs.ask(line)
    assert not reply.public
    text = read(reply.messages)
    assert "checkout runs on GitHub and GitLab" in text
    assert shown in text
    assert runs.store.vendor_notes.of(runs.channel) == {}
