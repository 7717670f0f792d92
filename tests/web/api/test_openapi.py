"""The API is what its description says: whatever is asked, and whoever asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.commands.table import OPERATIONS
from bot.web.api.addresses import ROOT
from bot.web.api.openapi import openapi
from tests.commands.talk import Talk
from tests.web.api.asked import Asked

DOCUMENT = openapi(OPERATIONS, public=True)
METHODS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]
KNOWN = ("github", "gitlab", "ops", "github/now1", "on", "1h", "status", "minor", "7", "all", "secret-room", "MjoxMA")
TEXTS = st.sampled_from(KNOWN) | st.text(max_size=20) | st.text(min_size=490, max_size=510)
GARBAGE = st.none() | st.booleans() | st.integers() | TEXTS | st.lists(TEXTS | st.integers(), max_size=3)


def values(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """What the schema lets through, or anything at all."""
    if schema["type"] == "array":
        return st.lists(values(schema["items"]), max_size=3) | GARBAGE
    if schema["type"] == "integer":
        return st.integers(schema["minimum"], schema["maximum"]) | GARBAGE
    return (st.sampled_from(schema["enum"]) if "enum" in schema else TEXTS) | GARBAGE


def chosen(parameters: Mapping[str, Mapping[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: values(schema) for name, schema in parameters.items()})


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, str, dict[str, Any]]:
    """Path in the document, method, path as it is asked, and what else is sent."""
    path, method = draw(st.sampled_from(METHODS))
    operation = DOCUMENT["paths"][path][method]
    by_place: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for parameter in operation["parameters"]:
        by_place[parameter["in"]][parameter["name"]] = parameter["schema"]
    asked = path
    for name in by_place["path"]:
        text = draw(TEXTS.filter(lambda text: text.strip("./ ") and "\x00" not in text))
        asked = asked.replace(f"{{{name}}}", "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "replace")))
    more: dict[str, Any] = {}
    if "requestBody" in operation:
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        document = draw(chosen(body["properties"]) | GARBAGE)
        more = {"content": json.dumps(document), "headers": {"content-type": "application/json"}}
    elif by_place["query"]:
        # Waiting is tried by itself.
        params = draw(chosen({name: schema for name, schema in by_place["query"].items() if name != "wait"}))
        more = {"params": params}
    return path, method, asked, more


@pytest.fixture
def asked(talk: Talk) -> Asked:
    return Asked(talk, per_minute=1_000_000)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], print_blob=False)
@given(request=requests(), key=st.sampled_from(["", "read", "write"]))
def test_every_answer_is_one_that_is_described(
    asked: Asked, request: tuple[str, str, str, dict[str, Any]], key: str
) -> None:
    path, method, place, more = request
    answer = asked.send(method.upper(), place, key, **more)
    described = DOCUMENT["paths"][path][method]["responses"]
    assert answer.status_code != 500, answer.text
    assert str(answer.status_code) in described, answer.text
    content = described[str(answer.status_code)]["content"][answer.headers["content-type"]]
    schema = {**content["schema"], "components": DOCUMENT["components"]}
    jsonschema.validate(answer.json(), schema)


def test_every_schema_that_is_named_is_there() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for named in json.dumps(DOCUMENT).split('"#/components/schemas/')[1:]:
        assert named.partition('"')[0] in schemas
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_operation_has_an_id_of_its_own() -> None:
    ids = [DOCUMENT["paths"][path][method]["operationId"] for path, method in METHODS]
    assert len(ids) == len(set(ids))
    assert all(path.startswith(ROOT) for path, _ in METHODS)
