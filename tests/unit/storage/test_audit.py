"""Nobody changes what the audit log says without being found."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from ringback.kernel.redaction import Secret
from ringback.storage import Database
from ringback.storage.audit import AuditEntry, AuditLog, AuditLogBroken, AuditSummary, latest
from ringback.testing.clock import VirtualClock

KEY = Secret("the key of this installation, long enough")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def log(clock: VirtualClock) -> AuditLog:
    return AuditLog(KEY, clock)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}")
    opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
async def summary(database: Database, log: AuditLog, clock: VirtualClock) -> AuditSummary:
    """Of a log in which five keys were created, one each second."""

    def create(number: int) -> Callable[[Connection], None]:
        return lambda connection: log.append(
            connection,
            account_id="acme" if number % 2 else "globex",
            actor="anna",
            action="api-key.create",
            subject=f"key-{number}",
            details={"name": f"backend {number}"},
        )

    for number in range(1, 6):
        await database.write(create(number))
        clock.advance(1)
    return await database.read(log.verify)


async def broken(database: Database, log: AuditLog, *statements: str, head: str | None = None) -> str:
    """What `verify` says after somebody has done this to the database."""
    await database.write(lambda connection: [connection.execute(text(statement)) for statement in statements])
    with pytest.raises(AuditLogBroken) as error:
        await database.read(lambda connection: log.verify(connection, head))
    return error.value.message


async def test_an_untouched_log_is_whole(database: Database, log: AuditLog, summary: AuditSummary) -> None:
    assert (summary.entries, summary.last_at) == (5, "2030-01-01T00:00:04.000Z")
    assert len(bytes.fromhex(summary.head)) == 32
    assert await database.read(lambda connection: log.verify(connection, summary.head)) == summary


async def test_an_empty_log_is_whole(database: Database, log: AuditLog) -> None:
    assert await database.read(log.verify) == AuditSummary(entries=0, last_at=None, head="")


@pytest.mark.parametrize(
    "change",
    [
        "happened_at = '2030-01-01T00:00:02.001Z'",
        "account_id = 'globex'",
        "actor = 'boris'",
        "action = 'api-key.delete'",
        "subject = 'key-4'",
        "details = '{}'",
        "details = NULL",
        "details = x'7b7d'",
        "happened_at = x'ff'",
        "hash = x'00'",
        "hash = 'none'",
    ],
)
@pytest.mark.usefixtures("summary")
async def test_an_altered_entry_is_found(database: Database, log: AuditLog, change: str) -> None:
    unguarded = [  # a forger does not mind that a column must not be null
        "CREATE TABLE copy AS SELECT * FROM audit_log",
        "DROP TABLE audit_log",
        "ALTER TABLE copy RENAME TO audit_log",
    ]
    said = await broken(database, log, *unguarded, f"UPDATE audit_log SET {change} WHERE position = 3")
    assert said == "Entry 3 was altered, or does not belong in this place."


@pytest.mark.usefixtures("summary")
async def test_a_removed_entry_is_found(database: Database, log: AuditLog) -> None:
    assert await broken(database, log, "DELETE FROM audit_log WHERE position = 2") == "Entry 2 is missing."


@pytest.mark.usefixtures("summary")
async def test_a_removed_entry_is_found_when_the_others_move_up(database: Database, log: AuditLog) -> None:
    moved = ["DELETE FROM audit_log WHERE position = 2"]
    moved += [f"UPDATE audit_log SET position = {number - 1} WHERE position = {number}" for number in (3, 4, 5)]
    assert (await broken(database, log, *moved)).startswith("Entry 2 was altered")


@pytest.mark.usefixtures("summary")
async def test_a_removed_beginning_is_found(database: Database, log: AuditLog) -> None:
    assert await broken(database, log, "DELETE FROM audit_log WHERE position < 3") == "Entry 1 is missing."


@pytest.mark.usefixtures("summary")
async def test_an_inserted_entry_is_found(database: Database, log: AuditLog) -> None:
    forged = (
        "INSERT INTO audit_log SELECT 6, happened_at, account_id, actor, action, subject, details, {} FROM audit_log"
    )
    last = " WHERE position = 5"
    assert (await broken(database, log, forged.format("hash") + last)).startswith("Entry 6 was altered")


@pytest.mark.usefixtures("summary")
async def test_an_entry_that_was_hashed_without_the_key_is_found(database: Database, clock: VirtualClock) -> None:
    forger = AuditLog(Secret("another key, which is just as long as it"), clock)
    await database.write(
        lambda connection: forger.append(
            connection, account_id="acme", actor="anna", action="user.create", subject="eve"
        )
    )
    with pytest.raises(AuditLogBroken, match="Entry 6 was altered"):
        await database.read(AuditLog(KEY, clock).verify)


@pytest.mark.usefixtures("summary")
async def test_two_entries_that_changed_places_are_found(database: Database, log: AuditLog) -> None:
    swapped = [f"UPDATE audit_log SET position = {new} WHERE position = {old}" for old, new in ((2, 9), (3, 2), (9, 3))]
    assert (await broken(database, log, *swapped)).startswith("Entry 2 was altered")


@pytest.mark.parametrize("kept", [4, 0])
async def test_a_tail_that_was_cut_off_is_found_by_its_head(
    database: Database, log: AuditLog, summary: AuditSummary, kept: int
) -> None:
    cut = f"DELETE FROM audit_log WHERE position > {kept}"
    said = await broken(database, log, cut, head=summary.head)
    assert said == f"Entries are missing at the end: the {kept} that are there lack the given head."


async def test_a_head_stays_good_while_the_log_grows(database: Database, log: AuditLog, summary: AuditSummary) -> None:
    await database.write(
        lambda connection: log.append(connection, account_id="acme", actor="anna", action="user.create", subject="zoe")
    )
    grown = await database.read(lambda connection: log.verify(connection, summary.head))
    assert grown.entries == 6
    assert grown.head != summary.head


async def test_what_is_undone_leaves_no_entry(database: Database, log: AuditLog, summary: AuditSummary) -> None:
    def fail(connection: Connection) -> None:
        log.append(connection, account_id="acme", actor="anna", action="user.create", subject="zoe")
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)
    assert await database.read(log.verify) == summary


@pytest.mark.usefixtures("summary")
async def test_the_newest_entries_can_be_read(database: Database) -> None:
    entries = await database.read(lambda connection: latest(connection, 2))
    assert [entry.subject for entry in entries] == ["key-4", "key-5"]
    ours = await database.read(lambda connection: latest(connection, 2, "globex"))
    assert ours[0] == AuditEntry(
        2, "2030-01-01T00:00:01.000Z", "globex", "anna", "api-key.create", "key-2", {"name": "backend 2"}
    )
    assert [entry.subject for entry in ours] == ["key-2", "key-4"]
