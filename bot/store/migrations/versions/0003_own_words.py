"""A page's own words where they are not known: of a part's state, an incident's phase and impact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("component", sa.Column("said", sa.String(), nullable=True))
    op.add_column("incident", sa.Column("phase_said", sa.String(), nullable=True))
    op.add_column("incident", sa.Column("impact_said", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("incident", "impact_said")
    op.drop_column("incident", "phase_said")
    op.drop_column("component", "said")
