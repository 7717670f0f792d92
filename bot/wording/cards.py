"""The text of a card, of its replies, and of the notice to a subscriber whose channel cannot be reached."""

from __future__ import annotations

import re
from datetime import datetime

from bot.cards import NewsView, ReminderView, ReplyView, RootView, UpdateView
from bot.domain import ENDED, UNDER_WAY, Channel, IncidentKind, News, Phase
from bot.domain.drill import is_drill
from bot.message import (
    Block,
    Button,
    ChannelMention,
    Code,
    Line,
    Link,
    Message,
    MessageKind,
    Moment,
    Opens,
    Paragraph,
    Quote,
    Strong,
    Style,
    Tone,
)
from bot.wording.acks import ack_line
from bot.wording.card_states import (
    CLOCK_SPAN,
    end_text,
    level_line,
    named,
    news_lead,
    news_line,
    news_notice,
    phase_word,
    reminder_lead,
    reminder_line,
    reminder_word,
    root_lead,
    severity,
    who,
)
from bot.wording.condition import (
    CANCELLED,
    UNLISTED,
    VANISHED,
    incident_tone,
    is_cancelled,
    since_last_turn,
    unlisted,
)
from bot.wording.ignoring import ignored_line
from bot.wording.mutes import MUTE_PLANNED
from bot.wording.phrases import (
    count,
    first_sentence,
    listing,
    one_line,
    phase_text,
    source,
    spaced,
    state_tone,
    uncapital,
)
from bot.wording.services import hits_text
from bot.wording.vendor_notes import note_line

NOTICE_CHARS = 140
"""How much of a reply's text its one-line summary quotes."""
REPEAT_CHARS = 90
"""How much of a text that is only repeated the small print quotes."""
_GOES_ON = re.compile(r"\b(?:still|continu\w*|ongoing|remains?)\b", re.IGNORECASE)
"""A text with one of these says itself that nothing has changed."""
PARTS_IN_NOTICE = 3
"""Components that a notification names before "and 5 more"."""


def root_message(view: RootView) -> Message:
    """The card: who, what, how bad, since when, what they say now, and what it hits. One line once it is over."""
    over = _is_over(view)
    name = who(view.vendor, view.components)
    state = root_state(view)
    blocks: list[Block] = []
    hits = "" if over else hits_text(view.hits)
    if not over:
        blocks.append(Paragraph(state))
    if hits:
        blocks.append(Paragraph((Strong(hits),)))
    blocks += _episode_parts(view) if view.kind is IncidentKind.EPISODE else _texts(view, over=over)
    if view.ignored and not over:
        blocks.append(Paragraph(ignored_line(view.ignored)))
    if view.ack and not over:
        blocks.append(Paragraph(ack_line(view.ack, _clock(view.ack.at, view.started))))
    if view.note and not over:
        blocks.append(Paragraph(note_line(view.note)))
    return Message(
        summary=f"{name}: {named(view)} — {_notice(view)}{f'. {hits}' if hits else ''}",
        tone=Tone.ENDED if view.explained_by else incident_tone(view),
        title=f"{name}: {named(view)}",
        url=view.url or view.vendor_url,
        subtitle=state if over else (),
        author=Link(name, view.vendor_url),
        homepage=view.homepage,
        lead=(*root_lead(view), *((f". {hits}",) if hits else ())),
        blocks=tuple(blocks),
        footer=_footer(view, over=over),
        buttons=_buttons(view, over=over),
        struck=view.vanished,
        subject=f"{name}: {named(view)}",
        full_command=f"incident {view.slug}/{view.id}",
        kind=MessageKind.CARD,
    )


