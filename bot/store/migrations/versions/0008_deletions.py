"""How often somebody deleted a card's root."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("card", sa.Column("deletions", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("card", "deletions")
