"""Boards: one message in a channel that shows how all of its vendors stand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "board",
        sa.Column("channel", KEY, autoincrement=False, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("begun", sa.Boolean(), nullable=False),
        sa.Column("shows", sa.String(), nullable=True),
        sa.Column("edited_at", WHEN, nullable=True),
        sa.Column("to_pin", sa.Boolean(), nullable=False),
        sa.Column("leaving", sa.Text(), nullable=False),
        sa.Column("gone_at", WHEN, nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("closing", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("due", WHEN, nullable=False),
        sa.Column("not_before", WHEN, nullable=True),
        sa.ForeignKeyConstraint(["channel"], ["channel.pk"], name=op.f("fk_board_channel_channel"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_board")),
    )
    op.create_index(op.f("ix_board_due"), "board", ["due"])


def downgrade() -> None:
    op.drop_table("board")
