"""Services: what a team runs, and the vendors' parts that each depends on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
OF_CHANNEL, OF_SERVICE, OF_PAGE = (
    "fk_service_channel_channel",
    "fk_dependency_service_service",
    "fk_dependency_slug_page",
)


def upgrade() -> None:
    op.create_table(
        "service",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("direct", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("channel", KEY, nullable=True),
        sa.ForeignKeyConstraint(["channel"], ["channel.pk"], name=op.f(OF_CHANNEL), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_service")),
        sa.UniqueConstraint(
            "platform", "workspace", "direct", "key", name=op.f("uq_service_platform_workspace_direct_key")
        ),
    )
    op.create_index(op.f("ix_service_channel"), "service", ["channel"])
    op.create_table(
        "dependency",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("service", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=True),
        sa.Column("check_due", WHEN, nullable=True),
        sa.Column("check_attempts", sa.Integer(), nullable=False),
        sa.Column("check_leased_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["service"], ["service.pk"], name=op.f(OF_SERVICE), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["slug"], ["page.slug"], name=op.f(OF_PAGE), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_dependency")),
    )
    op.create_index(op.f("ix_dependency_service"), "dependency", ["service"])
    op.create_index(op.f("ix_dependency_slug"), "dependency", ["slug"])
    due = sa.text("check_due IS NOT NULL")
    op.create_index("ix_dependency_check", "dependency", ["check_due"], sqlite_where=due, postgresql_where=due)


def downgrade() -> None:
    op.drop_table("dependency")
    op.drop_table("service")
