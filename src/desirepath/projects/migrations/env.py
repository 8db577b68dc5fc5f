"""Run by Alembic, inside the transaction that `upgrade` opened."""

from alembic import context

from desirepath.projects.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
