"""What each process does, and jobs that one process of all does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    with op.batch_alter_table("process") as process:
        process.add_column(sa.Column("roles", sa.String(), nullable=True))
        process.add_column(sa.Column("version", sa.String(), nullable=True))
    op.create_table(
        "job",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job")),
    )


def downgrade() -> None:
    op.drop_table("job")
    with op.batch_alter_table("process") as process:
        process.drop_column("version")
        process.drop_column("roles")
