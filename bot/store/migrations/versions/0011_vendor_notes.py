"""Vendor notes: what a workspace wants to read beside a vendor's name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "vendor_note",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["slug"], ["page.slug"], name=op.f("fk_vendor_note_slug_page"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("platform", "workspace", "slug", name=op.f("pk_vendor_note")),
    )
    op.create_index(op.f("ix_vendor_note_slug"), "vendor_note", ["slug"])


def downgrade() -> None:
    op.drop_table("vendor_note")
