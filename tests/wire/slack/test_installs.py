"""HTTP mode with OAuth: signatures, installations that fail and come again, scopes that lack, tokens that die."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.adapters.slack.rig import slash
from tests.wire.slack.emulator import ADMIN, BOT_USER
from tests.wire.slack.proxy import TEAMS, Rule, error
from tests.wire.slack.stage import HttpStage, over_http, read


def test_only_what_slack_signed_just_now_is_answered(workspaces: list[str], tmp_path: Path) -> None:
    async def story(stage: HttpStage) -> None:
        assert await stage.browser.install() == 200
        command = slash("/outage", "acme", team_id=TEAMS[0], user=ADMIN)
        post = stage.link.post
        assert (await post("slash_commands", command, secret="another"))[0] == 401
        assert (await post("slash_commands", command, age_s=360))[0] == 401
        assert (await post("events_api", {"type": "url_verification", "challenge": "c"}, secret="another"))[0] == 401
        status, text = await post("slash_commands", command)
        assert status == 200
        assert "Acme" in text
        status, text = await post("slash_commands", {**command, "team_id": "T404"})
        assert status == 200
        assert "Acme" not in text

    over_http(workspaces, tmp_path, story)


def test_an_installation_that_fails_ends_on_a_page_and_can_be_begun_again(
    workspaces: list[str], tmp_path: Path
) -> None:
    async def story(stage: HttpStage) -> None:
        for rule in (
            Rule("oauth.v2.access", status=429, json={"ok": False, "error": "ratelimited"}),
            Rule("oauth.v2.access", status=500),
            Rule("oauth.v2.access", status=0, when="after"),
            error("oauth.v2.access", "invalid_client_id"),
        ):
            stage.proxy.rules.append(rule)
            assert await stage.browser.install() == 401, rule
        assert await stage.browser.install(cookie=False) == 400
        stage.proxy.rules.append(Rule("auth.test", status=500))
        assert await stage.browser.install() == 200
        channel = await stage.proxy.channel("begun-again")
        assert "Acme" in read(await stage.driver.slash("/subscribe", "acme", channel))

    over_http(workspaces, tmp_path, story)


def test_a_channel_whose_token_lacks_a_scope_or_dies_gets_what_it_missed_after_a_new_installation(
    workspaces: list[str], tmp_path: Path
) -> None:
    async def story(stage: HttpStage) -> None:
        proxy, driver, page = stage.proxy, stage.driver, stage.page
        channel = await proxy.channel("lost-and-found")
        assert await stage.browser.install(scopes="commands,im:write") == 200
        await driver.slash("/subscribe", "acme", channel)
        page.say("investigating", "Invoices are slow.")
        while "chat:write" not in read(await driver.slash("/outage", "list", channel)):  # noqa: ASYNC110 (no event of ours)
            await asyncio.sleep(0.05)
        assert await stage.browser.install() == 200
        await stage.seen(channel, "Invoices are slow.")

        token = proxy.calls[-1].token
        proxy.revoked.add(token)
        page.say("identified", "A queue is stuck.")
        refused = len(proxy.calls)
        await proxy.until_called("chat.postMessage", 3)
        await driver.happen("tokens_revoked", tokens={"oauth": [], "bot": [BOT_USER]})
        await driver.happen("app_uninstalled")
        page.say("monitoring", "It moves again.")
        while "install" not in (await driver.slash("/outage", "list", channel))["text"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        assert await stage.browser.install() == 200
        shown = await stage.seen(channel, "A queue is stuck.", "It moves again.")
        assert len([message for message in shown if "thread_ts" not in message]) == 1
        assert token not in {call.token for call in proxy.calls[refused + 1 :]}

    over_http(workspaces, tmp_path, story)
