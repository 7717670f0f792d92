"""Encrypts what the database holds of other people's secrets, under a key that is not in the database.

The key stands in ``LOOKOUT_SECRET_KEY``, or in a file that is made when it is first needed. Of several keys the first
encrypts, the others only decrypt what is not rotated yet.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Slow to import, and not needed where there is no secret.
    from cryptography.fernet import MultiFernet

SEALED = "gAAAAA"
"""How everything begins that Fernet encrypts until the year 2106: its version, and the first bytes of the time."""


class SecretKeyError(Exception):
    """A key is missing, is none, or is the wrong one. The message is one sentence that says what to do."""


class Keyring:
    """``setting``: keys, the newest first, separated by commas; empty: they stand in ``file``, a line each. The file is
    read anew for each use, so that whoever replaces it need not restart anything."""

    def __init__(self, setting: str, file: Path) -> None:
        self._setting = [key.strip() for key in setting.split(",") if key.strip()]
        self._file = file

    def encrypt(self, text: str) -> str:
        keys = self._keys(make=True)
        assert keys is not None
        return keys.encrypt(text.encode()).decode()

    def decrypt(self, text: str) -> str:
        """What was never encrypted is returned as it is."""
        if not text.startswith(SEALED):
            return text
        plain = self.opened(text)
        return self._refuse() if plain is None else plain

    def opened(self, text: str) -> str | None:
        """What was encrypted under one of these keys; ``None``: it was not."""
        from cryptography.fernet import InvalidToken

        keys = self._keys()
        try:
            return keys.decrypt(text).decode() if keys and text.startswith(SEALED) else None
        except InvalidToken:
            return None

    def seal(self, text: str) -> str:
        """Encrypted; what is so already is checked and stays."""
        plain = self.decrypt(text)
        return text if text.startswith(SEALED) else self.encrypt(plain)

    def rotate(self, change_all: Callable[[Callable[[str], str]], int]) -> int:
        """Let ``change_all`` re-encrypt everything under a new key, and drop the old ones; returns what it returns. An
        interruption leaves keys that open everything. Raises :class:`SecretKeyError` where only the operator can."""
        if len(self._setting) == 1:
            raise SecretKeyError(
                "LOOKOUT_SECRET_KEY holds one key: make another with `openssl rand -base64 32`, put it and a comma "
                "before the old one, and run this again."
            )
        if not self._setting:
            before = self._lines()
            self._write([_new_key(), *before])
        count = change_all(lambda text: self.encrypt(self.decrypt(text)))
        if not self._setting:
            self._write(self._lines()[:1])
        return count

    def _refuse(self) -> str:
        where = "LOOKOUT_SECRET_KEY" if self._setting else str(self._file)
        raise SecretKeyError(
            f"The tokens in the database are encrypted with another key than that of {where}: put the right one back, "
            "or erase the workspaces with `lookout erase` and have the app installed again."
        )

    def _keys(self, *, make: bool = False) -> MultiFernet | None:
        """``None``: there are none, and none is to be made."""
        from cryptography.fernet import Fernet, MultiFernet

        lines = self._setting or self._lines()
        if not lines and make:
            self._write([_new_key()])
            lines = self._lines()
        try:
            keys = [Fernet(line.replace("+", "-").replace("/", "_")) for line in lines]
        except ValueError as error:
            where = "LOOKOUT_SECRET_KEY" if self._setting else str(self._file)
            raise SecretKeyError(
                f"{where} holds no key: make one with `openssl rand -base64 32`, or leave LOOKOUT_SECRET_KEY empty, "
                "and Lookout makes one."
            ) from error
        return MultiFernet(keys) if keys else None

    def _lines(self) -> list[str]:
        try:
            return self._file.read_text(encoding="ascii").split()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise SecretKeyError(
                f"{self._file} cannot be read ({error}): it has to be a file of this user's that holds the secret key."
            ) from error

    def _write(self, lines: list[str]) -> None:
        """Whole or not at all, and for this user's eyes alone."""
        unfinished = self._file.with_name(f"{self._file.name}.unfinished")
        try:
            unfinished.unlink(missing_ok=True)
            descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write("".join(f"{line}\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._file)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise SecretKeyError(
                f"{self._file} cannot be written ({error}): give this user write access to its folder, or set "
                "LOOKOUT_SECRET_KEY_FILE."
            ) from error


def _new_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()
