"""The form to subscribe as a modal view, and what somebody filled into it. Pure; opens nothing.

The view keeps in its ``private_metadata`` what it is about. The id of a block begins with the field's name; the rest of
it stands for channel and vendor, so that Slack keeps what was typed into a field as long as the field is the same one.
https://docs.slack.dev/reference/block-kit/blocks/input-block
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.adapters.slack.render.blocks import Json, plain, section
from bot.adapters.slack.render.message import Voice, label
from bot.adapters.slack.render.modal import view
from bot.adapters.slack.render.mrkdwn import safe, size, words
from bot.commands.forms import Field, PartOption, SubmittedForm, SubscribeForm
from bot.domain import Mode, Slug, digest

SUBSCRIBE = "subscribe"
"""The callback id of the form's views."""
PICK_VENDOR, PICK_CHANNEL, PICK_PARTS = "pick:vendor", "pick:channel", "pick:parts"
"""Action ids of what is asked for while the form is open."""
CHANNEL = "channel"
OPTIONS = 100
"""In one select, and in one answer to what is typed into it."""
OPTION_VALUE_CHARS = 150
TYPED_CHARS = 3_000
"""In a text input."""
ERROR_CHARS = 500
"""Slack names no limit for what is said at a field; more is not read there."""

_FILTERS = 'region:us-east-1 component:!"Docs" match:"login"'
_SEVERITIES = {
    None: "Everything",
    "minor": "Minor (degraded) or worse",
    "major": "Major (partial outage) or worse",
    "critical": "Critical (major outage) only",
}
_ALL = "all"
_MODES = {
    Mode.THREAD: "One message per incident, its updates in the thread",
    Mode.THREAD_KEY: "The same; opening, worse and resolved also to the channel",
    Mode.FLAT: "Every update as a message of its own",
    Mode.EDIT: "One message per incident, kept up to date, nothing else",
}


@dataclass(frozen=True, slots=True)
class About:
    """Whose form it is. ``channel`` and ``vendor`` are ``""`` until they are known. ``choose``: the person chooses the
    channel, the form having been opened from none."""

    channel: str
    vendor: str
    choose: bool

    @property
    def metadata(self) -> str:
        return json.dumps([self.channel, self.vendor, self.choose])

    @classmethod
    def of(cls, view: Mapping[str, Any]) -> About:
        channel, vendor, choose = json.loads(str(view.get("private_metadata") or '["", "", true]'))
        return cls(str(channel), str(vendor), bool(choose))


def form_view(form: SubscribeForm | None, about: About, voice: Voice, told: str = "") -> Json:
    """``form``: of the vendor, once one is chosen. ``told``: a sentence above everything, as mrkdwn."""
    if form and not _fits(form):
        line = words(f"{voice.command} subscribe {form.vendor.slug} …".strip())
        text = f"The filter that this channel has is too long for a form. Type it anew: {line}"
        return view("Subscribe", [section(text)], about.metadata, callback=SUBSCRIBE)
    blocks = [section(told)] if told else []
    if about.choose:
        blocks.append(_channel(about.channel))
    blocks.append(_vendor(form, voice))
    if form:
        blocks += _fields(form, about)
    title, submit = ("Filter", "Save") if form and form.subscribed else ("Subscribe", "Subscribe")
    return view(title, blocks, about.metadata, callback=SUBSCRIBE, submit=submit)


def _fits(form: SubscribeForm) -> bool:
    return len(form.chosen) <= OPTIONS and max(size(form.other), size(form.mention)) <= TYPED_CHARS


