"""Announcements that are to be published, and which channels want that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
DUE = sa.text("due IS NOT NULL")


def upgrade() -> None:
    op.add_column("channel", sa.Column("publish", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        "publication",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("channel", KEY, nullable=False),
        sa.Column("card", KEY, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("due", WHEN, nullable=True),
        sa.Column("summary", sa.String(), nullable=True),
        sa.Column("published_at", WHEN, nullable=True),
        sa.Column("leased_until", WHEN, nullable=True),
        sa.ForeignKeyConstraint(["card"], ["card.pk"], name=op.f("fk_publication_card_card"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["channel"], ["channel.pk"], name=op.f("fk_publication_channel_channel"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_publication")),
        sa.UniqueConstraint("channel", "ref", name=op.f("uq_publication_channel_ref")),
    )
    op.create_index(op.f("ix_publication_card"), "publication", ["card"])
    op.create_index("ix_publication_due", "publication", ["due"], sqlite_where=DUE, postgresql_where=DUE)


def downgrade() -> None:
    op.drop_table("publication")
    op.drop_column("channel", "publish")
