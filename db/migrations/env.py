"""Alembic's environment: runs as the owner, over the URL that `db.provision.migrate` gives."""

from alembic import context
from sqlalchemy import create_engine

url = context.config.attributes["url"]
engine = create_engine(url)
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=context.config.attributes.get("metadata"), transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
