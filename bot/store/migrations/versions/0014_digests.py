"""Digests: at set times one message about what was, what is and what is to come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "digest",
        sa.Column("channel", KEY, autoincrement=False, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("counted_from", WHEN, nullable=False),
        sa.Column("covered_until", WHEN, nullable=False),
        sa.Column("told_open", sa.Text(), nullable=False),
        sa.Column("sending_until", WHEN, nullable=True),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("more", sa.Integer(), nullable=False),
        sa.Column("refs", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("due", WHEN, nullable=False),
        sa.Column("not_before", WHEN, nullable=True),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel"], ["channel.pk"], name=op.f("fk_digest_channel_channel"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_digest")),
    )
    op.create_index(op.f("ix_digest_due"), "digest", ["due"])


def downgrade() -> None:
    op.drop_table("digest")
