"""Keeps the record equal to the pages: claims what is due, reads it, and writes down what is new."""

from bot.monitor.poller.policy import Policy
from bot.monitor.poller.poller import Poller

__all__ = ["Policy", "Poller"]
