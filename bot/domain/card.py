"""What a channel shows of an incident, and why it does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.channel import Channel, ChannelSettings, Mode, Mute
from bot.domain.fingerprint import PostFingerprint
from bot.domain.service import Hit
from bot.domain.vendor import Slug


class VerdictReason(StrEnum):
    """Why a channel has a card, or has none. The sentence for each is in ``wording``."""

    WHOLE_VENDOR = "whole_vendor"
    COMPONENT_NAMED = "component_named"
    REGION_NAMED = "region_named"
    NO_COMPONENT_GIVEN = "no_component_given"
    NO_REGION_GIVEN = "no_region_given"
    LEVEL_NOT_GIVEN = "level_not_given"
    TEXT_MATCHED = "text_matched"
    TEST = "test"
    OTHER_COMPONENTS = "other_components"
    EXCLUDED_COMPONENTS = "excluded_components"
    OTHER_REGIONS = "other_regions"
    BELOW_MIN_LEVEL = "below_least_level"
    MAINTENANCE_OFF = "maintenance_off"
    MAINTENANCE_IN_DIGEST = "maintenance_in_digest"
    TEXT_NOT_FOUND = "text_not_found"


class HeldReason(StrEnum):
    """Why nothing new is posted of a card for now: see :mod:`bot.domain.held`. The values are stored with cards."""

    MUTED = "muted"
    IGNORED = "ignored"
    """Somebody said that it is none of the channel's business."""
    HOLD = "hold"
    """It is told only if it is still open when the subscription's hold is over."""
    ENDED_WITHIN_HOLD = "ended_within_hold"
    """It is never posted."""
    DIGEST_ONLY = "digest_only"
    QUIET_HOURS = "quiet_hours"


class ActKind(StrEnum):
    """How an act reaches the channel. The values are stored with intents."""

    POST = "post"
    """A message of its own in the channel."""
    REPLY = "reply"
    """A message in the root's thread."""
    EDIT = "edit"
    """A message that stands already is replaced."""
    TOGETHER = "together"
    """A message of its own in the channel, about several incidents."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a subscription gets a card for an incident."""

    deliver: bool
    reason: VerdictReason
    detail: str = ""
    """What matched or did not: component labels, the level, the text."""


@dataclass(frozen=True, slots=True)
class Post:
    """One message in a channel."""

    ref: str | None
    """The platform's own reference; ``None``: it was deleted, or the platform never returned it."""
    fingerprint: PostFingerprint
    updates: tuple[str, ...]
    """Ids of the updates it covers, oldest first."""
    mentions: bool = False
    """It mentioned somebody, and goes on naming them when it is edited."""


@dataclass(frozen=True, slots=True)
class CardState:
    """What a channel has been shown of an incident."""

    posts: tuple[Post, ...] = ()
    """The root, then the others in the order they were sent."""
    mentioned: bool = False
    """Nobody is to be mentioned any more: it was done, or the incident was no news when the channel got its card."""

    @property
    def root(self) -> Post | None:
        """The root, if one was sent."""
        return self.posts[0] if self.posts else None

    def with_ref(self, index: int, ref: str | None) -> CardState:
        """Its post ``index`` is the platform's message ``ref``."""
        post = self.posts[index]
        post = Post(ref, post.fingerprint, post.updates, post.mentions)
        return CardState((*self.posts[:index], post, *self.posts[index + 1 :]), self.mentioned)

    @property
    def covered_updates(self) -> frozenset[str]:
        """Ids of the updates that the channel has been shown."""
        return frozenset(u for p in self.posts for u in p.updates)


@dataclass(frozen=True, slots=True)
class Ack:
    """Somebody of the channel is on it."""

    by: str
    """The platform's id of the user."""
    at: datetime
    name: str = ""
    """As the platform told it, where it did."""


@dataclass(frozen=True, slots=True)
class Card:
    """The projection of one incident into one channel."""

    id: int
    channel: Channel
    incident: str
    """The incident's id."""
    vendor: Slug
    verdict: Verdict
    state: CardState = field(default_factory=CardState)
    catch_up: bool = False
    """The channel missed something: catch up in one message."""
    deletions: int = 0
    """How often its root was deleted, since it was last unmuted."""
    flooded: bool = False
    """It came with many others, and is shown in their list."""
    mute: Mute | None = None
    """One that has lapsed stays until what was missed is posted."""
    root_at: datetime | None = None
    """When its root was first posted."""
    held: HeldReason | None = None
    """Why something of it was not told when it was last looked at; it stays until that is told."""
    held_since: datetime | None = None
    note: str = ""
    """The workspace's own on the vendor."""
    hits: tuple[Hit, ...] = ()
    """Services that its incident hits."""
    ack: Ack | None = None
    mode: Mode | None = None
    """Of a drill: how it is shown, whatever the channel's mode and quiet hours, and if its digest is all it gets."""

    def settings(self, of_channel: ChannelSettings) -> ChannelSettings:
        """By which it is shown."""
        return of_channel if self.mode is None else replace(of_channel, mode=self.mode, quiet=None, digest_only=False)
