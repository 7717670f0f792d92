"""How incidents stood over time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "incident_state",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("incident", KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("merged_into", KEY, nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"], ["incident.pk"], name=op.f("fk_incident_state_incident_incident"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_incident_state")),
    )
    op.create_index(op.f("ix_incident_state_incident"), "incident_state", ["incident"])


def downgrade() -> None:
    op.drop_table("incident_state")
