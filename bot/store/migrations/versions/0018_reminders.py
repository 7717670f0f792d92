"""Reminders: how long before a planned maintenance a channel wants one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("channel", sa.Column("remind", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("channel", "remind")
