"""Cards with an act under way, and a channel's that are muted or held back, are found among all that there were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    _create("ix_card_intent", "pk", "intent IS NOT NULL")
    _create("ix_card_kept_back", "channel", "held IS NOT NULL OR muted_until IS NOT NULL")


def downgrade() -> None:
    op.drop_index("ix_card_kept_back", "card")
    op.drop_index("ix_card_intent", "card")


def _create(name: str, column: str, where: str) -> None:
    op.create_index(name, "card", [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
