"""What earlier readings of a page leave behind, and what is out of the ordinary with an incident."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("page", sa.Column("memory", sa.Text(), nullable=True))
    op.add_column("page", sa.Column("first_read_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("incident", sa.Column("condition", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("incident", "condition")
    op.drop_column("page", "first_read_at")
    op.drop_column("page", "memory")
