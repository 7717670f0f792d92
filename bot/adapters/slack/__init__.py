"""Slack as a chat platform: cards and answers as Block Kit, over Socket Mode or HTTP."""

from bot.adapters.slack.listeners import Hooks
from bot.adapters.slack.manifest import manifest
from bot.adapters.slack.setup import Managers, Mode, Names, Setup, SetupError
from bot.adapters.slack.slack import Slack

__all__ = ["Hooks", "Managers", "Mode", "Names", "Setup", "SetupError", "Slack", "manifest"]
