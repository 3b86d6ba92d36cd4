"""The migrations lead to exactly the schema that the code describes, from every schema that anybody may have."""

import importlib
import json
import pkgutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Connection, create_engine, event, inspect, text

import ringback
from ringback.app import build_app
from ringback.calls.commands import Command, RunMedia
from ringback.calls.dialogs.store import DIALOGS
from ringback.calls.history import CallHistory
from ringback.calls.history.model import CallFilter, CallLog, FinalState
from ringback.calls.model import CallState, Direction
from ringback.calls.store import CALLS
from ringback.conferences.store import CONFERENCES, active_by_name, room_names
from ringback.kernel.errors import NotFound
from ringback.media.commands import OpenRoom, Publish
from ringback.media.model import Source
from ringback.platform import open_platform
from ringback.settings import Settings
from ringback.storage import Database, SchemaTooNew, metadata, outbox
from ringback.storage.aggregates import due, load, pending_commands
from ringback.storage.epochs import next_epoch
from ringback.testing.clock import VirtualClock
from ringback.web import Paging

GOLDEN = sorted((Path(__file__).parent / "schemas").glob("*.sql"))
"""What releases have left behind: one dump per schema, with some rows in it (CONTRIBUTING.md)."""

MIGRATIONS = Config()
MIGRATIONS.set_main_option("script_location", str(Path(ringback.__file__).parent / "storage" / "migrations"))
REVISIONS = [script.revision for script in ScriptDirectory.from_config(MIGRATIONS).walk_revisions()][::-1]


def declare_every_table() -> None:
    """Tables stand in `storage` and in each noun's `store.py`."""
    for module in pkgutil.walk_packages(ringback.__path__, "ringback."):
        if module.name.startswith("ringback.storage.") or module.name.endswith(".store"):
            importlib.import_module(module.name)


@contextmanager
def opened(file: Path) -> Iterator[Connection]:
    """A connection whose changes of the schema are part of its transaction."""
    engine = create_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def restore(dump: Path, file: Path) -> Path:
    """The database that was dumped."""
    connection = sqlite3.connect(file)
    connection.executescript(dump.read_text("utf-8"))
    connection.close()
    return file


