"""Everything that the first version keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
LEVEL = sa.String(20)
WORD = sa.String(40)


def upgrade() -> None:
    op.create_table(
        "channel",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("mode", WORD, nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("health", WORD, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("since", WHEN, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("due_since", WHEN, nullable=True),
        sa.Column("not_before", WHEN, nullable=True),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("leased_until", WHEN, nullable=True),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_channel")),
        sa.UniqueConstraint("platform", "workspace", "id", name=op.f("uq_channel_platform_workspace_id")),
    )
    op.create_index(
        "ix_channel_due",
        "channel",
        ["due_since"],
        sqlite_where=sa.text("due_since IS NOT NULL"),
        postgresql_where=sa.text("due_since IS NOT NULL"),
    )

    op.create_table(
        "page",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("aliases", sa.Text(), nullable=False),
        sa.Column("homepage", sa.String(), nullable=True),
        sa.Column("page_url", sa.String(), nullable=False),
        sa.Column("human_url", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("subcategory", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("detected", sa.String(), nullable=True),
        sa.Column("detected_url", sa.String(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due", WHEN, nullable=False),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("lookups", sa.Integer(), nullable=False),
        sa.Column("dark", sa.Boolean(), nullable=False),
        sa.Column("interval_s", sa.Float(), nullable=True),
        sa.Column("read_at", WHEN, nullable=True),
        sa.Column("unreadable_reason", sa.Text(), nullable=True),
        sa.Column("unreadable_since", WHEN, nullable=True),
        sa.Column("validators", sa.Text(), nullable=False),
        sa.Column("history_read_at", WHEN, nullable=True),
        sa.Column("history_due", WHEN, nullable=True),
        sa.Column("recent_end", WHEN, nullable=True),
        sa.Column("stamp", sa.String(), nullable=True),
        sa.Column("detect_due", WHEN, nullable=True),
        sa.Column("read_kind", sa.String(), nullable=True),
        sa.Column("read_url", sa.String(), nullable=True),
        sa.Column("moved_from", sa.String(), nullable=True),
        sa.Column("moved_url", sa.String(), nullable=True),
        sa.Column("moved_at", WHEN, nullable=True),
        sa.Column("left_behind", sa.Text(), nullable=True),
        sa.Column("taken_at", WHEN, nullable=True),
        sa.Column("level", LEVEL, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_page")),
    )
    op.create_index(
        "ix_page_due", "page", ["due"], sqlite_where=sa.text("enabled = 1"), postgresql_where=sa.text("enabled")
    )
    op.create_index(
        "ix_page_dark", "page", ["slug"], sqlite_where=sa.text("dark = 1"), postgresql_where=sa.text("dark")
    )

    op.create_table(
        "component",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("group_name", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("level", LEVEL, nullable=True),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["slug"], ["page.slug"], name=op.f("fk_component_slug_page"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("slug", "id", name=op.f("pk_component")),
    )
    op.create_table(
        "incident",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("phase", WORD, nullable=True),
        sa.Column("impact", WORD, nullable=True),
        sa.Column("started", WHEN, nullable=False),
        sa.Column("resolved", WHEN, nullable=True),
        sa.Column("until", WHEN, nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("level", LEVEL, nullable=True),
        sa.Column("components", sa.Text(), nullable=False),
        sa.Column("regions", sa.Text(), nullable=False),
        sa.Column("vanished", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("ended", WHEN, nullable=True),
        sa.Column("link", sa.String(), nullable=True),
        sa.Column("peak", LEVEL, nullable=True),
        sa.Column("first_seen", WHEN, nullable=False),
        sa.Column("merged_into", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["slug"], ["page.slug"], name=op.f("fk_incident_slug_page"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_incident")),
        sa.UniqueConstraint("slug", "id", name=op.f("uq_incident_slug_id")),
    )
    op.create_index(op.f("ix_incident_id"), "incident", ["id"])
    op.create_index(op.f("ix_incident_link"), "incident", ["link"])
    op.create_index(
        "ix_incident_open", "incident", ["slug"], sqlite_where=sa.text("open = 1"), postgresql_where=sa.text("open")
    )
    op.create_index(op.f("ix_incident_slug_ended"), "incident", ["slug", "ended"])
    op.create_index(op.f("ix_incident_slug_started"), "incident", ["slug", "started"])

    op.create_table(
        "span",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("level", LEVEL, nullable=True),
        sa.Column("began", WHEN, nullable=False),
        sa.Column("ended", WHEN, nullable=True),
        sa.ForeignKeyConstraint(["slug"], ["page.slug"], name=op.f("fk_span_slug_page"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_span")),
    )
    op.create_index(op.f("ix_span_slug_ended"), "span", ["slug", "ended"])
    op.create_index(
        "uq_span_standing",
        "span",
        ["slug", "component"],
        unique=True,
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )

    op.create_table(
        "subscription",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("channel", KEY, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("mention", sa.Text(), nullable=True),
        sa.Column("muted_until", WHEN, nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("lost", sa.Text(), nullable=True),
        sa.Column("notice_due", WHEN, nullable=True),
        sa.Column("notice_tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel"], ["channel.pk"], name=op.f("fk_subscription_channel_channel"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["slug"], ["page.slug"], name=op.f("fk_subscription_slug_page"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_subscription")),
        sa.UniqueConstraint("channel", "slug", name=op.f("uq_subscription_channel_slug")),
    )
    op.create_index(op.f("ix_subscription_slug"), "subscription", ["slug"])
    op.create_index(
        "ix_subscription_notice",
        "subscription",
        ["notice_due"],
        sqlite_where=sa.text("notice_due IS NOT NULL"),
        postgresql_where=sa.text("notice_due IS NOT NULL"),
    )

    op.create_table(
        "card",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("channel", KEY, nullable=False),
        sa.Column("incident", KEY, nullable=False),
        sa.Column("why", WORD, nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("made_at", WHEN, nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("mentioned", sa.Boolean(), nullable=False),
        sa.Column("root_at", WHEN, nullable=True),
        sa.Column("posted_at", WHEN, nullable=True),
        sa.Column("fold", sa.Boolean(), nullable=False),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.Column("muted_until", WHEN, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_since", WHEN, nullable=True),
        sa.Column("intent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["channel"], ["channel.pk"], name=op.f("fk_card_channel_channel"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["incident"], ["incident.pk"], name=op.f("fk_card_incident_incident"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_card")),
        sa.UniqueConstraint("channel", "incident", name=op.f("uq_card_channel_incident")),
    )
    op.create_index(op.f("ix_card_channel_root_at"), "card", ["channel", "root_at"])
    op.create_index(
        "ix_card_due",
        "card",
        ["channel", "due_since"],
        sqlite_where=sa.text("due_since IS NOT NULL"),
        postgresql_where=sa.text("due_since IS NOT NULL"),
    )
    op.create_index(op.f("ix_card_incident"), "card", ["incident"])

    op.create_table(
        "incident_update",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("incident", KEY, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("phase", WORD, nullable=True),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"], ["incident.pk"], name=op.f("fk_incident_update_incident_incident"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_incident_update")),
        sa.UniqueConstraint("incident", "id", name=op.f("uq_incident_update_incident_id")),
    )
    op.create_table(
        "revision",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("incident", KEY, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("phase", WORD, nullable=True),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("replaced_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"], ["incident.pk"], name=op.f("fk_revision_incident_incident"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_revision")),
    )
    op.create_index(op.f("ix_revision_incident"), "revision", ["incident"])


def downgrade() -> None:
    for table in (
        "revision",
        "incident_update",
        "card",
        "subscription",
        "span",
        "incident",
        "component",
        "page",
        "channel",
    ):
        op.drop_table(table)