def root_state(view: RootView) -> Line:
    """How bad it is, how far they are, and since when: ``Major outage · identified · since 01:54 (12 min)``."""
    if view.explained_by is not None:
        return (f"the vendor posted “{one_line(view.explained_by)}”, which has a card of its own",)
    if view.phase in ENDED and not (view.vanished or view.unlisted):
        return (end_text(view.kind, view.started, view.resolved),)
    since = _since(view)
    if gone := _gone(view):
        return (Strong(gone), f" · {level_line(view.level)}", *since)
    if view.kind is IncidentKind.MAINTENANCE:
        return _maintenance(view)
    phase = "recovering" if view.recovering else phase_word(view.phase, view.kind)
    if unstable := view.unstable:
        turns = f" · unstable, {count(unstable.turns, 'turn')} since "
        return (
            Strong(severity(view.level, view.components)),
            turns,
            _clock(unstable.since, unstable.last),
            f", {since_last_turn(unstable)} ",
            Moment(unstable.last),
        )
    line: Line = (Strong(severity(view.level, view.components)), *((f" · {phase}",) if phase else ()), *since)
    if view.reopening:
        line = (*line, " · reopened ", _clock(view.reopening.at, view.started))
    return line


def reply_message(view: ReplyView) -> Message:
    """One text, or what the channel missed, oldest first."""
    newest = view.updates[-1] if view.updates else None
    many = len(view.updates) > 1
    phase = newest.phase if newest and newest.phase else view.phase
    is_note = newest is not None and newest.note
    if view.vanished and not is_note:
        state = VANISHED.removesuffix(".")
    elif newest and newest.removed:
        state = "Update removed"
    else:
        state = phase_text(phase, view.kind)
    if many:
        state = f"{state}, {len(view.updates)} updates"
    name = who(view.vendor, view.components)
    title = f"{name}: {one_line(view.title)}"
    quoted = newest.text if newest and (is_note or not view.vanished) else ""
    headed = f"{title} — {uncapital(state)}{_level_and_parts(view)}"
    blocks: list[Block] = []
    for update in view.updates:
        if many:
            blocks.append(
                Paragraph((Strong(phase_text(update.phase, view.kind)), " · ", _clock(update.at, view.started)))
            )
        blocks += _quote(update, struck=view.vanished and not update.note, counted=many and update is not newest)
    moment: Line = (_clock(newest.at, view.started),) if newest and not many else ()
    return Message(
        summary=f"{headed}: {first_sentence(quoted, NOTICE_CHARS)}" if quoted else headed,
        tone=state_tone(phase, view.level, vanished=view.vanished),
        title=title if view.standalone else state,
        url=view.url,
        subtitle=spaced([(state,), moment]) if view.standalone and moment else (state,) if view.standalone else moment,
        author=Link(name, view.url) if view.standalone and view.url else None,
        blocks=tuple(blocks),
        struck=view.vanished,
        subject=title,
        full_command=f"incident {view.slug}/{view.id}",
        kind=MessageKind.REPLY,
    )


def news_message(view: NewsView) -> Message:
    """One line that an edit of the card would not let anybody notice."""
    name = who(view.vendor, view.components)
    title = f"{name}: {named(view)}"
    parts = _parts_in_notice(view) if view.news in (News.WORSE, News.REOPENED) else ""
    match view.news:
        case News.ENDED:
            tone = Tone.ENDED
        case News.VANISHED | News.UNLISTED:
            tone = Tone.GONE
        case _:
            tone = state_tone(view.phase, view.level)
    return Message(
        summary=f"{title} — {news_notice(view)}{parts}",
        tone=tone,
        title=title,
        url=view.url,
        subtitle=news_line(view),
        author=Link(name, view.url),
        lead=news_lead(view),
        subject=title,
        full_command=f"incident {view.slug}/{view.id}",
        kind=MessageKind.REPLY,
    )


def reminder_message(view: ReminderView) -> Message:
    """A planned maintenance begins soon."""
    name = who(view.vendor, view.components)
    title = f"{name}: {named(view)}"
    return Message(
        summary=f"{title} — maintenance {reminder_word(view)}",
        tone=Tone.MAINTENANCE,
        title=title,
        url=view.url,
        subtitle=reminder_line(view),
        author=Link(name, view.url),
        lead=reminder_lead(view),
        subject=title,
        full_command=f"incident {view.slug}/{view.id}",
        kind=MessageKind.REPLY,
    )


