"""Socket Mode while Slack is in trouble: at any call, before or after it has done what was asked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.wire.slack.driver import buttons
from tests.wire.slack.emulator import ADMIN, BOT_USER
from tests.wire.slack.proxy import Json, Rule, error
from tests.wire.slack.stage import SocketStage, over_sockets, read

SOON = {"Retry-After": "1"}


def trouble(path: str, channel: str = "") -> dict[str, Rule]:
    """Every way in which one call may fail, by name."""
    limited = {"ok": False, "error": "ratelimited"}
    return {
        "429": Rule(path, channel, 429, limited, SOON),
        "ratelimited": Rule(path, channel, 200, limited, SOON),
        "429 in HTML": Rule(path, channel, 429, headers=SOON),
        "500": Rule(path, channel, 500),
        "503": Rule(path, channel, 503),
        "500 after": Rule(path, channel, 500, when="after"),
        "fatal after": Rule(path, channel, 200, {"ok": False, "error": "fatal_error"}, when="after"),
        "HTML": Rule(path, channel, 200, when="after"),
        "cut": Rule(path, channel, 0),
        "cut after": Rule(path, channel, 0, when="after"),
    }


def test_trouble_at_the_start_passes(workspaces: list[str], tmp_path: Path) -> None:
    async def story(stage: SocketStage) -> None:
        answer = await stage.driver.slash("/outage", "acme", await stage.proxy.channel("start"))
        assert "Acme" in read(answer)

    limited = {"ok": False, "error": "ratelimited"}
    rules = [
        Rule("auth.test", status=500),
        Rule("auth.test", status=429, json=limited, headers=SOON),
        Rule("auth.test", status=429, json=limited, headers=SOON),
        Rule("apps.connections.open", status=0),
        Rule("apps.connections.open", status=500),
        Rule("apps.connections.open", status=429, json=limited, headers=SOON),
        error("apps.connections.open", "internal_error"),
    ]
    over_sockets(workspaces, tmp_path, story, *rules)
    assert rules


def test_every_channel_hears_everything_once_whatever_its_calls_meet(workspaces: list[str], tmp_path: Path) -> None:
    async def story(stage: SocketStage) -> None:
        proxy, page = stage.proxy, stage.page
        names = list(trouble(""))
        channels = {name: await proxy.channel(f"fault-{number}") for number, name in enumerate(names)}
        for channel in channels.values():
            await stage.driver.slash("/subscribe", "acme", channel)
        for path in ("chat.postMessage", "conversations.(history|replies)", "chat.update"):
            proxy.rules += [trouble(path, channel)[name] for name, channel in channels.items()]
        page.say("investigating", "Invoices are slow.")
        for channel in channels.values():
            await stage.seen(channel, "Invoices are slow.")
        # What is broken now are the replies.
        proxy.rules += [trouble("chat.postMessage", channel)[name] for name, channel in channels.items()]
        page.say("identified", "A queue is stuck.")
        for channel in channels.values():
            await stage.seen(channel, "Invoices are slow.", "A queue is stuck.")
        page.say("resolved", "All invoices are out.")
        for name, channel in channels.items():
            shown = [read(message) for message in await stage.ended(channel)]
            told = ("Invoices are slow.", "A queue is stuck.", "All invoices are out.", "resolved after")
            assert (len(shown), copies(shown, told)) == (5, [1, 1, 1, 1]), name
        broken = {call.path for call in proxy.calls if call.broken}
        assert broken >= {"chat.postMessage", "chat.update", "conversations.history"}

    over_sockets(workspaces, tmp_path, story)


def copies(shown: list[str], told: Iterable[str]) -> list[int]:
    """In how many replies each of these is said."""
    return [sum(text in words for words in shown[1:]) for text in told]


def test_an_answer_to_a_button_comes_through_trouble(workspaces: list[str], tmp_path: Path) -> None:
    async def story(stage: SocketStage) -> None:
        proxy, driver = stage.proxy, stage.driver
        channel = await proxy.channel("answers")
        near = await driver.slash("/outage", "status acmee", channel)
        press = next(element for element in buttons(near).values() if "acme" in element["value"])
        for name, rule in trouble("answers").items():
            proxy.rules.append(rule)
            assert "Acme" in read(await driver.answer(await driver.press(press, channel))), name

    over_sockets(workspaces, tmp_path, story)


def test_a_mention_delivered_again_is_answered_once_and_a_429_only_delays_it(
    workspaces: list[str], tmp_path: Path
) -> None:
    async def story(stage: SocketStage) -> None:
        proxy = stage.proxy
        channel = await proxy.channel("mention")
        text = f"<@{BOT_USER}> status acme"
        for number, repeats in enumerate((2, 1)):
            asked = await proxy.ask("chat.postMessage", {"channel": channel, "text": text})
            said = {"channel": channel, "user": ADMIN, "text": text, "ts": asked["ts"]}
            if number:
                limited = {"ok": False, "error": "ratelimited"}
                proxy.rules.append(Rule("chat.postMessage", channel, 429, limited, SOON))
            for _ in range(repeats):
                await stage.driver.happen("app_mention", id=f"Ev-{number}", **said)
                await stage.link.refresh()

        async def answered() -> list[Json]:
            answers = [message for message in await proxy.messages(channel) if message["user"] == BOT_USER]
            return answers if len(answers) >= 2 else []

        assert ["Acme" in read(answer) for answer in await proxy.until(answered)] == [True, True]

    over_sockets(workspaces, tmp_path, story)


def test_killed_after_slack_took_a_message_it_is_found_and_not_sent_again(
    workspaces: list[str], tmp_path: Path
) -> None:
    async def story(stage: SocketStage) -> None:
        channel = await stage.proxy.channel("killed")
        await stage.driver.slash("/subscribe", "acme", channel)
        told = ("Invoices are slow.", "A queue is stuck.", "It moves again.")
        for number, text in enumerate(told, 2):
            rule = Rule("chat.postMessage", channel, 0, when="after", meanwhile=stage.bot.kill)
            stage.proxy.rules.append(rule)
            stage.page.say("identified", text)
            await stage.bot.dead()
            await stage.bot.start()
            await stage.link.until_opened(number)
            await stage.seen(channel, text)
        stage.page.say("resolved", "All invoices are out.")
        shown = [read(message) for message in await stage.ended(channel)]
        said = (*told, "All invoices are out.", "resolved after")
        assert (len(shown), copies(shown, said)) == (6, [1, 1, 1, 1, 1])

    over_sockets(workspaces, tmp_path, story)