def _channel(chosen: str) -> Json:
    element: dict[str, Any] = {
        "type": "conversations_select",
        "action_id": PICK_CHANNEL,
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    element |= {"initial_conversation": chosen} if chosen else {"default_to_current_conversation": True}
    return _input(CHANNEL, "Channel", element, dispatch=True)


def _vendor(form: SubscribeForm | None, voice: Voice) -> Json:
    element: dict[str, Any] = {
        "type": "external_select",
        "action_id": PICK_VENDOR,
        "min_query_length": 1,
        "placeholder": plain("Type a name: github"),
    }
    if form and size(form.vendor.slug) <= OPTION_VALUE_CHARS:
        element["initial_option"] = option(form.vendor.name, form.vendor.slug)
    typed = f"{voice.command} subscribe https://status.example.com".strip()
    hint = f"Not found? A status page can be added by its address: {typed}"
    return _input(Field.VENDOR, "Vendor", element, hint=hint, dispatch=True)


def _fields(form: SubscribeForm, about: About) -> Iterator[Json]:
    here = digest(f"{about.channel} {form.vendor.slug}")
    if form.subscribed:
        yield section("This channel subscribes to it already. What you send takes the place of what is shown here.")
    if form.parts:
        hint = "None: all of them."
        yield _input(f"{Field.PARTS}:{here}", "Only these parts", _parts(form), optional=True, hint=hint)
    else:
        why = "lists no parts" if form.read else "has not been read yet, so its parts are not known"
        yield section(f"Its status page {why}: you will hear of all of it.")
    severities = {word or _ALL: option(text, word or _ALL) for word, text in _SEVERITIES.items()}
    element: dict[str, Any] = {
        "type": "static_select",
        "action_id": "severity",
        "options": list(severities.values()),
        "initial_option": severities.get(form.severity or _ALL, severities[_ALL]),
    }
    yield _input(f"{Field.SEVERITY}:{here}", "Severity", element)
    planned = [option("Planned maintenances too", "on")]
    element = {"type": "checkboxes", "action_id": "maintenance", "options": planned}
    element |= {"initial_options": planned} if form.maintenance else {}
    yield _input(f"{Field.MAINTENANCE}:{here}", "Maintenance", element, optional=True)
    hint = f"As typed after a command: {_FILTERS}"
    yield _input(f"{Field.OTHER}:{here}", "Other filters", _text("other", form.other), optional=True, hint=hint)
    hint = "Once per incident: @here, @channel, <@U…> or <!subteam^S…>; with @major behind it from that severity on."
    yield _input(f"{Field.MENTION}:{here}", "Mention", _text("mention", form.mention), optional=True, hint=hint)
    if about.channel:
        modes = {mode: option(text, mode) for mode, text in _MODES.items()}
        element = {
            "type": "static_select",
            "action_id": "mode",
            "options": list(modes.values()),
            "initial_option": modes[form.mode],
        }
        hint = "For the whole channel, whatever it subscribes to."
        yield _input(f"{Field.MODE}:{here}", "How the channel is told", element, hint=hint)


def _parts(form: SubscribeForm) -> Json:
    chosen = part_options(form.chosen)
    element: dict[str, Any] = {"action_id": PICK_PARTS}
    if len(form.parts) <= OPTIONS:
        element |= {"type": "multi_static_select", "options": part_options(form.parts)}
    else:
        placeholder = plain(f"Type to search {len(form.parts):,}")
        element |= {"type": "multi_external_select", "min_query_length": 0, "placeholder": placeholder}
    return element | ({"initial_options": chosen} if chosen else {})


def part_options(parts: Sequence[PartOption]) -> list[Json]:
    """What a select offers of these, at most as many as it takes."""
    return [option(part.name, part.key) for part in parts[:OPTIONS]]


def option(text: str, value: str) -> Json:
    return {"text": plain(label(text)), "value": value}


def _text(name: str, typed: str) -> Json:
    element: dict[str, Any] = {"type": "plain_text_input", "action_id": name, "max_length": TYPED_CHARS}
    shown = safe(typed).replace("\n", " ").strip()
    return element | ({"initial_value": shown} if shown else {})


def _input(
    block: str, label: str, element: Json, *, optional: bool = False, hint: str = "", dispatch: bool = False
) -> Json:
    made: dict[str, Any] = {
        "type": "input",
        "block_id": block,
        "label": plain(label),
        "element": element,
        "optional": optional,
        "dispatch_action": dispatch,
    }
    return made | {"hint": plain(hint)} if hint else made


# --- what comes back -------------------------------------------------------------------------------------------------


def chosen(view: Mapping[str, Any], about: About) -> About:
    """What the form is about by what is chosen in it now."""
    values = _values(view)
    channel = _picked(values, CHANNEL, "selected_conversation") if about.choose else about.channel
    return About(channel, _picked(values, Field.VENDOR, "selected_option"), about.choose)


def filled(view: Mapping[str, Any]) -> SubmittedForm:
    """What was filled in, of whatever is there."""
    values = _values(view)
    severity, mode = (_picked(values, field, "selected_option") for field in (Field.SEVERITY, Field.MODE))
    return SubmittedForm(
        vendor=Slug(_picked(values, Field.VENDOR, "selected_option")),
        parts=_ticked(values, Field.PARTS),
        severity=severity if severity in _SEVERITIES else None,
        maintenance=bool(_ticked(values, Field.MAINTENANCE)),
        other=_picked(values, Field.OTHER, "value"),
        mention=_picked(values, Field.MENTION, "value"),
        mode=Mode(mode) if mode in set(Mode) else None,
    )


def errors(problems: Mapping[Field, str], view: Mapping[str, Any]) -> dict[str, str]:
    """By the ids of the view's blocks; a problem of a field that is not in it is told at the vendor."""
    blocks = {block.partition(":")[0]: block for block in _state(view)}
    told: dict[str, str] = {}
    for field, problem in problems.items():
        block = blocks.get(field, Field.VENDOR.value)
        told[block] = label(f"{told.get(block, '')} {problem}", ERROR_CHARS)
    return told


def _state(view: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return (view.get("state") or {}).get("values") or {}


def _values(view: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Each block's one element, by its field."""
    return {
        block.partition(":")[0]: next(iter(elements.values()), {})
        for block, elements in _state(view).items()
        if elements
    }


def _picked(values: Mapping[str, Mapping[str, Any]], field: str, what: str) -> str:
    found = values.get(field, {}).get(what)
    return str((found.get("value") if isinstance(found, Mapping) else found) or "")


def _ticked(values: Mapping[str, Mapping[str, Any]], field: str) -> tuple[str, ...]:
    return tuple(str(ticked.get("value")) for ticked in values.get(field, {}).get("selected_options") or ())
