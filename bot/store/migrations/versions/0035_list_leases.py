"""The leases of floods and of publications name their process, as all others do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

TABLES = ("flood", "publication")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("leased_by", sa.String(), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "leased_by")
