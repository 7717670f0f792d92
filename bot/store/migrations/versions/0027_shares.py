"""Limits that processes share: what each may use, and what is closed for all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "share",
        sa.Column("limit_name", sa.String(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("until", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["process"], ["process.id"], name=op.f("fk_share_process_process"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("limit_name", "process", name=op.f("pk_share")),
    )
    op.create_table(
        "closure",
        sa.Column("limit_name", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("until", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("limit_name", "name", name=op.f("pk_closure")),
    )


def downgrade() -> None:
    op.drop_table("closure")
    op.drop_table("share")
