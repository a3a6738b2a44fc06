"""Alembic's environment: runs as the owner, over the URL that `db.provision.migrate` gives; each step its own
transaction.

A step that waits for a table's lock makes everyone wait who comes after it, turns of patients too. So it waits a few
seconds only, is rolled back whole, and `db.provision.migrate` tries it again.
"""

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

# No two migrations of a database at once; held by the connection, and tried for without waiting: a waiting statement
# would keep a snapshot, for which an index that is built beside the service would wait in turn.
_ALONE = text("SELECT pg_try_advisory_lock(hashtextextended('wardline migrations', 0))")


class AlreadyMigrating(Exception):
    """Another process brings this database's schema up."""


engine = create_engine(context.config.attributes["url"], poolclass=NullPool)
with engine.connect() as connection:
    connection.execute(text(f"SET lock_timeout = '{context.config.attributes['lock_timeout_s']}s'"))
    alone = connection.scalar(_ALONE)
    connection.commit()
    if not alone:
        raise AlreadyMigrating
    context.configure(
        connection=connection, target_metadata=context.config.attributes.get("metadata"), transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
