"""Columns get the names that the program has for them; what is in them stays as it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

COPY_FIRST = True
"""A version before this one cannot read the tables any more."""

RENAMED = {
    "page": {
        "lookups": "failed_lookups",
        "dark": "stale",
        "stamp": "page_updated_at",
        "left_behind": "unmatched_open",
        "words": "status_text",
    },
    "own_page": {"by": "created_by", "at": "created_at"},
    "component": {"quiet": "hidden_when_ok", "said": "raw_status"},
    "span": {"began": "started"},
    "incident": {"until": "planned_end", "phase_said": "raw_phase", "impact_said": "raw_impact"},
    "channel": {"told": "subscriber_notified"},
    "subscription": {
        "by": "created_by",
        "at": "created_at",
        "lost": "unmatched",
        "notice_tries": "notice_attempts",
    },
    "card": {"why": "reason", "made_at": "created_at", "shown": "posts", "fold": "catch_up"},
    "board": {
        "by": "created_by",
        "at": "created_at",
        "begun": "maybe_sent",
        "shows": "fingerprint",
        "to_pin": "pin_pending",
        "leaving": "retired_refs",
        "gone_at": "deleted_at",
        "trouble": "error",
    },
}


def upgrade() -> None:
    op.drop_index("ix_page_dark", "page")
    op.drop_index("uq_span_standing", "span")
    for table, names in RENAMED.items():
        for old, new in names.items():
            op.alter_column(table, old, new_column_name=new)
    _index_page("stale")
    _index_span("uq_span_open")


def downgrade() -> None:
    op.drop_index("ix_page_stale", "page")
    op.drop_index("uq_span_open", "span")
    for table, names in RENAMED.items():
        for old, new in names.items():
            op.alter_column(table, new, new_column_name=old)
    _index_page("dark")
    _index_span("uq_span_standing")


def _index_page(column: str) -> None:
    op.create_index(
        f"ix_page_{column}",
        "page",
        ["slug"],
        sqlite_where=sa.text(f"{column} = 1"),
        postgresql_where=sa.text(column),
    )


def _index_span(name: str) -> None:
    ended = sa.text("ended IS NULL")
    op.create_index(name, "span", ["slug", "component"], unique=True, sqlite_where=ended, postgresql_where=ended)
