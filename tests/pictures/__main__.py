"""``python -m tests.pictures``"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot import logs
from bot.adapters.discord.interactions.answers import add_share_button
from bot.adapters.discord.render import message as discord_render
from bot.adapters.discord.render import subscribe_form as discord_forms
from bot.adapters.slack.render import home as slack_home
from bot.adapters.slack.render import message as slack_render
from bot.adapters.slack.render import subscribe_form as slack_forms
from bot.adapters.slack.render.reply import PageRequest, reply_page, response_payload
from bot.app.events import workspace_state
from bot.cli.demo.story import PIGEONRY, march
from bot.commands.command import Command
from bot.commands.dispatch import parse_line
from bot.commands.forms import subscribe_form
from bot.commands.table import COMMANDS
from bot.domain import Channel, Slug
from bot.message import Message
from bot.routing import by_service
from bot.wording.board import board_message
from bot.wording.home import Visibility, home
from tests.pictures import discord, slack
from tests.pictures.camera import NoBrowser, browser, draw_icon, photograph
from tests.pictures.pages import draw_pages
from tests.pictures.stage import Screen, Shown, Stage, stage, with_ages

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
ICON = Path(__file__).parents[2] / "bot" / "web" / "static" / "icon.svg"
SLACK = Channel("slack", "T1", "C1")
DISCORD = Channel("discord", "1", "2")
WIDE, NARROW = 1_180, 640
SERVICES = ("service newsletter = pigeonry", "service checkout = kelpcloud, pigeonry")
ICON_SIDE = 512
"""Pixels: what Slack and Discord ask for."""


def slack_body(message: Message) -> Any:
    rendered = slack_render.card(message, slack_render.RenderContext())
    return {"text": rendered.text, "blocks": rendered.blocks}


def discord_body(message: Message) -> Any:
    return (
        discord_render.as_pages(message) if not discord_render.is_card(message) else [discord_render.as_embed(message)]
    )


def screens(now: Callable[[], datetime]) -> dict[Channel, Screen]:
    return {SLACK: Screen("slack", slack_body, now), DISCORD: Screen("discord", discord_body, now)}


async def draw() -> None:
    shown_on: dict[Channel, Screen] = {}

    def opened(now: Callable[[], datetime]) -> dict[Channel, Screen]:
        shown_on.update(screens(now))
        return shown_on

    async with stage(opened) as play:
        for channel in shown_on:
            for line in SERVICES:
                play.ask(channel, line)
        await play.until(march(3, 9, 30))
        for channel, screen in shown_on.items():
            root = screen.roots[0]
            _shoot(play, channel, "incident", _platform(channel).channel("incidents", screen.roots[:1], root), WIDE)
        _answers(play, "status", COMMANDS[0], PIGEONRY.slug)
        _boards(play)
        _home(play)
        _forms(play)
        await play.until(march(3, 20, 30))
        for channel, screen in shown_on.items():
            _shoot(play, channel, "repeats", _platform(channel).channel("incidents", screen.roots[:1]), NARROW)
        await play.until(march(4, 12, 0))
        for channel, screen in shown_on.items():
            about = [root for root in screen.roots if root.subject == screen.roots[0].subject]
            _shoot(play, channel, "resolved", _platform(channel).channel("incidents", about), NARROW)
        await _digests(play, shown_on)
        await play.until(march(10, 12, 0))
        for channel, screen in shown_on.items():
            thread = replace(screen.roots[0], replies=screen.roots[0].replies[-1:])
            _shoot(play, channel, "postmortem", _platform(channel).channel("incidents", [], thread), NARROW)


async def _digests(play: Stage, shown_on: dict[Channel, Screen]) -> None:
    """Of the outage's day and the day after it."""
    weekly = f"digest weekly {play.clock[0]:%a} {play.clock[0].hour + 1}:00"
    before = {channel: len(screen.roots) for channel, screen in shown_on.items()}
    for channel in shown_on:
        play.ask(channel, weekly)
    await play.until(play.clock[0] + timedelta(hours=1))
    for channel, screen in shown_on.items():
        (root,) = screen.roots[before[channel] :]
        _shoot(play, channel, "digest", _platform(channel).channel("incidents", [root]), NARROW)
        del screen.roots[before[channel] :]
        play.ask(channel, "digest off")


