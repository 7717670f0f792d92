"""What is kept of level spans that were let go: a day's minutes at each level."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "daily",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("minutes", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["slug"], ["page.slug"], name=op.f("fk_daily_slug_page"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("slug", "component", "day", "level", name=op.f("pk_daily")),
    )


def downgrade() -> None:
    op.drop_table("daily")
