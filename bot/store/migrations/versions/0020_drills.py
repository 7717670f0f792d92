"""Drills: made-up incidents that one channel asks for, each shown in a mode of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "drill",
        sa.Column("channel", KEY, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("due", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["channel"], ["channel.pk"], name=op.f("fk_drill_channel_channel"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["slug"], ["page.slug"], name=op.f("fk_drill_slug_page"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_drill")),
    )
    op.create_index(op.f("ix_drill_due"), "drill", ["due"])
    op.add_column("card", sa.Column("mode", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column("card", "mode")
    op.drop_table("drill")
