"""The terms of Lookout: frozen values that all other packages use. No I/O, no rules about chat.

Times are aware datetimes in UTC. Texts are plain (markup of the page is taken off by its provider).
"""

from bot.domain.board import Board, Tile
from bot.domain.card import ActKind, Card, CardState, Post, Verdict, VerdictReason
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
from bot.domain.channel import (
    ActiveMute,
    Channel,
    ChannelSettings,
    ChannelState,
    Filter,
    Health,
    ListedSubscription,
    Mention,
    Mode,
    Mute,
    Subscription,
)
from bot.domain.fingerprint import (
    PostFingerprint,
    ReplyFingerprint,
    RootFingerprint,
    RootState,
    UnknownFingerprint,
    dump_fingerprint,
    load_fingerprint,
)
from bot.domain.history import IncidentRecord, LevelSpan, Revision
from bot.domain.incident import ENDED, LEVEL_OF_IMPACT, UNDER_WAY, Impact, Incident, IncidentKind, Phase, Update, digest
from bot.domain.level import LEVEL_OF_SEVERITY, Level, level_word, worst
from bot.domain.page import Component, PageState, Snapshot, Unreadable, is_page_open
from bot.domain.vendor import OWN, Slug, Vendor
from bot.domain.workspace import ChannelSubscriptions, WorkspaceState

__all__ = [
    "ENDED",
    "LEVEL_OF_IMPACT",
    "LEVEL_OF_SEVERITY",
    "OWN",
    "UNDER_WAY",
    "ActKind",
    "ActiveMute",
    "BecameReadable",
    "BecameUnreadable",
    "Board",
    "Card",
    "CardState",
    "Change",
    "Channel",
    "ChannelSettings",
    "ChannelState",
    "ChannelSubscriptions",
    "Component",
    "Edited",
    "Filter",
    "Health",
    "Impact",
    "Incident",
    "IncidentKind",
    "IncidentRecord",
    "Level",
    "LevelChanged",
    "LevelSpan",
    "ListedSubscription",
    "Mention",
    "Mode",
    "Mute",
    "Opened",
    "PageState",
    "Phase",
    "Post",
    "PostFingerprint",
    "Reopened",
    "ReplyFingerprint",
    "Resolved",
    "Revision",
    "RootFingerprint",
    "RootState",
    "Slug",
    "Snapshot",
    "Subscription",
    "Tile",
    "UnknownFingerprint",
    "Unreadable",
    "Update",
    "Updated",
    "Vanished",
    "Vendor",
    "Verdict",
    "VerdictReason",
    "WorkspaceState",
    "digest",
    "dump_fingerprint",
    "is_page_open",
    "level_word",
    "load_fingerprint",
    "worst",
]
