"""Pages of the site, as a browser shows them on the day of the outage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bot.cli.demo.story import march
from tests.browser.bot import Bot, running_bot
from tests.browser.opened import FLAGS, Opened, Scheme
from tests.pictures.camera import browser

TALLEST = 1_400
WIDE, PHONE = 780, 360


@dataclass(frozen=True)
class Picture:
    name: str
    path: str
    width: int = WIDE
    scheme: Scheme = "light"


OUTAGE = (
    Picture("front-page", "/"),
    Picture("incidents-page", "/v/kelpcloud/incidents"),
    Picture("vendor-page", "/v/pigeonry"),
    Picture("phone-page", "/v/kelpcloud", PHONE, "dark"),
)
POSTMORTEM = Picture("incident-page", "/v/pigeonry/incidents/pgq7stuck3mr")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Raises :class:`tests.pictures.camera.NoBrowser`."""
    path = browser()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS, chromium_sandbox=False)
        yield launched
        launched.close()


def draw_pages(folder: Path) -> Iterator[Path]:
    """Gives each that is drawn."""
    with chromium() as launched, running_bot() as bot:
        opened = Opened(launched, scale=1.5)
        for line in ("service newsletter = pigeonry", "service checkout = kelpcloud, pigeonry"):
            bot.ask(line)
        bot.until(march(3, 16, 30))
        bot.ask("mute kelpcloud 8h")
        for picture in (*OUTAGE, Picture("dashboard-page", bot.dashboard())):
            yield _shoot(opened, bot, picture, folder)
        bot.until(march(10, 12, 0))
        yield _shoot(opened, bot, POSTMORTEM, folder)
        opened.close()


def _shoot(opened: Opened, bot: Bot, picture: Picture, folder: Path) -> Path:
    page = opened.page(bot.url + picture.path, width=picture.width, scheme=picture.scheme)
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    page.set_viewport_size({"width": picture.width, "height": height})
    to = folder / f"{picture.name}.png"
    page.screenshot(path=to)
    return to
