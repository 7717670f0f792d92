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


class NoBrowser(Exception):
    """One sentence that says what to install."""


def browser() -> str:
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    raise NoBrowser("Install Chromium (Debian: apt-get install chromium) and call this again.")


def photograph(inside: str, css: str, width: int, to: Path) -> None:
    """As tall as it has to be."""
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


def _run(folder: str, *arguments: str) -> str:
    command = [browser(), *FLAGS, f"--user-data-dir={folder}/profile", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
