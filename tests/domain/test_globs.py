"""Globs mean what they mean to a shell, in any case; and every name matches itself."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.globs import matches, matches_any, matches_folded

names = st.text("ab[]!-? ", max_size=8)
stars = st.text("ab*", max_size=8)
globs = st.text("ab*?[]!-", max_size=8)


@pytest.mark.parametrize(
    ("glob", "text"),
    [
        ("API", "api"),
        ("*", ""),
        ("a*", "a"),
        ("*b", "ab"),
        ("ab*b", "abb"),
        ("a*b*c", "a-b-c"),
        ("eu-?est", "EU-west"),
        ("[ae]pi", "API"),
        ("EU [Frankfurt]", "eu [frankfurt]"),
        ("EU [[]Frank*", "EU [Frankfurt]"),
        ("STRASSE*", "straße 1"),
    ],
)
def test_matches(glob: str, text: str) -> None:
    assert matches(glob, text)


@pytest.mark.parametrize(
    ("glob", "text"),
    [
        ("", "a"),
        ("a", "ab"),
        ("ab*b", "ab"),
        ("aba*aba", "abab"),
        ("a*b*b", "ab"),
        ("*ab*b", "ab"),
        ("a?", "a"),
        ("[ae]pi", "ipi"),
        ("[!a]", "a"),
        ("EU [Frankfurt]", "EU"),
    ],
)
def test_does_not_match(glob: str, text: str) -> None:
    assert not matches(glob, text)


def test_one_match_is_enough() -> None:
    assert matches_any("EU*", ["us-east", "eu-west"])
    assert not matches_any("EU*", ["us-east"])
    assert not matches_any("*", [])


@given(stars, st.text("ab", max_size=8))
@settings(max_examples=500, deadline=None)
def test_stars_mean_what_they_mean_to_a_shell(glob: str, text: str) -> None:
    assert matches_folded(glob, text) == fnmatchcase(text, glob)


@given(globs, st.text("ab]!-", max_size=6))
@settings(max_examples=500, deadline=None)
def test_any_glob_means_what_it_means_to_a_shell_or_is_the_text(glob: str, text: str) -> None:
    assert matches_folded(glob, text) == (glob == text or fnmatchcase(text, glob))


@given(st.text(max_size=8))
def test_every_text_matches_itself_and_a_star(text: str) -> None:
    assert matches(text, text)
    assert matches("*", text)


@given(names, names, names)
def test_a_star_stands_for_any_text_between_two(head: str, between: str, tail: str) -> None:
    glob = "*".join(part.replace("[", "[[]").replace("?", "[?]") for part in (head, tail))
    assert matches(glob, head + between + tail)


@given(st.text("ab", min_size=1, max_size=6), st.text("ab", min_size=1, max_size=6))
def test_a_star_takes_no_character_twice(head: str, tail: str) -> None:
    for length in range(max(len(head), len(tail)), len(head) + len(tail)):
        assert not matches(f"{head}*{tail}", (head + tail)[:length])


@given(globs, st.text("abAB", max_size=6))
def test_case_is_no_matter(glob: str, text: str) -> None:
    assert matches(glob.upper(), text) == matches(glob, text.upper())
