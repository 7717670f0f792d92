"""What the Slack room is given by the app: answers, and where to report what happens to channels."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.commands.complete import Choice, CompletionRequest
from bot.commands.forms import CheckedForm, SubmittedForm, SubscribeForm
from bot.commands.request import Reply, Request
from bot.domain import Channel, Slug, WorkspaceState


@dataclass(frozen=True, slots=True)
class Hooks:
    """``form`` and ``check``: a subscription to be filled in, and what a filled-in one stands for.

    ``revived``: this channel can be posted to again. ``reached``: an answer was just posted in it. ``lost``: a
    workspace, with one sentence and its remedy. ``back``: a workspace and the remedy that was found, with which the
    reasons of its channels end. ``standing``: how a workspace stands now, for its dashboard.
    """

    answer: Callable[[Request], Awaitable[Reply]]
    complete: Callable[[CompletionRequest], Awaitable[Sequence[Choice]]]
    form: Callable[[Channel, Slug], Awaitable[SubscribeForm | None]]
    check: Callable[[Channel, SubmittedForm], Awaitable[CheckedForm]]
    revived: Callable[[Channel], Awaitable[None]]
    reached: Callable[[Channel], Awaitable[None]]
    lost: Callable[[str, str], Awaitable[None]]
    back: Callable[[str, str], Awaitable[None]]
    standing: Callable[[str], Awaitable[WorkspaceState]]