def channel_on_hold_message(channel: Channel, reason: str) -> Message:
    """To the person who subscribed a channel that can no longer be posted to. ``reason`` says what to do."""
    return Message(
        summary=f"Updates on hold: I cannot post in a channel that you subscribed. {reason}",
        tone=Tone.UNKNOWN,
        title="Updates on hold: I cannot post in your channel",
        blocks=(
            Paragraph(("In ", ChannelMention(channel.id), f": {reason}")),
            Paragraph(
                (
                    "Its subscriptions are kept. Once I can post again, it gets what it missed in one message. ",
                    Code("list"),
                    " shows how it stands.",
                )
            ),
        ),
        kind=MessageKind.NOTICE,
    )


# --- parts of a card -------------------------------------------------------------------------------------------------


def _notice(view: RootView) -> str:
    """The state for a notification: ``major outage (API, Webhooks)``."""
    if view.explained_by is not None:
        return f"the vendor posted “{one_line(view.explained_by)}”"
    if view.unlisted and not view.vanished:
        return f"{uncapital(UNLISTED)}, {level_line(view.level)}"
    if gone := _gone(view):
        return f"{uncapital(gone)}, {level_line(view.level)}"
    if view.phase in ENDED:
        return end_text(view.kind, view.started, view.resolved)
    if view.kind is IncidentKind.EPISODE:
        return f"{level_line(view.level)}{', unstable' if view.unstable else ''}, no incident posted yet"
    if view.kind is IncidentKind.MAINTENANCE:
        return phase_text(view.phase).lower() + (", overdue" if view.overdue else "") + _parts_in_notice(view)
    level = severity(view.level, view.components)
    words = uncapital(level)
    if view.reopening:
        words = f"reopened, {words}"
    elif view.recovering or view.phase is Phase.MONITORING:
        words = f"{'recovering' if view.recovering else 'monitoring'}, {words}"
    return words + _parts_in_notice(view)


def _is_over(view: RootView) -> bool:
    ended = view.phase in ENDED and not (view.vanished or view.unlisted)
    return ended or view.explained_by is not None


def _gone(view: RootView) -> str:
    """That the page does not list it any more, if so."""
    if view.vanished:
        return (CANCELLED if is_cancelled(view) else VANISHED).removesuffix(".")
    return unlisted(view) if view.unlisted else ""


def _parts_in_notice(view: RootView | NewsView) -> str:
    return f" ({one_line(listing(view.components, PARTS_IN_NOTICE))})" if view.components else ""


def _level_and_parts(view: ReplyView) -> str:
    """In brackets: how bad it is, unless it is over, and what it hits."""
    over = view.phase in ENDED or view.vanished or view.kind is not IncidentKind.INCIDENT
    parts = [] if over else [level_line(view.level)]
    if view.components and not over:
        parts.append(one_line(listing(view.components, PARTS_IN_NOTICE)))
    return f" ({'; '.join(parts)})" if parts else ""


def _since(view: RootView) -> Line:
    newest = view.newest.at if view.newest else view.started
    return (" · since ", _clock(view.started, newest), " (", Moment(view.started, Style.ELAPSED), ")")


def _maintenance(view: RootView) -> Line:
    state = Strong(phase_text(view.phase) + (", overdue" if view.overdue else ""))
    start = Moment(view.started, Style.DATETIME)
    ends: Line = (_clock(view.planned_end, view.started),) if view.planned_end else ()
    if view.phase in UNDER_WAY:
        return (state, *_since(view), *((" · until ", *ends) if ends else ()))
    return (state, " · ", start, *((" to ", *ends) if ends else ()))


def _texts(view: RootView, *, over: bool) -> list[Block]:
    """What nothing else in the channel shows, and while it goes on the newest text that says something."""
    shown = list(view.kept if over or view.vanished else view.kept[:1])
    if not over and view.quote and view.quote not in shown:
        shown = sorted((*shown, view.quote), key=lambda update: update.at)
    blocks: list[Block] = []
    for number, update in enumerate(shown):
        if number:
            blocks.append(
                Paragraph((Strong(phase_text(update.phase, view.kind)), " · ", _clock(update.at, view.started)))
            )
        blocks += _quote(update, struck=view.vanished, counted=over)
    return blocks


