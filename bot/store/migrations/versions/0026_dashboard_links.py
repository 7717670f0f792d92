"""Links to dashboards, as digests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "dashboard_link",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("channel", KEY, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(
            ["channel"], ["channel.pk"], name=op.f("fk_dashboard_link_channel_channel"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_dashboard_link")),
    )
    op.create_index(op.f("ix_dashboard_link_channel"), "dashboard_link", ["channel"])


def downgrade() -> None:
    op.drop_table("dashboard_link")
