"""Floods: one message for many incidents that came in one reading."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "flood",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("channel", KEY, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("maybe_sent", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("due", WHEN, nullable=True),
        sa.Column("not_before", WHEN, nullable=True),
        sa.ForeignKeyConstraint(["channel"], ["channel.pk"], name=op.f("fk_flood_channel_channel"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["slug"], ["page.slug"], name=op.f("fk_flood_slug_page"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_flood")),
    )
    op.create_index(op.f("ix_flood_channel_slug"), "flood", ["channel", "slug"])
    due = sa.text("due IS NOT NULL")
    op.create_index("ix_flood_due", "flood", ["due"], sqlite_where=due, postgresql_where=due)
    op.add_column("card", sa.Column("flood", KEY, nullable=True))
    op.add_column("card", sa.Column("flood_level", sa.String(length=20), nullable=True))
    within = sa.text("flood IS NOT NULL")
    op.create_index("ix_card_flood", "card", ["flood"], sqlite_where=within, postgresql_where=within)


def downgrade() -> None:
    op.drop_index("ix_card_flood", "card")
    op.drop_column("card", "flood_level")
    op.drop_column("card", "flood")
    op.drop_table("flood")
