"""The cards of an episode become the vendor's incident's in parts, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


MERGES = sa.text("merges IS NOT NULL")


def upgrade() -> None:
    op.add_column("fan_out", sa.Column("merges", sa.Text(), nullable=True))
    op.create_index("ix_fan_out_merges", "fan_out", ["pk"], sqlite_where=MERGES, postgresql_where=MERGES)


def downgrade() -> None:
    # Cards that no part has reached yet stay the episode's, and are closed.
    op.drop_index("ix_fan_out_merges", "fan_out")
    op.drop_column("fan_out", "merges")
