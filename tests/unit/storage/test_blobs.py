"""A blob and the row that owns it: both there, or both gone, whatever fails between them."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from structlog.testing import capture_logs

from ringback import storage
from ringback.kernel.errors import NotFound, Unavailable
from ringback.storage import Database
from ringback.storage.blob_store import FolderStore, StorageUnusable, open_blob_store
from ringback.storage.blobs import Blobs
from ringback.testing.clock import VirtualClock

DAY = 24 * 3600


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "some data" / "blobs"


@pytest.fixture
async def database(tmp_path: Path, clock: VirtualClock) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}", clock)
    opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
def blobs(database: Database, folder: Path, clock: VirtualClock) -> Blobs:
    return Blobs(open_blob_store(folder.as_uri()), database, clock)


def own(connection: Connection) -> str:
    """Make the row that owns the blob; here it is an account."""
    connection.execute(text("INSERT INTO accounts VALUES ('acme', 'acme', 0)"))
    return "owned"


async def owners(database: Database) -> int:
    return await database.read(
        lambda connection: connection.execute(text("SELECT count(*) FROM accounts")).scalar_one()
    )


async def content(blobs: Blobs, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in await blobs.read(key, start, end)])


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def after(seconds: float, blobs: Blobs, clock: VirtualClock) -> None:
    clock.advance(seconds)
    await blobs.delete_due()


async def test_a_blob_is_there_with_its_row(
    blobs: Blobs, database: Database, folder: Path, clock: VirtualClock
) -> None:
    assert await blobs.put("captures/acme/1", b"0123456789", own) == "owned"
    assert await owners(database) == 1
    await after(2 * DAY, blobs, clock)
    assert await blobs.size("captures/acme/1") == 10
    assert await content(blobs, "captures/acme/1") == b"0123456789"
    assert await content(blobs, "captures/acme/1", 7) == b"789"
    assert await content(blobs, "captures/acme/1", 2, 4) == b"23"
    assert files(folder) == {"captures/acme/1"}


async def test_a_blob_can_come_in_pieces_and_be_read_in_pieces(blobs: Blobs) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(20):
            yield bytes([number]) * 100_000

    await blobs.put("captures/acme/1", pieces(), own)
    read = [chunk async for chunk in await blobs.read("captures/acme/1")]
    assert len(read) > 1
    assert b"".join(read) == b"".join(bytes([number]) * 100_000 for number in range(20))


async def test_an_empty_blob_is_a_blob(blobs: Blobs) -> None:
    await blobs.put("captures/acme/1", b"", own)
    assert await blobs.size("captures/acme/1") == 0
    assert await content(blobs, "captures/acme/1") == b""


async def test_a_blob_that_is_not_there_is_not_found(blobs: Blobs) -> None:
    with pytest.raises(NotFound):
        await blobs.size("captures/acme/1")
    with pytest.raises(NotFound):
        await blobs.read("captures/acme/1")


@pytest.mark.parametrize(
    "key", ["", "captures", "../x", "captures/../../x", "/captures/1", "captures//1", "captures/a b"]
)
async def test_no_key_leads_out_of_the_folder(blobs: Blobs, database: Database, key: str) -> None:
    with pytest.raises(ValueError, match="cannot be the key"):
        await blobs.put(key, b"content", own)
    assert await owners(database) == 0


async def test_what_cannot_be_owned_is_deleted(
    blobs: Blobs, database: Database, folder: Path, clock: VirtualClock
) -> None:
    def refuse(connection: Connection) -> None:
        own(connection)
        raise LookupError

    with pytest.raises(LookupError):
        await blobs.put("captures/acme/1", b"content", refuse)
    assert await owners(database) == 0
    await after(0, blobs, clock)
    assert files(folder) == set()


async def test_what_cannot_be_written_is_owned_by_nobody(blobs: Blobs, database: Database, folder: Path) -> None:
    (folder / "captures").write_text("where a folder should be")
    with pytest.raises(Unavailable):
        await blobs.put("captures/acme/1", b"content", own)
    assert await owners(database) == 0


async def test_half_a_blob_is_none(blobs: Blobs, database: Database, folder: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"the first half"
        raise ConnectionResetError

    with pytest.raises(Unavailable):
        await blobs.put("captures/acme/1", broken(), own)
    assert files(folder) == set()
    assert await owners(database) == 0


async def test_what_a_crash_has_left_is_deleted_a_day_later(
    blobs: Blobs, database: Database, folder: Path, clock: VirtualClock
) -> None:
    begun = asyncio.Event()

    async def never_ending() -> AsyncIterator[bytes]:
        yield b"the first half"
        begun.set()
        await asyncio.Event().wait()

    upload = asyncio.create_task(blobs.put("captures/acme/1", never_ending(), own))
    await begun.wait()
    (draft,) = files(folder)
    upload.cancel()
    await asyncio.gather(upload, return_exceptions=True)
    for left in (draft, "captures/acme/1"):  # a kill leaves either, depending on when it comes
        (folder / left).write_bytes(b"left")
    await after(DAY - 1, blobs, clock)
    assert files(folder) == {draft, "captures/acme/1"}
    await after(1, blobs, clock)
    assert files(folder) == set()
    assert await owners(database) == 0


async def test_an_upload_that_lasts_until_it_counts_as_left_is_refused(
    blobs: Blobs, database: Database, clock: VirtualClock
) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"content"
        clock.advance(DAY)

    with pytest.raises(Unavailable):
        await blobs.put("captures/acme/1", slow(), own)
    assert await owners(database) == 0


async def test_a_deleted_blob_goes_after_its_row(
    blobs: Blobs, database: Database, folder: Path, clock: VirtualClock
) -> None:
    await blobs.put("captures/acme/1", b"content", own)

    def fail(connection: Connection) -> None:
        blobs.delete(connection, "captures/acme/1")
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)
    await after(DAY, blobs, clock)
    assert files(folder) == {"captures/acme/1"}
    await database.write(lambda connection: blobs.delete(connection, "captures/acme/1"))
    await after(0, blobs, clock)
    assert files(folder) == set()


async def test_a_blob_that_cannot_be_deleted_holds_up_no_other_and_is_tried_again(
    blobs: Blobs, database: Database, folder: Path, clock: VirtualClock
) -> None:
    await blobs.put("captures/acme/2", b"content", own)
    in_the_way = folder / "captures/acme/1/x"
    in_the_way.parent.mkdir()
    in_the_way.touch()
    for key in ("captures/acme/1", "captures/acme/2"):
        await database.write(lambda connection, key=key: blobs.delete(connection, key))  # type: ignore[misc]
    await after(0, blobs, clock)
    assert files(folder) == {"captures/acme/1/x"}
    in_the_way.unlink()
    in_the_way.parent.rmdir()
    in_the_way.parent.touch()
    await after(3599, blobs, clock)
    assert files(folder) == {"captures/acme/1"}
    await after(1, blobs, clock)
    assert files(folder) == set()


async def test_more_blobs_than_fit_into_one_transaction_are_deleted(
    blobs: Blobs, database: Database, clock: VirtualClock
) -> None:
    def many(connection: Connection) -> None:
        for number in range(250):
            blobs.delete(connection, f"captures/acme/{number}")

    await database.write(many)
    await after(0, blobs, clock)
    left = await database.read(
        lambda connection: connection.execute(text("SELECT count(*) FROM blob_deletions")).scalar()
    )
    assert left == 0


async def test_what_is_due_is_deleted_by_itself_also_after_a_failure(
    blobs: Blobs, database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.blobs, "SWEEP_SECONDS", 0)
    await blobs.put("captures/acme/1", b"content", own)
    await database.write(lambda connection: connection.execute(text("ALTER TABLE blob_deletions RENAME TO away")))
    with capture_logs() as log:
        job = asyncio.create_task(blobs.run())
        async with asyncio.timeout(10):
            while not log:  # noqa: ASYNC110 - nothing else tells
                await asyncio.sleep(0)
    await database.write(lambda connection: connection.execute(text("ALTER TABLE away RENAME TO blob_deletions")))
    await database.write(lambda connection: blobs.delete(connection, "captures/acme/1"))
    async with asyncio.timeout(10):
        while files(folder):  # noqa: ASYNC110 - nothing tells when it is gone
            await asyncio.sleep(0)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    assert log[0]["event"] == "Files that should be deleted are still there."


async def test_nobody_else_on_the_machine_can_read_it(blobs: Blobs, folder: Path) -> None:
    mask = os.umask(0)
    try:
        await blobs.put("captures/acme/1", b"content", own)
    finally:
        os.umask(mask)
    modes = {path.relative_to(folder.parent): stat.S_IMODE(path.stat().st_mode) for path in folder.parent.rglob("*")}
    assert set(modes.values()) == {0o600, 0o700}
    assert [str(path) for path, mode in modes.items() if mode == 0o600] == ["blobs/captures/acme/1"]


async def test_a_stored_blob_has_reached_the_disk_with_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[str, bool]] = []

    def fsync(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        synced.append((str(path.relative_to(folder)), (folder / "captures/acme/1").exists()))

    store = FolderStore(folder)
    monkeypatch.setattr(os, "fsync", fsync)
    await store.write("captures/acme/1", b"content")
    assert synced == [
        (".", False),  # it has the new folder `captures`
        ("captures", False),
        ("captures/acme/1.part", False),
        ("captures/acme", True),
        ("captures", True),
        (".", True),
    ]


@pytest.mark.parametrize(
    ("url", "reason"),
    [("s3://", "Unable to recognise"), ("file:///dev/null/blobs", "File exists"), ("az://container/x", "Account")],
)
def test_a_storage_that_cannot_be_is_refused_with_a_reason(url: str, reason: str) -> None:
    with pytest.raises(StorageUnusable, match=reason) as error:
        open_blob_store(url)
    assert "\n" not in error.value.message
