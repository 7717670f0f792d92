"""Channels are found by their ids alone, too: several workspaces may share one."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_index(op.f("ix_channel_id"), "channel", ["id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_channel_id"), "channel")
