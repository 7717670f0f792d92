"""What is only being watched is *recovering* where parts and the page's own word are green, whatever the platform."""

from __future__ import annotations

import pytest

from bot.monitor.news import judge
from bot.monitor.provider import Body
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, page

GREEN = [
    (
        "rootly/status.json",
        {'"indicator": "minor"': '"indicator": "none"', '"status": "identified"': '"status": "monitoring"'},
    ),
    (
        "openstatus/summary.json",
        {
            '"indicator":"minor"': '"indicator":"none"',
            '"major_outage"': '"operational"',
            '"degraded_performance"': '"operational"',
        },
    ),
]


@pytest.mark.parametrize("word_is_green", [True, False])
@pytest.mark.parametrize(("name", "changes"), GREEN)
def test_it_goes_by_the_pages_own_word(name: str, changes: dict[str, str], word_is_green: bool) -> None:
    text = page(name).content.decode()
    for was, now in changes.items():
        assert was in text
        text = text if "indicator" in was and not word_is_green else text.replace(was, now)
    state = BY_KIND[name.partition("/")[0]].parse(ACME, (Body("https://status.acme.example/api", text.encode()),), NOW)
    watched = [i for i in judge(None, state, NOW).snapshot.incidents if i.phase == "monitoring"]
    assert [i.recovering for i in watched] == [word_is_green]
