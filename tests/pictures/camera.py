"""HTML to PNG, by a headless Chromium."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
TALLEST = 4_000
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--force-device-scale-factor=1.5",
)  # fmt: skip
MEASURE = "<script>document.title = document.documentElement.scrollHeight + 'px'</script>"


_ROUND = "display:inline-block;width:.8em;height:.8em;border-radius:50%;vertical-align:-.05em;background:"
_TICK = (
    '<span style="display:inline-block;width:1em;height:1em;border-radius:.2em;background:#2e9e5b;color:#fff;'
    'font:bold .8em/1.25 sans-serif;text-align:center">✓</span>'
)
SIGNS = {
    "🔴": f'<span style="{_ROUND}#d83c3e"></span>',
    "🟠": f'<span style="{_ROUND}#e67e22"></span>',
    "🟡": f'<span style="{_ROUND}#f1c40f"></span>',
    "🟢": f'<span style="{_ROUND}#2e9e5b"></span>',
    "🔵": f'<span style="{_ROUND}#3b82f6"></span>',
    "🟣": f'<span style="{_ROUND}#9b59b6"></span>',
    "⚪": f'<span style="{_ROUND}#c9ccd1"></span>',
    "✅": _TICK,
    "🛠\ufe0f": "⚒",
}
"""Drawn here: a machine without a font of emoji would show boxes."""


class NoBrowser(Exception):
    """One sentence that says what to install."""


def browser() -> str:
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    raise NoBrowser("Install Chromium (Debian: apt-get install chromium) and call this again.")


def photograph(inside: str, css: str, width: int, to: Path) -> None:
    """As tall as it has to be."""
    for sign, drawn in SIGNS.items():
        inside = inside.replace(sign, drawn)
    with TemporaryDirectory(prefix="lookout-camera-") as folder:
        page = Path(folder, "page.html")
        page.write_text(
            f'<!doctype html><html><meta charset="utf-8"><style>{css}</style><body>{inside}{MEASURE}</body></html>',
            encoding="utf-8",
        )
        dumped = _run(folder, f"--window-size={width},100", "--dump-dom", page.as_uri())
        height = int(dumped.split("<title>")[1].split("px")[0])
        to.parent.mkdir(parents=True, exist_ok=True)
        size = f"--window-size={width},{min(height, TALLEST)}"
        _run(folder, size, f"--screenshot={to.resolve()}", page.as_uri())


def draw_icon(svg: Path, to: Path, side: int) -> None:
    """A square of so many pixels."""
    with TemporaryDirectory(prefix="lookout-camera-") as folder:
        page = Path(folder, "page.html")
        style = f"body{{margin:0}} svg{{display:block;width:{side}px;height:{side}px}}"
        page.write_text(f"<!doctype html><style>{style}</style>{svg.read_text(encoding='utf-8')}", encoding="utf-8")
        size = f"--window-size={side},{side}"
        _run(folder, "--force-device-scale-factor=1", size, f"--screenshot={to.resolve()}", page.as_uri())


def _run(folder: str, *arguments: str) -> str:
    command = [browser(), *FLAGS, f"--user-data-dir={folder}/profile", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
