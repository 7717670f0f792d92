"""A fan-out that is not at its end is on record; its parts follow the channels' keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "fan_out",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_sight", sa.Boolean(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("news", sa.Text(), nullable=False),
        sa.Column("announced", sa.Text(), nullable=False),
        sa.Column("after", KEY, nullable=False),
        sa.ForeignKeyConstraint(["slug"], ["page.slug"], name=op.f("fk_fan_out_slug_page"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_fan_out")),
    )
    op.create_index(op.f("ix_subscription_slug_channel"), "subscription", ["slug", "channel"])
    op.drop_index(op.f("ix_subscription_slug"), "subscription")
    op.create_index(op.f("ix_card_incident_channel"), "card", ["incident", "channel"])
    op.drop_index(op.f("ix_card_incident"), "card")


def downgrade() -> None:
    op.create_index(op.f("ix_card_incident"), "card", ["incident"])
    op.drop_index(op.f("ix_card_incident_channel"), "card")
    op.create_index(op.f("ix_subscription_slug"), "subscription", ["slug"])
    op.drop_index(op.f("ix_subscription_slug_channel"), "subscription")
    op.drop_table("fan_out")
