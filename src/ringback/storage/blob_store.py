"""Where the bytes of blobs are: a folder of this machine, or a bucket elsewhere. `blobs.py` says who owns them.

Reading and deleting is obstore's in both. It also writes to buckets; to a folder we write ourselves, because obstore
does not wait for the disk, and gives files to everybody on the machine (ADR 0014).
"""

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from ringback.kernel.errors import NotFound, RingbackError, Unavailable

if TYPE_CHECKING:
    from obstore import GetOptions  # is not there at run time

CHUNK: Final = 256 * 1024
"""Bytes read at a time. More costs memory for each download; less costs calls between Python and Rust."""

REQUEST_SECONDS: Final = 30
"""How long a bucket may take for one request: the time of a large part over a slow line."""

RETRY_SECONDS: Final = 10
"""How long a failed request is tried again. Longer than a hiccup; not so long that nobody waits for the answer."""

DRAFT: Final = ".part"
"""Ends the name of a file that is not whole yet."""


class StorageUnusable(RingbackError):
    """The storage for files cannot be used."""

    code = "STORAGE_UNUSABLE"


class StorageFailed(Unavailable):
    """The storage for files does not work."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason
        """For the operator; callers are not told what the storage is."""


class BlobStore:
    """Blobs in a bucket. Keys are paths with slashes. Everything raises `StorageFailed` when it does not work."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def write(self, key: str, content: bytes | AsyncIterable[bytes]) -> None:
        """Store a new blob, durably, and whole or not at all."""
        with _failures():
            await obstore.put_async(self._store, key, content)

    async def size(self, key: str) -> int:
        """Bytes. Raises `NotFound`."""
        with _failures(), _missing():
            return (await obstore.head_async(self._store, key))["size"]

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`, some at a time. Raises `NotFound` before it gives any."""
        with _failures(), _missing():
            result = await obstore.get_async(self._store, key, options=_part(start, end))
        return _chunks(result.stream(min_chunk_size=CHUNK))

    async def delete(self, key: str) -> None:
        """Forget a blob, if there is one."""
        with _failures(), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, key)


class FolderStore(BlobStore):
    """Blobs in a folder. Files have mode 0600, folders 0700."""

    def __init__(self, root: Path) -> None:
        _make_folder(root)
        super().__init__(LocalStore(root))
        self._root = root

    async def write(self, key: str, content: bytes | AsyncIterable[bytes]) -> None:
        path = self._root / key
        draft = path.with_name(path.name + DRAFT)
        with _failures():
            try:
                with await asyncio.to_thread(_begin, draft) as file:
                    async for chunk in _one(content) if isinstance(content, bytes) else content:
                        await asyncio.to_thread(file.write, chunk)
                    await asyncio.to_thread(self._publish, file, draft, path)
            except BaseException:
                with suppress(OSError):  # the reason is what happened before
                    draft.unlink()
                raise

    async def delete(self, key: str) -> None:
        await super().delete(key)
        with _failures():  # what a crash has left
            (self._root / (key + DRAFT)).unlink(missing_ok=True)

    def _publish(self, file: IO[bytes], draft: Path, path: Path) -> None:
        """Let the whole file appear under its name, and return when a power cut cannot undo that."""
        file.flush()
        os.fsync(file.fileno())
        draft.rename(path)
        for folder in path.parents:  # each may be new, and made by somebody who is not as far yet
            _sync_folder(folder)
            if folder == self._root:
                return


def folder_of(url: str) -> Path | None:
    """The folder that `url` names, if it is one."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def open_blob_store(url: str) -> BlobStore:
    """The store at `url`: `file:///folder`, which is made, or `s3://bucket/prefix` and its like.

    Buckets take credentials and their address from the environment, as other programs do (`AWS_…`, `GOOGLE_…`,
    `AZURE_…`). Raises `StorageUnusable` with the reason.
    """
    try:
        if folder := folder_of(url):
            return FolderStore(folder)
        return BlobStore(
            from_url(
                url,
                # HTTP only happens if the operator's endpoint says so: a server in the same rack.
                client_options={"timeout": timedelta(seconds=REQUEST_SECONDS), "allow_http": True},
                retry_config={"retry_timeout": timedelta(seconds=RETRY_SECONDS)},
            )
        )
    except (BaseError, OSError, ValueError) as error:
        raise StorageUnusable(f"{url} cannot be used for files: {_first_line(error)}.") from error


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise StorageFailed(_first_line(error)) from error


@contextmanager
def _missing() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NotFound from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]  # obstore adds pages of what its library knows


def _part(start: int, end: int | None) -> "GetOptions":
    if end is not None:
        return {"range": (start, end)}
    return {"range": {"offset": start}} if start else {}  # an empty blob has no offset 0


async def _chunks(stream: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    with _failures():
        async for chunk in stream:
            yield chunk


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _begin(draft: Path) -> IO[bytes]:
    _make_folder(draft.parent)
    return open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
