"""Catalog files: what a row may hold, how an operator's file is laid over the shipped one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.catalog import CatalogError, Facts, Found, Product, load
from bot.catalog.catalog import shipped
from bot.catalog.rows import read_rows, text_of

WHOLE = '{"slug":"our-billing","name":"Our Billing","page_url":"https://status.corp.example","category":"other"}'


def written(folder: Path, *lines: str) -> str:
    path = folder / "mine.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_an_operators_file_adds_and_changes(tmp_path: Path) -> None:
    catalog = load(written(tmp_path, "# ours", "", WHOLE, '{"slug":"github","kind":null,"enabled":false}'))
    ours, github = catalog.get("our-billing"), catalog.get("github")
    assert ours
    assert github
    assert catalog.find("our billing") == Found(ours)
    assert (ours.human_url, ours.subcategory, ours.kind) == ("https://status.corp.example", "other", None)
    assert (github.name, github.kind, github.enabled) == ("GitHub", None, False)
    assert len(catalog) == len(load()) + 1


def test_an_operators_file_says_what_a_vendor_does(tmp_path: Path) -> None:
    row = WHOLE[:-1] + ',"specialty":"billing","about":"invoices of ours","products":{"Dunning":"Reminders"}}'
    catalog = load(written(tmp_path, row))
    ours = catalog.get("our-billing")
    assert ours
    assert catalog.exact("dunning") == ours
    assert catalog.facts(ours.slug) == Facts("invoices of ours", "billing", (Product("Dunning", "Reminders"),))


def test_the_shipped_file_is_written_as_it_is_read() -> None:
    rows = shipped()
    assert read_rows(text_of(rows.values()), "it") == rows


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2: this is no JSON object on one line"),
        ("[" * 100_000, "this is no JSON object on one line"),
        ("[]", "this is no JSON object"),
        ('{"name":"X"}', "give it a slug"),
        ('{"slug":"X Y"}', "give it a slug"),
        ('{"slug":"x","colour":"red"}', "there is no field colour; there are slug"),
        ('{"slug":"x","enabled":"no"}', "enabled has to be true or false"),
        ('{"slug":"x","standing":true}', "standing has to be a number"),
        ('{"slug":"x","aliases":[1]}', "aliases have to be texts"),
        ('{"slug":"x","products":["S3"]}', "products has to be an object"),
        ('{"slug":"x","products":{"S3":1}}', "each of the products has to have what the page calls it, or null"),
        ('{"slug":"x","page_url":"status.example.com"}', "page_url has to be an address"),
        ('{"slug":"x","page_url":"https://me:secret@example.com"}', "page_url has to be an address"),
        ('{"slug":"x","category":"own"}', "take another"),
        ('{"slug":"x","name":"X"}', "x is not in the catalog yet, so give it page_url and category"),
        (WHOLE, "our-billing stands there twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(CatalogError) as caught:
        load(written(tmp_path, WHOLE, line))
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "secret" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="cannot be read: no such file"):
        load(str(tmp_path / "none.jsonl"))
    (tmp_path / "mine.jsonl").write_bytes(b"\xff")
    with pytest.raises(CatalogError, match="no text in UTF-8"):
        load(str(tmp_path / "mine.jsonl"))
