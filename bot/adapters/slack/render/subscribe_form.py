"""The form to subscribe as a modal view, and what somebody filled into it. Pure; opens nothing.

The view has its target in ``private_metadata``. The id of a block begins with the field's name; the rest is a digest of
channel and vendor, so that Slack preserves what was typed into a field as long as channel and vendor are the same.
https://docs.slack.dev/reference/block-kit/blocks/input-block
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.adapters.slack.render.blocks import Json, plain, section
from bot.adapters.slack.render.inputs import (
    INPUT_CHARS,
    MAX_OPTIONS,
    OPTION_VALUE_CHARS,
    Values,
    field_errors,
    input_block,
    option,
    selected,
    text_input,
    value_of,
    values_of,
)
from bot.adapters.slack.render.mentions import mention_targets
from bot.adapters.slack.render.message import RenderContext
from bot.adapters.slack.render.modal import modal_view
from bot.adapters.slack.render.mrkdwn import literal, units
from bot.commands.forms import SEVERITIES, Field, PartOption, SubmittedForm, SubscribeForm
from bot.domain import LEVEL_OF_SEVERITY, Mention, Mode, Slug, digest
from bot.wording.phrases import capital
from bot.wording.subscriptions import MODE_TEXT

FORM_CALLBACK = "subscribe"
"""The callback id of the form's views."""
PICK_VENDOR, PICK_CHANNEL, PICK_PARTS, PICK_GROUPS = "pick:vendor", "pick:channel", "pick:parts", "pick:groups"
"""Action ids of selects that the open form reacts to."""
CHANNEL_FIELD = "channel"
GROUPS_FIELD, LEVEL_FIELD = "groups", "mention_from"
MAX_MENTIONED = 20
"""People in one mention; more do not fit into a card's line."""
_FILTERS = 'region:us-east-1 component:!"Docs" match:"login"'
_SEVERITIES = {
    None: "Everything",
    "minor": "Degraded performance or worse",
    "major": "Partial outage or worse",
    "critical": "Major outage only",
}
_GROUPS = {"<!here>": "@here", "<!channel>": "@channel"}
_ALL = "all"
_MODES = {mode: capital(text) for mode, text in MODE_TEXT.items()}


@dataclass(frozen=True, slots=True)
class FormTarget:
    """Which subscription the form is for."""

    channel: str
    """``""`` until it is chosen."""
    vendor: str
    """``""`` until it is chosen."""
    choose_channel: bool
    """The form was opened outside of a channel: the person chooses one."""

    @property
    def metadata(self) -> str:
        return json.dumps([self.channel, self.vendor, self.choose_channel])

    @classmethod
    def of(cls, view: Mapping[str, Any]) -> FormTarget:
        channel, vendor, choose = json.loads(str(view.get("private_metadata") or '["", "", true]'))
        return cls(str(channel), str(vendor), bool(choose))


def form_view(form: SubscribeForm | None, target: FormTarget, context: RenderContext, notice: str = "") -> Json:
    """``form``: of the vendor, ``None`` until one is chosen. ``notice``: a sentence above everything, as mrkdwn."""
    if form and not _fits(form):
        line = literal(f"{context.command} subscribe {form.vendor.slug} …".strip())
        text = f"The filter that this channel has is too long for a form. Type it anew: {line}"
        return modal_view("Subscribe", [section(text)], target.metadata, callback=FORM_CALLBACK)
    blocks = [section(notice)] if notice else []
    if target.choose_channel:
        blocks.append(_channel(target.channel))
    blocks.append(_vendor(form, context))
    if form:
        blocks += _fields(form, target)
    title, submit = ("Filter", "Save") if form and form.subscribed else ("Subscribe", "Subscribe")
    return modal_view(title, blocks, target.metadata, callback=FORM_CALLBACK, submit=submit)


def _fits(form: SubscribeForm) -> bool:
    return len(form.chosen) <= MAX_OPTIONS and units(form.other) <= INPUT_CHARS


