"""What alembic runs to migrate: on the connection it is handed, in the transaction that is open there."""

from __future__ import annotations

from alembic import context

from bot.store.tables import Row

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Row.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
