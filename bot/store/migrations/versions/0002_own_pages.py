"""Pages of one's own: which workspaces read a page that is no catalog's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "own_page",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["slug"], ["page.slug"], name=op.f("fk_own_page_slug_page"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("slug", "platform", "workspace", name=op.f("pk_own_page")),
    )
    op.create_index(op.f("ix_own_page_platform_workspace"), "own_page", ["platform", "workspace"])


def downgrade() -> None:
    op.drop_table("own_page")
