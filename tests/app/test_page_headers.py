"""The operator's file of headers: what it may hold, and that no word about it quotes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app.page_headers import HeadersError, load

SECRET = "hunter2"


def test_headers_and_basic_authentication_are_read_from_either_format(tmp_path: Path) -> None:
    toml = '["Status.Corp.example"]\nX-Token = "hunter2"\n["kuma.corp:8443"]\nbasic = "ana:hunter2"\n'
    json = '{"status.corp.example:443": {"X-Token": "hunter2"}, "kuma.corp:8443": {"Basic": "ana:hunter2"}}'
    for name, text in (("headers.toml", toml), ("headers.json", json)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        private = load(str(tmp_path / name))
        assert private.headers("https", "STATUS.corp.example", 443) == {"X-Token": SECRET}
        assert private.headers("https", "kuma.corp", 8443) == {"Authorization": "Basic YW5hOmh1bnRlcjI="}
        assert private.headers("https", "kuma.corp", 443) == {}
        assert private.headers("http", "status.corp.example", 443) == {}
        assert private.headers("https", "corp.example", 443) == {}
        assert private.headers("https", "x.status.corp.example", 443) == {}
        assert SECRET not in repr(private)


def test_no_file_is_no_headers() -> None:
    assert load("").by_host == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('["https://corp.example"]\nX = "hunter2"', "without scheme or path"),
        ('["corp.example"]\nX = "hun\\nter2"', "one line of plain text"),
        ('["corp.example"]\nX = ["hunter2"]', "one line of plain text"),
        ('["corp.example"]\nX = "hunter2\\u00e4"', "one line of plain text"),
        ('["corp.example"]\nHost = "hunter2"', "no header that can be set"),
        ('["corp.example"]\n"X Y" = "hunter2"', "no header that can be set"),
        ('["corp.example"]\nbasic = "hunter2"', "user:password"),
        ('["corp.example"]', "has to have headers"),
        ('corp = "hunter2"', "has to have headers"),
        ('["corp.example"]\nX = hunter2', "no TOML: look at line 2"),
        ('["corp.example"]\nX = "hunter2', "no TOML: look at"),
    ],
)
def test_what_is_wrong_is_said_without_the_secret(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "headers.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HeadersError) as caught:
        load(str(path))
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(("text", "words"), [('{"a": {"X": "hunter2', "line 1"), ("[1]", "headers by host")])
def test_json_is_checked_too(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "headers.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HeadersError, match=words):
        load(str(path))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HeadersError, match="cannot be read: no such file"):
        load(str(tmp_path / "none.toml"))
