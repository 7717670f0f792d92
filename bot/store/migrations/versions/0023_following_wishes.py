"""How the cards are to be told that come from a service that a channel follows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("following", sa.Column("wishes", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("following", "wishes")
