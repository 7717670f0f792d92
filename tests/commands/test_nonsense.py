"""What nobody means is answered all the same."""

from __future__ import annotations

from tests import fuzz_lines


def test_whatever_is_typed_is_answered() -> None:
    assert fuzz_lines.run(0, 150, seed=2).findings == []