def _channel(chosen: str) -> Json:
    element: dict[str, Any] = {
        "type": "conversations_select",
        "action_id": PICK_CHANNEL,
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    element |= {"initial_conversation": chosen} if chosen else {"default_to_current_conversation": True}
    return input_block(CHANNEL_FIELD, "Channel", element, dispatch=True)


def _vendor(form: SubscribeForm | None, context: RenderContext) -> Json:
    element: dict[str, Any] = {
        "type": "external_select",
        "action_id": PICK_VENDOR,
        "min_query_length": 1,
        "placeholder": plain("Type a name: github"),
    }
    if form and units(form.vendor.slug) <= OPTION_VALUE_CHARS:
        element["initial_option"] = option(form.vendor.name, form.vendor.slug)
    typed = f"{context.command} subscribe https://status.example.com".strip()
    hint = f"Not found? A status page can be added by its address: {typed}"
    return input_block(Field.VENDOR, "Vendor", element, hint=hint, dispatch=True)


def _fields(form: SubscribeForm, target: FormTarget) -> Iterator[Json]:
    here = digest(f"{target.channel} {form.vendor.slug}")
    if form.subscribed:
        yield section("Already subscribed. Saving replaces these settings.")
    if form.parts:
        hint = "Leave empty for all."
        yield input_block(f"{Field.PARTS}:{here}", "Components", _parts(form), optional=True, hint=hint)
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
    yield input_block(f"{Field.SEVERITY}:{here}", "Severity", element)
    planned = [option("Include planned maintenance", "on")]
    element = {"type": "checkboxes", "action_id": "maintenance", "options": planned}
    element |= {"initial_options": planned} if form.maintenance else {}
    yield input_block(f"{Field.MAINTENANCE}:{here}", "Maintenance", element, optional=True)
    hint = f"As typed after a command: {_FILTERS}"
    yield input_block(
        f"{Field.OTHER}:{here}", "Other filters", text_input("other", form.other), optional=True, hint=hint
    )
    yield from _mention(form, here)
    if target.channel:
        modes = {mode: option(text, mode) for mode, text in _MODES.items()}
        element = {
            "type": "static_select",
            "action_id": "mode",
            "options": list(modes.values()),
            "initial_option": modes[form.mode],
        }
        hint = "For the whole channel, whatever it subscribes to."
        yield input_block(f"{Field.MODE}:{here}", "Posting style", element, hint=hint)


def _mention(form: SubscribeForm, here: str) -> Iterator[Json]:
    """People by Slack's own select. It has none for groups: they are searched as vendors are."""
    targets = mention_targets(form.mention)
    users: dict[str, Any] = {"type": "multi_users_select", "action_id": "mention", "max_selected_items": MAX_MENTIONED}
    users |= {"initial_users": list(targets.users[:MAX_MENTIONED])} if targets.users else {}
    yield input_block(f"{Field.MENTION}:{here}", "Mention people", users, optional=True, hint="Once per incident.")
    groups: dict[str, Any] = {
        "type": "multi_external_select",
        "action_id": PICK_GROUPS,
        "min_query_length": 0,
        "placeholder": plain("Type a name: @oncall"),
    }
    chosen = [option(name, value) for value, name in targets.groups.items()]
    groups |= {"initial_options": chosen} if chosen else {}
    hint = "Not listed? Subscribe by a command with mention:@ and pick it from Slack's list."
    yield input_block(f"{GROUPS_FIELD}:{here}", "Mention groups", groups, optional=True, hint=hint)
    levels = {word: option(text, word) for word, text in _SEVERITIES.items() if word}
    element = {
        "type": "static_select",
        "action_id": "mention_from",
        "options": list(levels.values()),
        "initial_option": levels[_mention_level(form.mention)],
    }
    yield input_block(f"{LEVEL_FIELD}:{here}", "Mention from", element)


def _mention_level(typed: str) -> str:
    least = Mention.parse(typed).min_level
    return next((word for word in SEVERITIES if LEVEL_OF_SEVERITY[word] is least), SEVERITIES[0])


def _parts(form: SubscribeForm) -> Json:
    chosen = part_options(form.chosen)
    element: dict[str, Any] = {"action_id": PICK_PARTS}
    if len(form.parts) <= MAX_OPTIONS:
        element |= {"type": "multi_static_select", "options": part_options(form.parts)}
    else:
        placeholder = plain(f"Type to search {len(form.parts):,}")
        element |= {"type": "multi_external_select", "min_query_length": 0, "placeholder": placeholder}
    return element | ({"initial_options": chosen} if chosen else {})


def group_options(listed: Mapping[str, str], typed: str, mention: str) -> list[Json]:
    """@here, @channel, the workspace's groups and those of a mention as it is typed now, with the typed text in their
    names."""
    names = {**_GROUPS, **listed, **mention_targets(mention).groups}
    wanted = typed.strip().removeprefix("@").casefold()
    found = (option(name, value) for value, name in names.items() if wanted in name.casefold())
    return [one for one in found if units(one["value"]) <= OPTION_VALUE_CHARS][:MAX_OPTIONS]


def part_options(parts: Sequence[PartOption]) -> list[Json]:
    """What a select offers of these, at most as many as it takes."""
    return [option(part.name, part.key) for part in parts[:MAX_OPTIONS]]


# --- what comes back -------------------------------------------------------------------------------------------------


def current_target(view: Mapping[str, Any], target: FormTarget) -> FormTarget:
    """The target by what is chosen in the form now."""
    values = values_of(view)
    channel = value_of(values, CHANNEL_FIELD, "selected_conversation") if target.choose_channel else target.channel
    return FormTarget(channel, value_of(values, Field.VENDOR, "selected_option"), target.choose_channel)


def submitted_form(view: Mapping[str, Any], mention: str = "") -> SubmittedForm:
    """What was filled in, of the fields that the view has. ``mention``: as it is typed now; it stays that if it says
    the same."""
    values = values_of(view)
    severity, mode = (value_of(values, field, "selected_option") for field in (Field.SEVERITY, Field.MODE))
    return SubmittedForm(
        vendor=Slug(value_of(values, Field.VENDOR, "selected_option")),
        parts=selected(values, Field.PARTS),
        severity=severity if severity in _SEVERITIES else None,
        maintenance=bool(selected(values, Field.MAINTENANCE)),
        other=value_of(values, Field.OTHER, "value"),
        mention=_submitted_mention(values, mention),
        mode=Mode(mode) if mode in set(Mode) else None,
    )


def _submitted_mention(values: Values, current: str) -> str:
    users = tuple(map(str, values.get(Field.MENTION, {}).get("selected_users") or ()))
    groups, level = selected(values, GROUPS_FIELD), value_of(values, LEVEL_FIELD, "selected_option") or SEVERITIES[0]
    if not users and not groups:
        return ""
    before = mention_targets(current)
    if (set(users), set(groups), level) == (set(before.users), set(before.groups), _mention_level(current)):
        return current
    whom = " ".join([*(f"<@{user}>" for user in users), *groups])
    return whom if level == SEVERITIES[0] else f"{whom}@{level}"


def view_errors(problems: Mapping[Field, str], view: Mapping[str, Any]) -> dict[str, str]:
    """By the ids of the view's blocks; a problem of a field that it does not have is shown at the vendor."""
    return field_errors({field.value: problem for field, problem in problems.items()}, view, Field.VENDOR.value)