def _episode_parts(view: RootView) -> list[Block]:
    """The list of an episode, as long as it is true and says more than the title."""
    listed = view.newest.text if view.newest and not _is_over(view) else ""
    return [Quote(listed)] if "\n" in listed else []


def _quote(update: UpdateView, *, struck: bool, counted: bool) -> list[Block]:
    blocks: list[Block] = []
    if update.text:
        blocks.append(Quote(update.text, struck=struck or update.removed))
    if update.removed and not struck:
        blocks.append(Paragraph(("The vendor removed this update.",)))
    if counted and update.count > 1:
        blocks.append(Paragraph(_times(update)))
    return blocks


def _times(update: UpdateView) -> Line:
    return (f"repeated {update.count}×, last ", _clock(update.last or update.at, update.at))  # noqa: RUF001


def _repeat(view: RootView) -> Line:
    """What is said since the text that the card quotes, and adds nothing to it."""
    newest, quote = view.newest, view.quote
    if newest is None or view.kind is IncidentKind.EPISODE or newest.removed or newest.note or not newest.text:
        return ()
    if newest == quote:
        return _times(newest) if newest.count > 1 else ()
    text = first_sentence(newest.text, REPEAT_CHARS)
    again = f"“{text}” " if _GOES_ON.search(text) else f"still “{text}” "
    if newest.count == 1:
        return (again, _clock(newest.at, view.started))
    return (again, f"{newest.count}×, last ", _clock(newest.last or newest.at, newest.at))  # noqa: RUF001


def _footer(view: RootView, *, over: bool) -> Line:
    parts: list[Line] = []
    if over:
        if view.kind is IncidentKind.EPISODE:
            parts.append(("No incident was posted",) if view.explained_by is None else ())
            parts.append((f"unstable, {count(view.unstable.turns, 'turn')}",) if view.unstable else ())
        elif view.updates > 1:
            parts.append((count(view.updates, "update"),))
        if view.has_postmortem:
            parts.append(("Postmortem published",))
    elif view.kind is IncidentKind.EPISODE:
        parts.append(("Their page shows it; no incident posted yet",))
    else:
        if view.components:
            parts.append((f"Affects {one_line(listing(view.components))}",))
        parts.append(_repeat(view))
    return spaced(part for part in (*parts, (source(view.vendor_url),)) if part)


def _clock(at: datetime, before: datetime | None) -> Moment:
    near = before is not None and abs(at - before) < CLOCK_SPAN
    return Moment(at, Style.TIME if near else Style.DATETIME)


def _buttons(view: RootView, *, over: bool) -> tuple[Button, ...]:
    this = f"{view.slug}/{view.id}"
    planned = view.kind is IncidentKind.MAINTENANCE
    buttons = [Button("Details" if planned else "Timeline", f"incident {this}", Opens.MODAL)]
    if not over and not (view.vanished or view.unlisted):
        if view.ignored:
            buttons.append(Button("Bring back", f"unmute {this}"))
        elif planned:
            buttons.append(Button("Mute until it's over", f"mute {this} until resolved", confirm=MUTE_PLANNED))
        else:
            buttons.append(Button("Mute…", f"mute {this}"))
    if not (over or planned or view.vanished or view.unlisted or view.ack):
        # Where few find room, it matters more in an outage to take it than to learn why it came.
        buttons.append(Button("I'm on it", f"ack {this}", is_secondary=True))
    if not is_drill(view.slug):
        buttons.append(Button("Filter", f"subscribe {view.slug}", Opens.FORM, is_secondary=True))
    buttons.append(Button("Why?", f"why {this}", Opens.MODAL, is_secondary=True))
    if view.has_parts:
        buttons.append(Button("Components", f"components {view.slug}", Opens.MODAL, is_secondary=True))
    return tuple(buttons)
