"""Runs migrations on the connection that :mod:`central.platform.migrate` opened. There is no other way to run them."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
