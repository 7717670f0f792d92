"""The words of Lookout: frozen values that every other room speaks in. No I/O, no rules about chat.

Times are aware datetimes in UTC. Texts are plain (markup of the page is taken off by its provider).
"""

from bot.domain.card import Card, Post, Shown, Verdict, Why
from bot.domain.change import (
    BecameReadable,
    BecameUnreadable,
    Change,
    Edited,
    LevelChanged,
    Opened,
    Reopened,
    Resolved,
    Updated,
    Vanished,
)
from bot.domain.channel import Channel, ChannelSettings, Filter, Mention, Mode, Mute, Subscription
from bot.domain.incident import ENDED, LEVEL_OF_IMPACT, UNDER_WAY, Impact, Incident, IncidentKind, Phase, Update, digest
from bot.domain.level import LEVEL_OF_SEVERITY, Level, level_word, worst
from bot.domain.page import Component, Snapshot, Unreadable
from bot.domain.vendor import OWN, Slug, Vendor

__all__ = [
    "ENDED",
    "LEVEL_OF_IMPACT",
    "LEVEL_OF_SEVERITY",
    "OWN",
    "UNDER_WAY",
    "BecameReadable",
    "BecameUnreadable",
    "Card",
    "Change",
    "Channel",
    "ChannelSettings",
    "Component",
    "Edited",
    "Filter",
    "Impact",
    "Incident",
    "IncidentKind",
    "Level",
    "LevelChanged",
    "Mention",
    "Mode",
    "Mute",
    "Opened",
    "Phase",
    "Post",
    "Reopened",
    "Resolved",
    "Shown",
    "Slug",
    "Snapshot",
    "Subscription",
    "Unreadable",
    "Update",
    "Updated",
    "Vanished",
    "Vendor",
    "Verdict",
    "Why",
    "digest",
    "level_word",
    "worst",
]