def _answers(play: Stage, name: str, command: Command, vendor: Slug) -> None:
    """The same question on both platforms."""
    at, line = play.clock[0], f"{command.name} {vendor}"
    reply = play.ask(SLACK, line)
    asked = PageRequest(*parse_line(line))
    body = response_payload(reply_page(reply, asked, slack_render.RenderContext(private=True)), public=False)
    _shoot(play, SLACK, name, slack.ephemeral("incidents", f"/outage {line}", body, at), NARROW)
    bodies = [body for message in play.ask(DISCORD, line).messages for body in discord_render.as_pages(message)]
    add_share_button(bodies[-1], command, vendor)
    _shoot(play, DISCORD, name, discord.answer("incidents", f"/{command.name} vendor:{vendor}", bodies, at), NARROW)


def _home(play: Stage) -> None:
    state = workspace_state(play.store, SLACK.platform, SLACK.workspace)
    made = home(state, Visibility(frozenset({SLACK.id})), play.clock[0])
    _shoot(
        play,
        SLACK,
        "home",
        slack.home(slack_home.home_view(made, slack_home.FIRST_PAGES, slack_render.RenderContext())),
        NARROW,
    )


def _boards(play: Stage) -> None:
    """What a board shows, as the demo's channels would have it."""
    at, boards = play.clock[0], play.store.boards
    for channel, body in ((SLACK, slack_body), (DISCORD, discord_body)):
        play.ask(channel, "board on")
        board = boards.of(channel)
        assert board is not None
        [tiles] = boards.tiles([board], at)
        [needs], components = boards.needs([board], [tile.state.vendor.slug for tile in tiles])
        shown = Shown(at, body(board_message(tiles, at, by_service(tiles, needs, components))))
        _shoot(play, channel, "board", _platform(channel).channel("incidents", [shown]), NARROW)


def _forms(play: Stage) -> None:
    """The form to subscribe, in a channel of each platform that subscribes already and to a part."""
    vendor = PIGEONRY.slug
    for channel in (replace(SLACK, id="C2"), replace(DISCORD, id="3")):
        play.ask(channel, f'subscribe {vendor} component:"Sending" severity:major')
        filled = subscribe_form(channel, vendor, play.context())
        assert filled is not None
        if channel.platform == SLACK.platform:
            about = slack_forms.FormTarget(channel.id, vendor, choose_channel=False)
            _shoot(
                play,
                SLACK,
                "form",
                slack.modal(slack_forms.form_view(filled, about, slack_render.RenderContext())),
                NARROW,
            )
        else:
            modal = discord_forms.modal(filled, "form", discord_render.MentionTargets())
            _shoot(play, DISCORD, "form", discord.modal(modal), NARROW)
        # Its cards would stand among the other channel's, which has the same screen.
        play.ask(channel, "unsubscribe all")


def _platform(channel: Channel) -> Any:
    return slack if channel is SLACK else discord


def _shoot(play: Stage, channel: Channel, name: str, inside: str, width: int) -> None:
    to = FOLDER / f"{channel.platform}-{name}.png"
    photograph(with_ages(inside, play.clock[0]), _platform(channel).CSS, width, to)
    _say(to)


def _say(drawn: Path) -> None:
    print(drawn.relative_to(FOLDER.parent.parent))  # noqa: T201


def main() -> None:
    logs.configure("WARNING")
    try:
        browser()
        draw_icon(ICON, FOLDER.parent / "icon.png", ICON_SIDE)
        asyncio.run(draw())
        for drawn in draw_pages(FOLDER):
            _say(drawn)
    except NoBrowser as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
