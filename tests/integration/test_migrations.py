"""The migrations lead to exactly the schema that the code describes."""

import importlib
import pkgutil
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

import ringback
from ringback.storage import Database, metadata


def declare_every_table() -> None:
    """Tables stand in `storage` and in each noun's `store.py`."""
    for module in pkgutil.walk_packages(ringback.__path__, "ringback."):
        if module.name.startswith("ringback.storage.") or module.name.endswith(".store"):
            importlib.import_module(module.name)


async def test_a_migrated_database_has_the_declared_schema(tmp_path: Path) -> None:
    declare_every_table()
    url = f"sqlite:///{tmp_path / 'migrated.db'}"
    database = Database(url)
    database.migrate()
    database.migrate()
    await database.close()
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []
