"""Every request here is held against Slack's own specification as well, where it is there."""

from __future__ import annotations

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker("shelf")
