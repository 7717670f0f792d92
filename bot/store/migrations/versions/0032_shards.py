"""Which process holds which of Discord's shards, and when the next one may identify."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "shard",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("process", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["process"], ["process.id"], name=op.f("fk_shard_process_process"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_shard")),
    )
    op.create_table(
        "identify",
        sa.Column("bucket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_identify")),
    )
    op.create_table(
        "gateway",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sessions_left", sa.Integer(), nullable=False),
        sa.Column("resets_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_gateway")),
    )


def downgrade() -> None:
    op.drop_table("gateway")
    op.drop_table("identify")
    op.drop_table("shard")
