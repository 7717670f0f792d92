"""Keeps the record equal to the pages: claims what is due, reads it, and writes down what is new."""

from bot.monitor.poller.poller import Poller
from bot.monitor.poller.visit import Policy

__all__ = ["Policy", "Poller"]
