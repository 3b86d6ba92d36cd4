"""The migrations lead to exactly the schema that the code describes."""

import importlib
import pkgutil
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

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


async def test_accounts_that_were_there_before_get_the_default_application(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'migrated.db'}"
    config = Config()
    config.set_main_option("script_location", str(Path(ringback.__file__).parent / "storage" / "migrations"))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.execute(
            text("INSERT INTO accounts (id, name, created_at) VALUES ('a', 'Anna', 0), ('b', 'Boris', 0)")
        )
    database = Database(url)
    database.migrate()
    await database.close()
    with engine.connect() as connection:
        found = connection.execute(text("SELECT account_id, id, name FROM applications ORDER BY account_id")).all()
    engine.dispose()
    assert found == [("a", "default", "default"), ("b", "default", "default")]
