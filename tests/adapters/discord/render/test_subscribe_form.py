"""A form as a modal: within Discord's limits whatever a vendor's page is like, and nothing lost by sending it off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.discord.render.components import Body
from bot.adapters.discord.render.message import MentionTargets, as_pages
from bot.adapters.discord.render.subscribe_form import modal, parse_submission, prefilled, problems_message
from bot.commands.forms import SEVERITIES, Field, PartOption, SubmittedForm, SubscribeForm
from bot.commands.grammar import parse
from bot.domain import Mode
from tests.adapters.discord.hostile import texts
from tests.adapters.discord.spec import complaints, needs_spec
from tests.commands.talk import CATALOG, vendor
from tests.text import read

CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
ROLE, USER = 123456789012345678, 223456789012345678
PARTS = tuple(PartOption(f"{n:016x}", f"Part {n}") for n in range(60))
BLANK = SubscribeForm(
    vendor=vendor("github", "GitHub"),
    subscribed=False,
    read=True,
    parts=PARTS[:3],
    chosen=(),
    severity=None,
    maintenance=False,
    other="",
    mention="",
    mode=Mode.THREAD,
)
HELD = replace(
    BLANK,
    subscribed=True,
    chosen=PARTS[1:2],
    severity="major",
    maintenance=True,
    other="region:eu-1",
    mention=f"<@&{ROLE}>@critical",
)


def shown(form: SubscribeForm, mentioned: MentionTargets | None = MentionTargets()) -> Body:  # noqa: B008
    body = modal(form, "form:subscribe github", mentioned)
    assert not complaints("POST", CALLBACK, {"type": 9, "data": body})
    return body


def fields(body: Body) -> dict[str, Any]:
    return {one["component"]["custom_id"]: one["component"] for one in body["components"] if "component" in one}


def about(body: Body, field: Field) -> str:
    labels = [one for one in body["components"] if one.get("component", {}).get("custom_id") == field]
    return str(labels[0]["description"])


def untouched(body: Body) -> Body:
    """What Discord sends of a modal that nobody changed."""

    def leaf(one: Body) -> Body:
        if one["type"] == 4:
            return {"type": 4, "custom_id": one["custom_id"], "value": one.get("value", "")}
        chosen = [option["value"] for option in one.get("options", ()) if option["default"]]
        chosen += [default["id"] for default in one.get("default_values", ())]
        return {"type": one["type"], "custom_id": one["custom_id"], "values": chosen}

    components = [
        {"type": 18, "component": leaf(one["component"])} if "component" in one else {"type": 10}
        for one in body["components"]
    ]
    return {"custom_id": body["custom_id"], "components": components}


def changed(body: Body, field: Field, *values: str, roles: tuple[str, ...] = ()) -> Body:
    data = untouched(body)
    (one,) = [c["component"] for c in data["components"] if c.get("component", {}).get("custom_id") == field]
    if "values" in one:
        one["values"] = list(values)
    else:
        (one["value"],) = values
    return {**data, "resolved": {"roles": {role: {} for role in roles}}}


def test_a_fresh_form_asks_for_five_things() -> None:
    body = shown(BLANK)
    assert body["title"] == "Subscribe to GitHub"
    assert list(fields(body)) == ["parts", "severity", "maintenance", "mention", "other"]
    assert [option["label"] for option in fields(body)["parts"]["options"]] == ["Part 0", "Part 1", "Part 2"]
    assert parse_submission(untouched(body), BLANK, MentionTargets()) == SubmittedForm(BLANK.vendor.slug)


def test_it_shows_what_the_channel_has_and_sends_it_off_as_it_was() -> None:
    whom = MentionTargets(roles=(ROLE,))
    body = shown(HELD, whom)
    assert body["title"] == "Change GitHub"
    assert fields(body)["mention"]["default_values"] == [{"type": "role", "id": str(ROLE)}]
    assert about(body, Field.MENTION) == "Once an incident, at major outage."
    assert parse_submission(untouched(body), HELD, whom) == SubmittedForm(
        HELD.vendor.slug, (PARTS[1].key,), "major", True, "region:eu-1", f"<@&{ROLE}>@critical"
    )


def test_who_is_chosen_anew_takes_over_the_level() -> None:
    whom = MentionTargets(roles=(ROLE,))
    body = shown(HELD, whom)
    both = changed(body, Field.MENTION, str(USER), "5", roles=("5",))
    assert parse_submission(both, HELD, whom).mention == f"<@{USER}> <@&5>@critical"
    assert parse_submission(changed(body, Field.MENTION), HELD, whom).mention == ""
    fresh = changed(shown(BLANK), Field.MENTION, "5", roles=("5",))
    assert parse_submission(fresh, BLANK, MentionTargets()).mention == "<@&5>"


def test_a_mention_that_names_nobody_is_text() -> None:
    form = replace(HELD, mention="@oncall@major")
    body = shown(form, None)
    assert fields(body)["mention"]["value"] == "@oncall@major"
    assert parse_submission(untouched(body), form, None).mention == "@oncall@major"
    assert parse_submission(changed(body, Field.MENTION, ""), form, None).mention == ""


def test_of_many_parts_the_chosen_ones_are_listed() -> None:
    form = replace(BLANK, parts=PARTS, chosen=PARTS[50:52])
    body = shown(form)
    listed = [option["label"] for option in fields(body)["parts"]["options"]]
    assert listed == [*(f"Part {n}" for n in range(23)), "Part 50", "Part 51"]
    assert about(body, Field.PARTS) == "Leave empty for all. 35 more can be typed below."
    assert parse_submission(untouched(body), form, MentionTargets()).parts == (PARTS[50].key, PARTS[51].key)


def test_chosen_parts_without_a_place_in_the_list_stand_as_text() -> None:
    form = replace(BLANK, parts=PARTS, chosen=PARTS[:27], other="region:eu-1")
    body = shown(form)
    assert fields(body)["other"]["value"] == 'region:eu-1 component:"Part 25" component:"Part 26"'
    sent = parse_submission(untouched(body), form, MentionTargets())
    assert len(sent.parts) == 25
    assert sent.other == 'region:eu-1 component:"Part 25" component:"Part 26"'


def test_what_cannot_be_shown_stays() -> None:
    long = tuple(PartOption(f"{n:016x}", f"{n} " + "x" * 3_000) for n in range(30))
    form = replace(BLANK, parts=long, chosen=long, other='match:"a\nb"')
    body = shown(form)
    assert "value" not in fields(body)["other"]
    assert "It stays" in about(body, Field.OTHER)
    assert about(body, Field.PARTS) == "Leave empty for all. 5 more can be typed below. 5 more are chosen, and stay."
    sent = parse_submission(untouched(body), form, MentionTargets())
    assert set(sent.parts) == {part.key for part in long}
    assert sent.other == 'match:"a\nb"'
    assert parse_submission(changed(body, Field.OTHER, "region:x"), form, MentionTargets()).other == "region:x"


@pytest.mark.parametrize(("read_", "why"), [(True, "lists no parts"), (False, "is being read")])
def test_a_page_without_parts_says_so(read_: bool, why: str) -> None:
    body = shown(replace(BLANK, parts=(), read=read_))
    assert why in body["components"][0]["content"]
    assert "parts" not in fields(body)


def test_it_is_shown_again_as_it_was_filled_in() -> None:
    typed = SubmittedForm(BLANK.vendor.slug, (PARTS[2].key, "gone"), "critical", True, "component:nope", "@x@y")
    again = prefilled(BLANK, typed)
    body = shown(again, None)
    assert parse_submission(untouched(body), again, None) == replace(typed, parts=(PARTS[2].key,))


def test_problems_are_told_by_their_places() -> None:
    message = problems_message({Field.OTHER: "Only filters.", Field.MENTION: "Not so."})
    assert read([message]).splitlines()[-2:] == ["- Other filters — Only filters.", "- Mention — Not so."]
    assert not complaints("POST", "/channels/{channel_id}/messages", as_pages(message)[0])


@needs_spec
def test_the_checks_see_what_they_are_for() -> None:
    body = modal(BLANK, "form:subscribe github", MentionTargets())
    assert complaints("POST", CALLBACK, {"type": 9, "data": {**body, "title": "x" * 46}})
    assert complaints(
        "POST", CALLBACK, {"type": 9, "data": {**body, "components": [*body["components"], body["components"][-1]]}}
    )
    broken = modal(BLANK, "form:subscribe github", MentionTargets())
    broken["components"][0]["component"]["options"][0]["label"] = "x" * 101
    assert complaints("POST", CALLBACK, {"type": 9, "data": broken})


names = st.one_of(texts, st.sampled_from(["x" * 3_000, "API", "Europe / API", 'the "big" ones\\', " spaced ", ""]))


@st.composite
def forms(draw: st.DrawFn) -> SubscribeForm:
    few = draw(st.lists(names, max_size=40))
    many = [f"Part {n}" for n in range(draw(st.sampled_from([0, 0, 0, 30, 30, 5_000])))]
    parts = tuple(PartOption(f"{n:016x}", name) for n, name in enumerate(dict.fromkeys([*few, *many])))
    chosen = draw(st.sampled_from([(), parts, parts[::2], parts[:1], parts[-30:]]))
    return SubscribeForm(
        vendor=replace(vendor("github", "GitHub"), name=draw(names)),
        subscribed=draw(st.booleans()),
        read=draw(st.booleans()),
        parts=parts,
        chosen=chosen,
        severity=draw(st.sampled_from([None, *SEVERITIES])),
        maintenance=draw(st.booleans()),
        other=draw(st.sampled_from(["", "region:eu-1", 'match:"' + "x" * 3_990 + '"', 'match:"' + "y" * 9_000 + '"'])),
        mention=draw(st.one_of(st.just(""), st.just("@oncall@major"), texts)),
        mode=Mode.THREAD,
    )


def components_of(sent: SubmittedForm, form: SubscribeForm) -> set[str]:
    """What the filter names once it is sent off."""
    names_ = {part.key: part.name for part in form.parts}
    typed = parse(sent.other, CATALOG, ("component", "region", "match")).filter
    return {*(names_[key] for key in sent.parts), *typed.components}


@settings(max_examples=25, deadline=None)
@given(forms(), st.booleans())
def test_any_form_is_a_modal_that_loses_nothing(form: SubscribeForm, typed_mention: bool) -> None:
    whom = None if typed_mention else MentionTargets(roles=(ROLE,), users=(USER,))
    sent = parse_submission(untouched(shown(form, whom)), form, whom)
    assert components_of(sent, form) == {part.name for part in form.chosen}
    assert (sent.severity, sent.maintenance) == (form.severity, form.maintenance)
    assert sent.other.startswith(form.other)
    assert sent.mention == form.mention
    again = parse_submission(untouched(shown(prefilled(form, sent), whom)), prefilled(form, sent), whom)
    assert components_of(again, form) == {part.name for part in form.chosen}
