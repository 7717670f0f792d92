"""What the Discord room is given by the app: answers, and where to report what happens to channels."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.commands.complete import Choice, CompletionRequest
from bot.commands.forms import CheckedForm, SubmittedForm, SubscribeForm
from bot.commands.request import Reply, Request
from bot.domain import Channel, Slug


@dataclass(frozen=True, slots=True)
class Hooks:
    """``form`` and ``check``: a subscription to be filled in, and what a filled-in one stands for.

    ``known``: every channel of Discord on record, which may take a while; ``subscribes``: whether this one does, to
    anything; ``ill``: those that cannot be posted to.

    ``revived``: this channel can be posted to again. ``lost``: it is gone, for this reason; told of channels that are
    not on record, too, since thousands of servers delete threads all day long. ``left`` and ``back``: the
    bot is no more in this server, or is again.
    """

    answer: Callable[[Request], Awaitable[Reply]]
    complete: Callable[[CompletionRequest], Awaitable[Sequence[Choice]]]
    form: Callable[[Channel, Slug], Awaitable[SubscribeForm | None]]
    check: Callable[[Channel, SubmittedForm], Awaitable[CheckedForm]]
    known: Callable[[], Awaitable[Sequence[Channel]]]
    subscribes: Callable[[Channel], Awaitable[bool]]
    ill: Callable[[], Awaitable[Sequence[Channel]]]
    revived: Callable[[Channel], Awaitable[None]]
    lost: Callable[[Channel, str], Awaitable[None]]
    left: Callable[[str, str], Awaitable[None]]
    back: Callable[[str], Awaitable[None]]
