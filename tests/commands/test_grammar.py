"""What people type, and what it is taken for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog import Catalog, load
from bot.commands.grammar import KEYS, ParsedSubscription, UnmatchedWords, UsageError, parse, unparse
from bot.domain import Filter, Level

CATALOG = load()


def read(text: str) -> ParsedSubscription:
    return parse(text, CATALOG)


def slugs(text: str) -> list[str]:
    return [vendor.slug for vendor in read(text).vendors]


def left(text: str) -> list[tuple[str, str | None, bool]]:
    return [(word.text, word.after, word.repeated) for word in read(text).unmatched]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("github", ["github"]),
        ("github slack stripe", ["github", "slack", "stripe"]),
        ("github,slack, stripe; aws", ["github", "slack", "stripe", "aws"]),
        ("github and slack & aws", ["github", "slack", "aws"]),
        ("google cloud", ["google-cloud"]),
        ("new relic github", ["new-relic", "github"]),
        ("slack google cloud new relic aws", ["slack", "google-cloud", "new-relic", "aws"]),
        ("amazon web services", ["aws"]),
        ("1 password dead man's snitch", ["1password", "dead-mans-snitch"]),
        ("github GitHub GITHUB", ["github"]),
        ("is github down?", ["github"]),
        ("Is there a Dyspatch outage?", ["dyspatch"]),
        ("cs:go stats", ["cs-go-stats"]),
        ("https://status.dyspatch.io/incidents/1 x.com", ["dyspatch", "x-twitter"]),
        ("aws severity:major+ github", ["aws", "github"]),
    ],
)
def test_vendors_are_found_among_the_words(text: str, expected: list[str]) -> None:
    assert slugs(text) == expected
    assert left(text) == []


@pytest.mark.parametrize(
    "text",
    [
        '"new relic" github',
        "“new relic” github",
        "‘new relic’ github",  # noqa: RUF001
        "«new relic» github",
    ],
)
def test_quotes_of_any_kind_hold_a_name_together(text: str) -> None:
    assert slugs(text) == ["new-relic", "github"]


def test_a_comma_parts_what_would_be_one_name() -> None:
    assert slugs("new relic") == ["new-relic"]
    assert slugs("new, relic") == []
    assert slugs('"new" relic') == slugs('new "relic"') == []


def test_links_of_slack_are_taken_apart() -> None:
    assert slugs("<https://status.dyspatch.io|status.dyspatch.io> <https://www.githubstatus.com>") == [
        "dyspatch",
        "github",
    ]
    assert left("<#C1|general chat> <@U1> <mailto:a@b.test|me>") == [("#general chat", None, False)]


@pytest.mark.parametrize(
    ("typed", "mention"),
    [
        ("github @oncall", "@oncall"),
        ("github, ping @oncall", "@oncall"),
        ("github and please also notify <@U1>", "<@U1>"),
        ("github cc <!subteam^S1|@ops>@major, slack", "<!subteam^S1|@ops>@major"),
        ("github mention:@oncall @boss", "@oncall @boss"),
    ],
)
def test_a_bare_mention_is_whom_to_mention(typed: str, mention: str) -> None:
    parsed = read(typed)
    assert parsed.mention == mention
    assert not parsed.unmatched


def test_what_stands_before_of_is_a_part_of_the_vendor_behind_it() -> None:
    assert left("slack, us-east-1 of aws") == [("us-east-1", "aws", False)]
    assert left("the api of stripe") == [("api", "stripe", False)]
    assert left("us-east-1 aws") == [("us-east-1", None, False)]


def test_words_after_a_vendor_may_be_its_component_or_region() -> None:
    assert left("aws us-east-1") == [("us-east-1", "aws", False)]
    assert left("github aws us-east-1 slack") == [("us-east-1", "aws", False)]
    assert left('cloudflare "Argo Tunnel"') == [("Argo Tunnel", "cloudflare", False)]


@pytest.mark.parametrize(
    ("text", "slug", "part"),
    [
        ("aws ec2", "aws", "ec2"),
        ("aws lambda", "aws", "lambda"),
        ("aws route 53", "aws", "route 53"),
        ("github actions", "github", "actions"),
        ("github copilot", "github", "copilot"),
    ],
)
def test_a_product_after_its_maker_may_be_a_component(text: str, slug: str, part: str) -> None:
    assert slugs(text) == [slug]
    assert left(text) == [(part, slug, True)]


def test_a_misspelt_vendor_comes_with_near_misses() -> None:
    typed = read("githb")
    assert typed.vendors == ()
    assert [(w.text, w.after, [v.slug for v in w.near]) for w in typed.unmatched] == [("githb", None, ["github"])]
    assert [(w.text, w.after) for w in read("slack githb").unmatched] == [("githb", "slack")]


def test_near_misses_are_looked_for_a_limited_number_of_times() -> None:
    near = [word.near for word in read(", ".join(["githb"] * 60)).unmatched]
    assert len(near) == 60
    assert near[0]
    assert not near[-1]


def test_chat_names_are_no_misspelt_vendors() -> None:
    assert [word.near for word in read("<#C1|githb> @slak").unmatched] == [()]


def test_an_english_word_in_a_sentence_is_no_misspelt_vendor() -> None:
    near = [word.near for word in parse("is the thread of changes rolling", CATALOG, (), question=True).unmatched]
    assert not any(near)
    assert [v.slug for v in parse("is githb bad", CATALOG, (), question=True).unmatched[0].near] == ["github"]


def test_another_name_of_a_vendor_may_be_passed_over() -> None:
    assert slugs("aws, amazon") == ["aws"]
    assert left("aws, amazon") == [("amazon", "aws", True)]


def test_misspelt_names_stay_together_where_that_makes_one() -> None:
    assert [w.text for w in read("amazn web services").unmatched] == ["amazn web services"]
    assert [w.text for w in read("githb slak").unmatched] == ["githb", "slak"]


def test_a_whole_filter() -> None:
    typed = read(
        'aws component:"API" component:!"Docs" group:Europe region:us-east-1 severity:major+ '
        "maintenance:on match:“log in” mention:@oncall@major --days 30"
    )
    assert slugs("aws") == [vendor.slug for vendor in typed.vendors]
    assert typed.unmatched == ()
    assert typed.filter == Filter(
        components=("API", "Europe"),
        excluded=("Docs",),
        regions=("us-east-1",),
        min_level=Level.PARTIAL_OUTAGE,
        maintenance="on",
        match="log in",
    )
    assert (typed.mention, typed.days) == ("@oncall@major", 30)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("severity:minor", Level.DEGRADED),
        ("severity=major+", Level.PARTIAL_OUTAGE),
        ("severity: critical", Level.MAJOR_OUTAGE),
        ("level:>=major", Level.PARTIAL_OUTAGE),
        ("LEVEL:Major_Outage+", Level.MAJOR_OUTAGE),
        ('severity:"partial outage"', Level.PARTIAL_OUTAGE),
        ("severity:degraded-performance", Level.DEGRADED),
        ("level:operational", Level.OPERATIONAL),
    ],
)
def test_severities_by_any_of_their_words(text: str, level: Level) -> None:
    assert read(text).filter == Filter(min_level=level)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("region:us-east-1,eu-west-1 github", Filter(regions=("us-east-1", "eu-west-1"))),
        ("components:API,!Docs, github", Filter(components=("API",), excluded=("Docs",))),
        ("component:API,region:eu github", Filter(components=("API",), regions=("eu",))),
        ('component:"a, b",c github', Filter(components=("a, b", "c"))),
        ("maintenance=no github", Filter(maintenance="off")),
        ("github maintenance:digest", Filter(maintenance="digest")),
        ('match:"" "github', None),
    ],
)
def test_lists_and_switches(text: str, expected: Filter | None) -> None:
    if expected is None:
        with pytest.raises(UsageError):
            read(text)
    else:
        assert read(text).filter == expected
        assert slugs(text) == ["github"]


@pytest.mark.parametrize("text", ["--days 30", "--days=30", "days:30", "days=30d", "—days 30", 'days:"30 days"'])
def test_days(text: str) -> None:
    assert read(f"github {text}").days == 30
    assert slugs(f"{text} github") == ["github"]


@pytest.mark.parametrize(
    "typed", ["@oncall@mjor", "@oncall@maintenance", "<!subteam^S1|@on call>@worst", "@bob@acme.com"]
)
def test_a_mention_at_no_severity_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="major or critical"):
        read(f'aws mention:"{typed}"')


def test_a_mention_is_kept_as_typed() -> None:
    assert read("aws mention:<!subteam^S1|@on call>@major").mention == "<!subteam^S1|@on call>@major"
    assert read("aws mention:@here").mention == "@here"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("aws compnent:x", "“compnent:” is unknown, did you mean “component:”?"),
        ("aws --foo", "“foo:” is unknown. You can give component,"),
        ("aws sevrity=major", "did you mean “severity:”?"),
        ("severity:bad", "use minor, major or critical"),
        ("severity:minor severity:major", "Give “severity:” once."),
        ("maintenance:maybe", "Maintenance is on, off or digest"),
        ("component:", 'Say what “component:” is to be, for example component:"API".'),
        ('component:"API', "Close the quote after “component:”."),
        ("region:!eu", "“region:” takes no “!”"),
        ("match:!x", "“match:” takes no “!”"),
        ("days:0", "from 1 to 366"),
        ("--days many", "from 1 to 366"),
    ],
)
def test_what_cannot_be_meant_is_answered_with_what_to_type(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as unclear:
        read(text)
    assert sentence in str(unclear.value)
    assert "\n" not in str(unclear.value)


def test_a_command_takes_only_its_own_keys() -> None:
    assert parse("aws --days 7", CATALOG, {"days"}).days == 7
    with pytest.raises(UsageError, match=r"“component:” does not belong here\. You can give days\."):
        parse("aws component:API", CATALOG, {"days"})
    with pytest.raises(UsageError, match="Give names alone"):
        parse("aws compnent:API", CATALOG, ())


def test_a_filter_is_written_back_as_it_is_typed() -> None:
    wanted = Filter(("API", 'a"b'), ("!",), ("us-east-1", "Asia Pacific"), Level.DEGRADED, "off", "log in")
    assert unparse(wanted) == (
        'component:"API" component:"a\\"b" component:!"!" region:us-east-1 region:"Asia Pacific" '
        'severity:minor+ maintenance:off match:"log in"'
    )
    assert unparse(Filter()) == ""


def test_a_long_line_is_read_whole() -> None:
    typed = read(" ".join(vendor.name for vendor in list(CATALOG)[:300]) + " qqqzzz" * 500)
    assert len(typed.vendors) > 250


# --- laws ----------------------------------------------------------------------------------------------------------

NOBODY = Catalog(())
texts = st.text(min_size=1, max_size=12).filter(str.strip) | st.sampled_from(['"', "\\", "!x", "<a|b>", "“q”", "a,b:c"])
lists = st.lists(texts, max_size=3).map(tuple)
filters = st.builds(
    Filter,
    lists,
    lists,
    lists,
    st.none() | st.sampled_from(Level),
    st.sampled_from(["on", "off", None]),
    st.none() | texts,
)
pieces = st.sampled_from(
    [
        *(f"{key}:" for key in KEYS),
        "--days",
        "!",
        '"',
        "“",
        "”",
        "'",
        "<",
        ">",
        "|",
        ",",
        " ",
        "\\",
        "aws",
        "new relic",
        "x",
    ]
)


@given(filters)
@settings(max_examples=300, deadline=None)
def test_what_is_written_back_reads_as_the_same_filter(wanted: Filter) -> None:
    assert parse(unparse(wanted), NOBODY) == ParsedSubscription(filter=wanted)


@given(st.text(max_size=60) | st.lists(pieces, max_size=12).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_answered_with_a_sentence(text: str) -> None:
    try:
        typed = parse(text, CATALOG)
    except UsageError:
        return
    assert len({vendor.slug for vendor in typed.vendors}) == len(typed.vendors)
    known = {vendor.slug for vendor in typed.vendors}
    assert all(
        isinstance(word, UnmatchedWords) and (word.after is None or word.after in known) for word in typed.unmatched
    )
    assert parse(unparse(typed.filter), NOBODY).filter == typed.filter
