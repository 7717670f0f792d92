"""One process at a time runs the bot on an SQLite file: a lock on a file beside it, which the system frees when the
process ends, however it ends. Who only reads or administers takes no lock."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from bot.store.database import StoreError
from bot.store.values import ProcessIdentity

SUFFIX = ".lock"


class FileLock:
    """Raises :class:`StoreError` that names the process that has it. Not inherited by child processes."""

    def __init__(self, file: Path, holder: ProcessIdentity) -> None:
        path = file.with_name(file.name + SUFFIX)
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(f"{path} cannot be made: give this user write access to its folder.") from error
        try:
            # The lock belongs to the process: a worker process that outlives it does not hold it.
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(self._descriptor, 1000, 0).decode(errors="replace").strip()
            self.release()
            if not isinstance(error, BlockingIOError | PermissionError):
                raise StoreError(f"{path} cannot be locked ({error}): keep the database on a local disk.") from error
            raise StoreError(
                f"{file} is in use by {owner or 'another process'}: end that one first, or name another file in "
                "LOOKOUT_DATABASE_URL."
            ) from error
        os.ftruncate(self._descriptor, 0)
        since = f"{holder.started_at:%Y-%m-%d %H:%M} UTC"
        os.pwrite(self._descriptor, f"process {holder.pid} on {holder.host} (lookout run, since {since})\n".encode(), 0)

    def release(self) -> None:
        os.close(self._descriptor)


def holder(file: Path) -> str | None:
    """Who runs the bot on it. Never to be asked by who holds the lock: the answer would cost it."""
    try:
        descriptor = os.open(file.with_name(file.name + SUFFIX), os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return os.pread(descriptor, 1000, 0).decode(errors="replace").strip() or "another process"
    else:
        return None
    finally:
        os.close(descriptor)
