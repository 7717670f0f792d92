"""Templates, and the files that pages load."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bot.adapters.plain_text import sanitize
from bot.web.document import document
from bot.web.repeats import said
from bot.web.strip import strip

HERE = Path(__file__).parent
HTML = "text/html; charset=utf-8"
STATIC = {
    "dashboard.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "style.css": "text/css; charset=utf-8",
}


def _shown(value: object) -> object:
    """Every text that a template writes, but for what is HTML already."""
    return sanitize(value) if isinstance(value, str) and not isinstance(value, Markup) else value


templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    finalize=_shown,
)
templates.filters["document"] = document
templates.filters["said"] = said
templates.filters["strip"] = strip


def static_files() -> dict[str, tuple[str, bytes]]:
    """By name: media type and content."""
    return {name: (kind, (HERE / "static" / name).read_bytes()) for name, kind in STATIC.items()}
