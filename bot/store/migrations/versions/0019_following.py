"""Channels that follow a service: their subscriptions come from it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OF_CHANNEL, OF_SERVICE = "fk_following_channel_channel", "fk_following_service_service"


def upgrade() -> None:
    op.create_table(
        "following",
        sa.Column("channel", KEY, nullable=False),
        sa.Column("service", KEY, nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("mention", sa.Text(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["channel"], ["channel.pk"], name=op.f(OF_CHANNEL), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["service"], ["service.pk"], name=op.f(OF_SERVICE), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("channel", "service", name=op.f("pk_following")),
    )
    op.create_index(op.f("ix_following_service"), "following", ["service"])
    op.add_column("subscription", sa.Column("through", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("subscription", "through")
    op.drop_table("following")
