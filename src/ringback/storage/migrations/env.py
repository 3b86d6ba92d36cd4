"""Run by Alembic: puts the migrations on the connection that `Database.migrate` has opened."""

from alembic import context

from ringback.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
