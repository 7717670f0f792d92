"""What Next.js pages carry: rows cut anywhere, references, and what stands for too much or for nothing."""

from __future__ import annotations

import contextlib
import json

import pytest

from bot.monitor.parsing.flight import Flight
from bot.monitor.provider import Body, ParseFailed


def flight(*pushed: object) -> Flight:
    scripts = "".join(f"<script>self.__next_f.push({json.dumps(each)})</script>" for each in pushed)
    return Flight(Body("", f"<!DOCTYPE html><html><body>{scripts}</body></html>\n".encode()))


def only(stream: str, key: str = "it") -> object:
    found = flight([1, stream])
    return found.resolve(next(row[key] for row in found.find(key)))


@pytest.mark.parametrize("cut", [1, 3, 7, 20, 41])
def test_rows_are_cut_anywhere(cut: int) -> None:
    stream = '1:"$Sreact.fragment"\n2:I[1,[],""]\n5:[{"it":["$","p",{"a":"é\\n1:2"}]}]\n'
    found = flight([0], *([1, stream[at : at + cut]] for at in range(0, len(stream), cut)), [2, None], "x")
    assert [row["it"] for row in found.find("it")] == [["$", "p", {"a": "é\n1:2"}]]


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("plain", "plain"),
        ("$$5", "$5"),
        ("$D2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("$undefined", None),
        ("$L9", None),
        ("$9", {"a": "$5 in all"}),
        ("$9:a", "$5 in all"),
        ("$a:0:props:b:1", "deep"),
        ("$a:0:3:b:1", "deep"),
    ],
)
def test_references(value: str, meant: object) -> None:
    rows = ["9:" + json.dumps({"a": "$$5 in all"}), "a:" + json.dumps([["$", "p", None, {"b": [0, "deep"]}]])]
    assert only("\n".join([*rows, "1:" + json.dumps({"it": value}), ""])) == meant


def test_what_is_undefined_is_left_out_of_objects() -> None:
    assert only('1:{"it":{"a":"$undefined","b":["$undefined"]}}\n') == {"b": [None]}


def test_a_long_text_has_its_length_in_bytes_and_may_hold_anything() -> None:
    text = 'Zürich: "$1"\n1:{"it":"not this"}\n'
    assert only(f'2:T{len(text.encode()):x},{text}1:{{"it":"$2"}}\n') == text


@pytest.mark.parametrize(
    "stream",
    [
        '1:{"it":"$2"}\n',
        '1:{"it":"$2:a"}\n2:{"b":1}\n',
        '1:{"it":"$1"}\n',
        '1:{"it":["$2","$2"]}\n2:["$1","$1"]\n',
        "\n".join([f'{n:x}:["${n + 1:x}","${n + 1:x}"]' for n in range(1, 40)] + ["28:0", '0:{"it":"$1"}\n']),
    ],
    ids=["no such row", "no such part", "itself", "each other", "a bomb"],
)
def test_what_is_not_there_or_too_much_fails(stream: str) -> None:
    with pytest.raises(ParseFailed):
        only(stream)


def test_a_page_that_is_cut_off_fails() -> None:
    with pytest.raises(ParseFailed):
        Flight(Body("", b"<!DOCTYPE html><html><script>self.__next_f.push([1,"))


@pytest.mark.parametrize("piece", [b"self.__next_f.push([", b'self.__next_f.push(["', b"self.__next_f.push([1]"])
def test_a_page_of_broken_pushes_is_read_in_bounded_time(piece: bytes) -> None:
    with contextlib.suppress(ParseFailed):
        list(Flight(Body("", b"<html>" + piece * 200_000 + b"</html>")).find("it"))
