"""What every command begins with: settings, catalog, a console, or an error in one sentence."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from rich.console import Console

    from bot.catalog import Catalog
    from bot.commands.context import Site
    from bot.config import Settings


class Commands(TyperGroup):
    """Says of a wrong value what is wrong with it, and not what the library that checks it says."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            from bot.config import wrong_value

            if why := wrong_value(error.__cause__):
                error.message = f"{why}."
            raise


def configure_logs(level: str) -> None:
    """From ``level`` on, to standard error."""
    from bot import logs

    logs.configure(level)


def read_settings() -> Settings:
    """Exits where they cannot be used."""
    import structlog

    from bot import config
    from bot.app import page_headers

    try:
        settings = config.load()
        page_headers.load(settings.page_headers_file)
    except (config.SettingsError, page_headers.HeadersError) as error:
        fail(str(error))
    configure_logs(settings.log_level)
    log = structlog.get_logger(__name__)
    for setting in config.renamed():
        log.warning("config.setting_renamed", old=setting.old, new=setting.new, ignored=setting.ignored)
    return settings


def public_site(settings: Settings) -> Site | None:
    """For links to pages, by a process that serves none."""
    from bot.commands.context import Site

    url = settings.web_public_url.rstrip("/")
    return Site(url, True, settings.dashboard_link_days) if url else None


def read_catalog(settings: Settings) -> Catalog:
    """Exits where the operator's own file cannot be used."""
    from bot import catalog

    try:
        return catalog.load(settings.catalog_file)
    except catalog.CatalogError as error:
        fail(str(error))


def console(*, to_errors: bool = False) -> Console:
    """For standard output, or for standard error."""
    from rich.console import Console

    stream = sys.stderr if to_errors else sys.stdout
    return Console(stderr=to_errors, highlight=False, soft_wrap=not stream.isatty())


def fail(message: str) -> NoReturn:
    """Print the message and exit with 2, as for wrong usage."""
    typer.echo(message, err=True)
    raise typer.Exit(2)
