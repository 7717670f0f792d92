"""Whether a channel gets nothing but its digest stands with the channel, as all that keeps its cards back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("channel", sa.Column("digest_only", sa.Boolean(), server_default=sa.false(), nullable=False))
    alone = sa.text("UPDATE channel SET digest_only = true WHERE pk IN (SELECT channel FROM digest WHERE alone)")
    op.execute(alone)
    op.drop_column("digest", "alone")


def downgrade() -> None:
    op.add_column("digest", sa.Column("alone", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_column("channel", "digest_only")
