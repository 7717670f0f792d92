"""The due pages of each lane are found without a look at those of the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.drop_index("ix_page_due", "page")
    _create("ix_page_watched_due", ["watched", "due"], "enabled = 1")
    _create("ix_page_own_due", ["due"], "enabled = 1 AND category = 'own'")


def downgrade() -> None:
    op.drop_index("ix_page_own_due", "page")
    op.drop_index("ix_page_watched_due", "page")
    _create("ix_page_due", ["due"], "enabled = 1")


def _create(name: str, columns: list[str], where: str) -> None:
    """``= 1`` is how SQLite says true."""
    op.create_index(
        name, "page", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where.replace(" = 1", ""))
    )
