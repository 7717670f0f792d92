"""A card stands in one index less, and the channels that are due come in the order in which they are leased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

DUE = sa.text("due_since IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("card") as card:
        card.drop_constraint(op.f("uq_card_channel_incident"), type_="unique")
        card.create_unique_constraint(op.f("uq_card_incident_channel"), ["incident", "channel"])
    op.drop_index(op.f("ix_card_incident_channel"), "card")
    op.add_column("fan_out", sa.Column("until", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
    op.drop_index("ix_channel_due", "channel")
    op.create_index("ix_channel_due", "channel", ["due_since", "pk"], sqlite_where=DUE, postgresql_where=DUE)


def downgrade() -> None:
    # What is left of a fan-out would go to every channel that follows: its other stretches would, too, and harmlessly.
    op.drop_column("fan_out", "until")
    op.drop_index("ix_channel_due", "channel")
    op.create_index("ix_channel_due", "channel", ["due_since"], sqlite_where=DUE, postgresql_where=DUE)
    op.create_index(op.f("ix_card_incident_channel"), "card", ["incident", "channel"])
    with op.batch_alter_table("card") as card:
        card.drop_constraint(op.f("uq_card_incident_channel"), type_="unique")
        card.create_unique_constraint(op.f("uq_card_channel_incident"), ["channel", "incident"])
