"""``python -m tests.wire.life PAGE``: the whole bot as ``lookout run`` starts it, its settings from the environment,
with one vendor instead of 2,700."""

from __future__ import annotations

import asyncio
import sys

from rich.console import Console

from bot import logs
from bot.app.run import App, CannotStart
from bot.catalog import Catalog
from bot.config import load
from bot.domain import Slug, Vendor


def main(page: str) -> None:
    settings = load()
    logs.configure(settings.log_level)
    app = App(settings, Console(file=sys.stdout))
    app.catalog = Catalog([Vendor(Slug("acme"), "Acme", page, page, "Cloud", "Hosting", kind="statuspage")])
    try:
        asyncio.run(app.run())
    except CannotStart as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1])
