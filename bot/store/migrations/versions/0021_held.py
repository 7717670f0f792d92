"""What is held back: holds of subscriptions, quiet hours of channels, and why a card is not told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_COLUMNS = (
    ("subscription", "wishes", sa.Text()),
    ("channel", "quiet", sa.Text()),
    ("card", "held", sa.String(length=40)),
    ("card", "held_since", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    for table, name, kind in _COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for table, name, _ in reversed(_COLUMNS):
        op.drop_column(table, name)
