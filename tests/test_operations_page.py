"""``docs/api.md`` lists the operations that there are."""

from __future__ import annotations

from bot.commands.table import OPERATIONS
from tests.operations_page import PAGE, written


def test_the_page_lists_every_operation_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page, OPERATIONS), "write it anew: python -m tests.operations_page"
