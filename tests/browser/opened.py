"""Pages as somebody has them open: how wide, light or dark, with or without scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

FLAGS = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync",
         "--disable-component-update")  # fmt: skip
LIMIT_MS = 20_000
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@dataclass
class Opened:
    """``scale``: pixels of the screen for one of the page's."""

    browser: Browser
    scale: float = 1
    complaints: list[str] = field(default_factory=list)
    """What stood in the pages' consoles."""
    _contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, url: str, *, width: int = 1_000, scheme: Scheme = "light", scripts: bool = True) -> Page:
        """In a profile of its own."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=scripts,
            device_scale_factor=self.scale,
        )
        context.set_default_timeout(LIMIT_MS)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._note)
        page.goto(url)
        return page

    def _note(self, said: ConsoleMessage) -> None:
        # That a page answers 404 is no complaint about it, and no error of its own.
        if said.type == "error" and said.page and said.location["url"] != said.page.url:
            self.complaints.append(said.text)

    def close(self) -> None:
        for context in self._contexts:
            assert context.cookies() == []
            context.close()
