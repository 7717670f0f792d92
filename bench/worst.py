"""CPU seconds that the worst inputs take: pages made to be dear, and lines that somebody types while others wait."""

from __future__ import annotations

import json
import random
import string
import time
from collections.abc import Callable
from contextlib import suppress

from bench.machine import pin
from bench.result import Result, Say, at_most
from bench.world import START
from bot.catalog import load
from bot.commands.grammar import parse
from bot.domain import Slug
from bot.monitor.parsing.flattened import read_nuxt
from bot.monitor.parsing.flight import Flight
from bot.monitor.parsing.text import plain
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.long_pages import long_pages

MARKUP = ("&amp;", "<", "<p", "<a ", "<!--", "<!-- -->", "<script>", "&", "&lt;", "&#1", "<br", "-", "<p>\n", " \n")
PUSHES = (b"self.__next_f.push([", b'self.__next_f.push(["', b"self.__next_f.push([1]")
COMPONENT = b'<span class="status-list-component-status-text component-available"> <b class="component-name'
TYPED = 50


def measure(quick: bool, say: Say) -> list[Result]:
    pin(0)
    results = []
    for name, (content, kind) in long_pages(100 if quick else 1_200).items():
        say(f"a long {name}")
        took = _cpu_s(lambda: BY_KIND[kind].parse(Slug("v"), (Body("", content),), START))  # noqa: B023
        results.append(at_most(f"Worst: {name} of {len(content) / 1e6:.1f} MB", took, 20, " s"))
    say("pages that cannot be read")
    # Each list holds the next one twenty times.
    grows = json.dumps([{"a": 1}, *([n + 1] * 20 for n in range(1, 12)), "x"]).encode()
    results.append(at_most("Worst: a payload that grows without end", _cpu_s(lambda: _nuxt(grows)), 5, " s"))
    hostile = b"<!DOCTYPE html>" + COMPONENT * 20_000
    took = _cpu_s(lambda: BY_KIND["statuscast"].recognises(Body("", hostile)))
    results.append(at_most("Worst: a page of open tags", took, 5, " s"))
    took = max(_cpu_s(lambda: _flight(piece * 200_000)) for piece in PUSHES)  # noqa: B023
    results.append(at_most("Worst: a page of broken pushes", took, 5, " s"))
    say("markup")
    took = max(_cpu_s(lambda: plain(piece * (1_000_000 // len(piece)))) for piece in MARKUP)  # noqa: B023
    results.append(at_most("Worst: a megabyte of broken markup", took, 5, " s"))
    return [*results, *_typed(say)]


def _typed(say: Say) -> list[Result]:
    say("what is typed")
    loading, catalog, chance = _cpu_s(load), load(), random.Random(1)
    letters = string.ascii_lowercase
    made = [
        ("".join(chance.choices(letters, k=chance.randint(0, 6))), chance.choices(letters, k=8)) for _ in range(TYPED)
    ]
    typing = _cpu_s(lambda: [(catalog.complete(prefix), catalog.find("".join(name))) for prefix, name in made])
    line = " ".join(vendor.name for vendor in list(catalog)[:300]) + " qqqzzz" * 500
    reading = _cpu_s(lambda: parse(line, catalog))
    return [
        at_most("Loading the catalog", loading, 1, " s"),
        at_most("Completing a prefix and finding what is no name", typing / TYPED, 0.1, " s"),
        at_most("Reading a line of 300 vendors and 500 words that name none", reading, 2, " s"),
    ]


def _nuxt(content: bytes) -> None:
    with suppress(ParseFailed):
        read_nuxt(Body("", content)).root()


def _flight(content: bytes) -> None:
    with suppress(ParseFailed):
        list(Flight(Body("", b"<html>" + content + b"</html>")).find("it"))


def _cpu_s(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began
