"""What every command begins with: settings, catalog, a console, or an error in one sentence."""

from __future__ import annotations

import sys
from typing import NoReturn

import structlog
import typer
from rich.console import Console

from bot import catalog, config, logs
from bot.app import page_headers
from bot.catalog import Catalog
from bot.config import Settings

log = structlog.get_logger(__name__)


def read_settings() -> Settings:
    """Exits where they cannot be used."""
    try:
        settings = config.load()
        page_headers.load(settings.page_headers_file)
    except (config.SettingsError, page_headers.HeadersError) as error:
        fail(str(error))
    logs.configure(settings.log_level)
    for setting in config.renamed():
        log.warning("config.setting_renamed", old=setting.old, new=setting.new, ignored=setting.ignored)
    return settings


def read_catalog(settings: Settings) -> Catalog:
    """Exits where the operator's own file cannot be used."""
    try:
        return catalog.load(settings.catalog_file)
    except catalog.CatalogError as error:
        fail(str(error))


def console(*, to_errors: bool = False) -> Console:
    """For standard output, or for standard error."""
    stream = sys.stderr if to_errors else sys.stdout
    return Console(stderr=to_errors, highlight=False, soft_wrap=not stream.isatty())


def fail(message: str) -> NoReturn:
    """Print the message and exit with 2, as for wrong usage."""
    typer.echo(message, err=True)
    raise typer.Exit(2)
