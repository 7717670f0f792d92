"""Ignored incidents: why a channel wants nothing more of one, and until when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("card", sa.Column("ignored", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("card", "ignored")
