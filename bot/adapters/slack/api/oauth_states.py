"""The states of installations by OAuth: signed, so that nothing is stored for who only opens the page.

That it is the same browser that comes back is bolt's to check, by its cookie.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.adapters.memory import Memory

STATE_S = 600
"""From the start of an installation to its end in the browser."""
PURPOSE = b"lookout oauth state"

_sdk_log = logging.getLogger(__name__)


class SignedStates(AsyncOAuthStateStore):
    """``secret``: the app's client secret, which all processes of the bot share, as they do ``memory``."""

    def __init__(self, secret: str, now: Callable[[], datetime], memory: Memory) -> None:
        self._key = hmac.new(secret.encode(), PURPOSE, hashlib.sha256).digest()
        self._now = now
        self._memory = memory

    @property
    def logger(self) -> logging.Logger:
        return _sdk_log

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """``1790000000-<nonce>-<signature>``"""
        issued = f"{int(self._now().timestamp())}-{secrets.token_hex(16)}"
        return f"{issued}-{self._signature(issued)}"

    async def async_consume(self, state: str) -> bool:
        """Whether it was issued here within :data:`STATE_S` and not used since."""
        issued, _, signature = state.rpartition("-")
        if not hmac.compare_digest(self._signature(issued).encode(), signature.encode()):
            return False
        age_s = self._now().timestamp() - int(issued.partition("-")[0])
        if not 0 <= age_s + 1 <= STATE_S:
            return False
        return await self._memory.is_new(f"state {state}", STATE_S)

    def _signature(self, issued: str) -> str:
        return hmac.new(self._key, issued.encode(), hashlib.sha256).hexdigest()
