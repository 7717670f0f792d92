"""Messages as Discord shows them: within its limits, whatever a vendor writes, and never a ping."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.discord.api.refs import MessageRef
from bot.adapters.discord.render.components import Body
from bot.adapters.discord.render.custom_ids import command_of
from bot.adapters.discord.render.markdown import cut, escape, link_url, render_line, split, units
from bot.adapters.discord.render.marks import Mark, act_mark, find_mark
from bot.adapters.discord.render.message import (
    COLOURS,
    MentionTargets,
    as_embed,
    as_pages,
    as_text,
    forum_tags,
    thread_name,
)
from bot.cards import ReplyView, RootView, UpdateView
from bot.domain import IncidentKind, Level, Phase, Slug
from bot.message import (
    Button,
    ChannelMention,
    Code,
    Line,
    Link,
    Message,
    MessageKind,
    Moment,
    Paragraph,
    Person,
    Quote,
    Strong,
    Style,
    Tone,
)
from bot.wording import reply_message, root_message
from tests.adapters.discord.hostile import messages, texts
from tests.adapters.discord.spec import complaints, needs_spec

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
POST = "/channels/{channel_id}/messages"
PATCH = "/channels/{channel_id}/messages/{message_id}"
FORUM = "/channels/{channel_id}/threads"


@settings(max_examples=60, deadline=None)
@given(messages, st.booleans())
def test_no_message_breaks_a_rule_or_pings(message: Message, pings: bool) -> None:
    pinged = MentionTargets(roles=(123456789012345678,), users=(5,)) if pings else MentionTargets()
    bodies = [as_embed(message, "k", pinged), as_text(message, "k", pinged), *as_pages(message, "k", pinged)]
    for body in bodies:
        assert not complaints("POST", POST, {**body, "nonce": "n" * 25, "enforce_nonce": True})
        assert not complaints("PATCH", PATCH, body)
        assert body["allowed_mentions"]["parse"] == []
        ids = set(body["allowed_mentions"]["roles"] + body["allowed_mentions"]["users"])
        assert ids <= ({"123456789012345678", "5"} if pings else set())
    post = {"name": thread_name(message), "auto_archive_duration": 1440, "applied_tags": [], "message": bodies[0]}
    assert not complaints("POST", FORUM, post)
    assert units(thread_name(message)) <= 100


def test_a_long_text_below_a_long_subtitle_and_above_small_print_stays_within_one_embed() -> None:
    message = Message(
        "s",
        title="\N{GRINNING FACE}" * 300,
        subtitle=("x" * 2_000,),
        blocks=(Paragraph(("line " * 400,)), Quote("line\n" * 2_000)),
        footer=(Person("5", "By "), "y" * 400),
    )
    for body in (as_embed(message, "k"), *as_pages(message, "k")):
        assert not complaints("POST", POST, body)


@settings(max_examples=100, deadline=None)
@given(texts, st.integers(5, 300))
def test_what_is_cut_is_still_escaped(text: str, limit: int) -> None:
    shown = escape(text, limit)
    assert units(shown) <= limit
    assert all(units(piece) <= limit for piece in split(text, limit))
    for found in (shown, *split(text, limit)):
        bare_marks = re.sub(r"\\.|https?://\S+", "", found, flags=re.DOTALL)
        assert not set(bare_marks) & set("*_~`|<>[]@"), found
        assert not re.search(r"(?<!\\)(?:\\\\)*\\$", found), "a backslash that escapes what follows"


@settings(max_examples=50, deadline=None)
@given(texts)
def test_pieces_are_the_whole_text(text: str) -> None:
    assert "".join(split(text, 4_000)) == escape(text)


def test_a_page_that_is_known_keeps_its_checks_honest() -> None:
    """The checks see what they are for."""
    good = as_embed(Message("fine"))
    assert not complaints("POST", POST, good)
    embed = good["embeds"][0]
    assert complaints("POST", POST, {**good, "embeds": [{**embed, "title": "x" * 257, "description": "y" * 4_096}]})
    assert complaints("POST", POST, {**good, "embeds": [{**embed, "description": "x" * 4_000}] * 2})
    assert complaints("POST", POST, {"content": "", "allowed_mentions": good["allowed_mentions"]})
    assert complaints("POST", POST, {"content": "x" * 2_001, "allowed_mentions": good["allowed_mentions"]})
    assert complaints("POST", POST, {"content": "@everyone"})


@needs_spec
def test_the_description_is_read_strictly() -> None:
    assert complaints("POST", POST, {**as_embed(Message("fine")), "colour": 1})
    assert complaints("POST", POST, {**as_embed(Message("fine")), "nonce": "x" * 26})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a *b* _c_ ~~d~~ `e` ||f||", r"a \*b\* \_c\_ \~\~d\~\~ \`e\` \|\|f\|\|"),
        ("@everyone <@1> <#2>", r"\@everyone \<\@1\> \<#2\>"),
        ("# head\n- item\n1. one\nfive - 6 # 7", "\\# head\n\\- item\n1\\. one\nfive - 6 # 7"),
        ("see https://x.test/a_b*c.", "see https://x.test/a_b%2Ac."),
        ("join discord.gg/abc", r"join discord\.gg\/abc"),
        ("a\u202eb\u200bc\x00d", "abcd"),
        ("Z" + "\u0301" * 9, "Z" + "\u0301" * 3),
    ],
)
def test_escapes(text: str, shown: str) -> None:
    assert escape(text) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://status.acme.test/a?b=1#c", "https://status.acme.test/a?b=1#c"),
        ("https://status.acme.test/a b", "https://status.acme.test/a%20b"),
        ("javascript:alert(1)", None),
        ("https://user:pass@evil.test", None),
        ("https://", None),
        ("https://x.test/" + "a" * 600, None),
    ],
)
def test_addresses(url: str, shown: str | None) -> None:
    assert link_url(url) == shown


def test_cutting_counts_as_discord_may() -> None:
    assert units("a😀") == 3
    assert cut("😀😀😀", 5) == "😀😀…"


# --- what the bot says -----------------------------------------------------------------------------------------------


LOOKING = UpdateView(Phase.INVESTIGATING, AT, "We are looking into it.")


def root_view(**parts: object) -> RootView:
    return RootView(
        **{
            "vendor": "Dyspatch",
            "slug": "dyspatch",
            "id": "abc",
            "vendor_url": "https://status.dyspatch.io",
            "title": "API errors",
            "kind": IncidentKind.INCIDENT,
            "phase": Phase.INVESTIGATING,
            "level": Level.MAJOR_OUTAGE,
            "started": AT,
            "resolved": None,
            "planned_end": None,
            "url": "https://status.dyspatch.io/incidents/abc",
            "vanished": False,
            "components": ("API", "Webhooks"),
            "quote": LOOKING,
            "newest": LOOKING,
            "updates": 1,
            "kept": (LOOKING,),
            **parts,
        }  # type: ignore[arg-type]
    )


def reply_view(*said: UpdateView) -> ReplyView:
    url = "https://status.dyspatch.io/incidents/abc"
    return ReplyView(
        Slug("dyspatch"), "abc", "Dyspatch", "API errors", url, said[-1].phase, Level.OPERATIONAL, said, started=AT
    )


def embed_of(body: Body) -> Body:
    (embed,) = body["embeds"]
    found: Body = embed
    return found


def test_a_card_is_an_embed_below_the_sentence_that_a_phone_shows() -> None:
    body = as_embed(root_message(root_view()), "key", MentionTargets(roles=(7,)))
    assert body["content"] == "🔴 **Dyspatch** is down: API errors (API and Webhooks) <@&7>"
    embed, at = embed_of(body), int(AT.timestamp())
    assert embed == {
        "color": COLOURS[Tone.MAJOR],
        "author": {"name": "Dyspatch", "url": "https://status.dyspatch.io"},
        "title": "API errors",
        "url": "https://status.dyspatch.io/incidents/abc",
        "description": f"🔴 **Major outage** · investigating · since <t:{at}:t> (<t:{at}:R>)\n"
        "> We are looking into it.\n-# Affects API and Webhooks",
    }


def test_a_card_that_is_over_is_one_line_of_text() -> None:
    end = AT + timedelta(minutes=49)
    over = root_view(phase=Phase.RESOLVED, resolved=end, level=Level.OPERATIONAL, kept=(), updates=9)
    body = as_embed(root_message(over))
    assert body["embeds"] == []
    assert body["content"] == (
        "✅ **Dyspatch** is back after 49 min: [API errors](https://status.dyspatch.io/incidents/abc)\n-# 9 updates"
    )


def test_a_card_has_one_row_of_buttons_with_a_link_at_its_end() -> None:
    rows = as_embed(root_message(root_view(has_parts=True)), "key")["components"]
    assert [[button["label"] for button in row["components"]] for row in rows] == [
        ["Timeline", "Mute…", "I'm on it", "Filter", "Status page"],
    ]
    first, _, _, form, link = rows[0]["components"]
    assert first["custom_id"] == f"run@{act_mark('key')}:incident dyspatch/abc"
    assert command_of(first["custom_id"], "run") == "incident dyspatch/abc"
    assert form["custom_id"] == "form:subscribe dyspatch"
    assert (link["style"], link["url"]) == (5, "https://status.dyspatch.io")


def test_a_vanished_card_is_struck_through() -> None:
    embed = embed_of(as_embed(root_message(root_view(vanished=True))))
    assert embed["title"] == "~~API errors~~"
    assert "⚪ **Removed from the status page before it was resolved** · major outage" in embed["description"]
    assert "> ~~We are looking into it.~~" in embed["description"]


def test_a_card_cuts_a_long_text_and_links_to_the_rest() -> None:
    long = UpdateView(Phase.INVESTIGATING, AT, "\n".join(f"Paragraph {n} of many words." for n in range(400)))
    body = as_embed(root_message(root_view(quote=long, newest=long, kept=(long,))))
    assert "Paragraph 0 " in embed_of(body)["description"]
    assert embed_of(body)["description"].endswith("[… the rest](<https://status.dyspatch.io/incidents/abc>)")


def test_a_reply_is_text_whose_link_carries_its_mark() -> None:
    said = UpdateView(Phase.MONITORING, AT, "A fix is in place: https://status.dyspatch.io/x")
    (body,) = as_pages(reply_message(reply_view(said)), "key")
    assert body["embeds"] == []
    assert body["flags"] == 4, "its links unfold nothing"
    assert body["content"] == (
        f"🔵 **[Monitoring](<https://status.dyspatch.io/incidents/abc#lookout-{act_mark('key')}>)**"
        f" · <t:{int(AT.timestamp())}:t>\n> A fix is in place: https://status.dyspatch.io/x"
    )


def test_a_postmortem_is_told_in_full() -> None:
    words = [f"word{n}" for n in range(2_000)]
    said = UpdateView(Phase.POSTMORTEM, AT, "\n\n".join(" ".join(words[n : n + 100]) for n in range(0, 2_000, 100)))
    bodies = as_pages(reply_message(reply_view(said)), "key")
    assert len(bodies) > 5
    told = " ".join(body["content"] for body in bodies)
    assert [word for word in words if word not in told.split()] == []
    assert ["Postmortem" in body["content"] for body in bodies] == [True] + [False] * (len(bodies) - 1)
    assert [find_mark(body) for body in bodies] == [
        Mark(act_mark("key"), n + 1, len(bodies)) for n in range(len(bodies))
    ]


@pytest.mark.parametrize(
    "message",
    [
        root_message(root_view()),
        root_message(root_view(phase=Phase.RESOLVED, kept=())),
        root_message(root_view(url="https://x.test/#here")),
        reply_message(reply_view(LOOKING)),
        reply_message(replace(reply_view(LOOKING), url="https://x.test/#here")),
        reply_message(replace(reply_view(LOOKING), url="no address")),
        Message("s", title="A page moved", url="https://x.test/"),
        Message("s", title="A page moved", url="https://x.test/#here"),
        Message("s", title="A page moved"),
        Message("s", title="A board", buttons=(Button("Status", "status"),), kind=MessageKind.BOARD),
        Message("s", title="A board", kind=MessageKind.BOARD),
    ],
)
def test_every_message_has_a_place_for_its_mark(message: Message) -> None:
    wanted = Mark(act_mark("key"))
    for body in (as_embed(message, "key"), as_text(message, "key"), *as_pages(message, "key")):
        assert find_mark(body) == wanted
    assert find_mark(as_embed(message, "other")) != wanted
    shown = [embed.get("footer", {}).get("text", "") for embed in as_embed(message, "key")["embeds"]]
    assert not any(wanted.act in text for text in shown)


@pytest.mark.parametrize(
    ("sent", "mark"),
    [
        ({"embeds": [{"footer": {"text": "status.dyspatch.io · 1f0c22ab"}}]}, Mark("1f0c22ab")),
        ({"embeds": [{"footer": {"text": "2 of 3 · 1f0c22ab"}}]}, Mark("1f0c22ab", 2, 3)),
        ({"content": "**Monitoring**\n> All well.\n-# 1f0c22ab", "embeds": []}, Mark("1f0c22ab")),
        ({"content": "hello", "embeds": []}, None),
        ({"content": "x\n> see https://x.test/#lookout-1f0c22ab", "embeds": []}, None),
    ],
)
def test_marks_of_before_are_still_found_and_what_vendors_write_is_none(sent: Body, mark: Mark | None) -> None:
    assert find_mark(sent) == mark


def test_only_the_first_of_several_messages_pings_and_only_the_last_has_buttons() -> None:
    message = Message("s", title="t", blocks=(Quote("word " * 3_000),), buttons=(Button("Why", "why a/b"),))
    bodies = as_pages(message, "key", MentionTargets(roles=(7,)))
    assert bodies[0]["content"] == "<@&7>"
    assert [body["allowed_mentions"]["roles"] for body in bodies] == [["7"]] + [[]] * (len(bodies) - 1)
    assert [bool(body["components"]) for body in bodies] == [False] * (len(bodies) - 1) + [True]


def test_without_embeds_the_text_tells_it_all() -> None:
    content = as_text(root_message(root_view()), "key")["content"]
    at = int(AT.timestamp())
    assert content.splitlines() == [
        "🔴 **Dyspatch** is down: [API errors](https://status.dyspatch.io/incidents/abc) (API and Webhooks)",
        f"🔴 **Major outage** · investigating · since <t:{at}:t> (<t:{at}:R>)",
        "> We are looking into it.",
        "-# Affects API and Webhooks",
    ]


def test_spans() -> None:
    line: Line = (
        Strong("bold"),
        " ",
        Code("subscribe github"),
        " ",
        Link("a [page]", "https://x.test/(1)"),
        " ",
        Moment(AT, Style.AGO),
        " ",
        Person("123"),
        ChannelMention("456"),
        Person("&789"),
        Person("ann"),
    )
    embed = embed_of(as_embed(Message("s", blocks=(Paragraph(line),))))
    assert embed["description"] == (
        r"**bold** `/subscribe vendor:github` [a \[page\]](https://x.test/%281%29) "
        + f"<t:{int(AT.timestamp())}:R> <@123><#456><@&789>ann"
    )


def test_a_person_stands_apart_from_what_is_before() -> None:
    named = ("every incident", Person("5", " · by "), ", ", Moment(AT), Person("ann", " by "))
    assert render_line(named, 200) == f"every incident · by <@5>, <t:{int(AT.timestamp())}:t> by ann"


def test_a_token_that_has_no_room_is_left_out() -> None:
    for person in (Person("123456789012345678"), ChannelMention("123456789012345678"), Moment(AT)):
        fits = render_line(("x" * 1_000, person), 1_024)
        assert units(fits) > 1_000
        assert render_line(("x" * 1_020, person), 1_024) == "x" * 1_020


def test_people_are_named_below_the_text_since_a_footer_would_show_their_ids() -> None:
    embed = embed_of(as_embed(Message("Muted.", footer=("By ", Person("123"))), "key"))
    assert embed["description"].endswith("-# By <@123>")
    assert "footer" not in embed


@pytest.mark.parametrize("ref", ["1/2", "1/2,3,4", "1/2,3;4/5"])
def test_references_are_read_back(ref: str) -> None:
    assert str(MessageRef.parse(ref)) == ref


def test_tags_by_their_names() -> None:
    tags = [("Resolved", "1"), ("Major outage", "2"), ("Ongoing", "3"), ("Other", "4")]
    assert forum_tags(tags, Tone.MAJOR) == ["2", "3"]
    assert forum_tags(tags, Tone.ENDED) == ["1"]
    assert forum_tags(tags, Tone.PLAIN) == []
