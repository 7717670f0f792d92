"""The processes that work on the database, each with a heartbeat; leases name theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

WHEN = sa.DateTime(timezone=True)
LEASES = {
    "page": ("leased_by", "leased_until"),
    "channel": ("leased_by",),
    "board": ("leased_by",),
    "subscription": ("notice_leased_by",),
}


def upgrade() -> None:
    op.create_table(
        "process",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", WHEN, nullable=False),
        sa.Column("heartbeat_at", WHEN, nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process")),
    )
    for table, names in LEASES.items():
        for name in names:
            op.add_column(table, sa.Column(name, WHEN if name == "leased_until" else sa.String(), nullable=True))


def downgrade() -> None:
    for table, names in LEASES.items():
        for name in names:
            op.drop_column(table, name)
    op.drop_table("process")
