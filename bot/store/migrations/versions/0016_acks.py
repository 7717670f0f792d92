"""Acks: who is on an incident, as a channel's card shows it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("card", sa.Column("acked_by", sa.String(), nullable=True))
    op.add_column("card", sa.Column("acked_name", sa.String(), nullable=True))
    op.add_column("card", sa.Column("acked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in ("acked_at", "acked_name", "acked_by"):
        op.drop_column("card", name)
