"""Alembic's entry. The connection, with its lock and its transaction, comes from `expansion.ledger.migrate`."""

from alembic import context

from expansion.ledger.database import VERSION_TABLE
from expansion.ledger.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