async def migrate(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    database.migrate()
    await database.close()


def differences(file: Path) -> list[Any]:
    """What is not as the code describes it."""
    declare_every_table()
    with opened(file) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def shape(file: Path) -> dict[str, list[str]]:
    """Tables with columns, indexes and keys, in an order that tells nothing: a column that came back stands last."""
    with opened(file) as connection:
        inspector = inspect(connection)
        indexes = connection.execute(text("SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index'")).all()
        return {
            table: sorted(
                [
                    *(repr({**column, "type": str(column["type"])}) for column in inspector.get_columns(table)),
                    *(str(sql) for owner, sql in indexes if owner == table),
                    *map(repr, inspector.get_foreign_keys(table)),
                    *map(repr, inspector.get_unique_constraints(table)),
                    repr(inspector.get_pk_constraint(table)),
                ]
            )
            for table in inspector.get_table_names()
        }


def move(file: Path, revision: str) -> None:
    """Up or down to this revision."""
    with opened(file) as connection:
        MIGRATIONS.attributes["connection"] = connection
        here = MigrationContext.configure(connection).get_current_revision()
        forward = here is None or (revision != "base" and REVISIONS.index(revision) > REVISIONS.index(here))
        (command.upgrade if forward else command.downgrade)(MIGRATIONS, revision)


async def test_a_new_database_has_the_declared_schema(tmp_path: Path) -> None:
    await migrate(tmp_path / "new.db")
    await migrate(tmp_path / "new.db")
    assert differences(tmp_path / "new.db") == []


@pytest.mark.parametrize("dump", GOLDEN, ids=lambda path: path.stem)
async def test_a_database_of_an_earlier_release_gets_the_declared_schema(dump: Path, tmp_path: Path) -> None:
    file = restore(dump, tmp_path / "old.db")
    await migrate(file)
    assert differences(file) == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_each_migration_goes_down_and_up_again(revision: str, tmp_path: Path) -> None:
    file = tmp_path / "test.db"
    move(file, revision)
    before = shape(file)
    position = REVISIONS.index(revision)
    move(file, REVISIONS[position - 1] if position else "base")
    move(file, revision)
    assert shape(file) == before


def test_a_command_for_several_slots_becomes_one_for_each_in_schema_0010(tmp_path: Path) -> None:
    file = tmp_path / "test.db"
    move(file, "0011")
    rows = {"d:1:0": {"type": "RunMedia", "worker": 0, "commands": ["a", "b"]}, "d:1:1": {"type": "AlertDevices"}}
    with opened(file) as connection:
        for id, stored in rows.items():
            insert = text("INSERT INTO commands (id, account_id, tree, command) VALUES (:id, '', '', :stored)")
            connection.execute(insert, {"id": id, "stored": json.dumps(stored).encode()})
    move(file, "0010")
    with opened(file) as connection:
        left = connection.execute(text("SELECT id, command FROM commands ORDER BY position")).all()
    assert [(row.id, json.loads(row.command)) for row in left] == [
        ("d:1:0:0", {"type": "RunMedia", "worker": 0, "command": "a"}),
        ("d:1:0:1", {"type": "RunMedia", "worker": 0, "command": "b"}),
        ("d:1:1", {"type": "AlertDevices"}),
    ]


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    await migrate(tmp_path / "new.db")
    connection = sqlite3.connect(tmp_path / "new.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(SchemaTooNew):
        await migrate(tmp_path / "new.db")


@pytest.fixture(params=["up", "up, down and up"])
async def restored(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """A data directory with the rows of schema 0002: calls and a room under way, an event and commands undelivered."""
    settings = Settings(data_dir=tmp_path / "data", secret_key=SecretStr("the key of this installation, long enough"))
    settings.data_dir.mkdir()
    file = restore(GOLDEN[0], settings.data_dir / "ringback.db")
    if request.param != "up":
        move(file, REVISIONS[-1])
        move(file, "0002")
    return settings


async def test_the_calls_of_schema_0002_go_on(restored: Settings) -> None:
    clock = VirtualClock()
    async with open_platform(restored, clock=clock) as platform:
        account = (await platform.accounts.find_account("default")).id

        def check(connection: Connection) -> None:
            states = {}
            for id in ("parent", "child", "p2", "c2", "carol"):
                found = load(connection, CALLS, account, id)
                assert found
                states[id] = found[0].state
            assert states == {
                "parent": CallState.ESTABLISHED,
                "child": CallState.ESTABLISHED,
                "p2": CallState.CALLING,
                "c2": CallState.CALLING,
                "carol": CallState.ESTABLISHED,
            }
            assert due(connection, CALLS, clock.now()) == [(account, "c2")]
            assert load(connection, DIALOGS, account, "dialog") is not None
            assert active_by_name(connection, account, "standup") == "room"
            assert load(connection, CONFERENCES, account, "room") is not None
            commands = pending_commands(connection, "conference:room")
            assert [command.id for command in commands] == ["conference:room:1:0", "conference:room:1:1"]
            carols = Publish(room="room", participant="carol", publication="1", number=1, source=Source.MICROPHONE)
            assert [msgspec.json.decode(each.command, type=Command) for each in commands] == [
                RunMedia(0, (OpenRoom(room="room"),)),
                RunMedia(0, (carols,)),
            ]
            owed = outbox.undelivered(connection, "signaling", 10)
            assert [event.type for event in owed] == ["CallStarted", "CallEstablished"]

        await platform.database.read(check)
        assert await platform.database.write(next_epoch) == 4


async def test_calls_that_ended_before_there_was_a_history_are_in_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", secret_key=SecretStr("the key of this installation, long enough"))
    settings.data_dir.mkdir()
    with opened(restore(GOLDEN[0], settings.data_dir / "ringback.db")) as connection:
        end_as_schema_0002_did(connection, "child", state="FINISHED", reason="NORMAL_HANGUP")
        end_as_schema_0002_did(connection, "p2", state="FAILED", reason="NO_ANSWER")
        copy_call(connection, "p2", times=1_500)  # the migration reads them in more than one go
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    async with open_platform(settings) as platform:
        account = (await platform.accounts.find_account("default")).id
        history = CallHistory(platform.database, room_names)

        async def found(**wanted: Any) -> tuple[list[CallLog], int]:
            return await history.page(account, CallFilter(**wanted), Paging(0, 3))

        (child,), total = await found(identity="bob")
        assert (child.call.id, child.state, total) == ("child", FinalState.FINISHED, 1)
        assert child.dialog is not None
        assert child.dialog.parent.endpoint.identifier == "alice"
        unanswered, total = await found(direction=Direction.INBOUND)
        assert {log.state for log in unanswered} == {FinalState.NO_ANSWER}
        assert total == 1_501
        assert (await found(started_after=begin))[1] == 1_502
        assert (await found(started_after=begin + timedelta(microseconds=1)))[1] == 0
        with pytest.raises(NotFound):
            await history.get(account, "parent")  # it goes on


def end_as_schema_0002_did(connection: Connection, id: str, *, state: str, reason: str) -> None:
    stored = connection.execute(text("SELECT state FROM calls WHERE id = :id"), {"id": id}).scalar_one()
    ended = json.loads(stored) | {"state": state, "ended_at": "2026-11-01T00:05:00.123456Z", "end_reason": reason}
    connection.execute(
        text("UPDATE calls SET state = :stored, call_state = :state, deadline = NULL WHERE id = :id"),
        {"stored": json.dumps(ended, separators=(",", ":")).encode(), "state": state, "id": id},
    )


def copy_call(connection: Connection, id: str, *, times: int) -> None:
    row = dict(connection.execute(text("SELECT * FROM calls WHERE id = :id"), {"id": id}).mappings().one())
    state = json.loads(row["state"])
    copies = [
        {**row, "id": f"{id}-{number}", "state": json.dumps({**state, "id": f"{id}-{number}"}).encode()}
        for number in range(times)
    ]
    values = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO calls ({', '.join(row)}) VALUES ({values})"), copies)


async def test_the_credentials_of_schema_0002_still_open(restored: Settings) -> None:
    body = {"identity": "alice"}
    async with open_platform(restored) as platform:
        transport = httpx2.ASGITransport(build_app(platform))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            headers = {"Authorization": "App the first key of the installation"}
            by_key = await client.post("/webrtc/1/token", json=body, headers=headers)
            by_password = await client.post("/webrtc/1/token", json=body, auth=("anna", "the password of anna"))
    assert (by_key.status_code, by_password.status_code) == (200, 200), by_key.text
