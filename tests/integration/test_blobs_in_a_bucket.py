"""Blobs at `s3://…`, with the credentials and the address that the environment names."""

from collections.abc import AsyncIterator, Iterator

import pytest

from ringback.kernel.errors import NotFound, Unavailable
from ringback.storage import blob_store
from ringback.storage.blob_store import BlobStore, open_blob_store
from tests.integration.bucket import Bucket, served

KEY = "captures/acme/1"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    bucket = Bucket()
    with served(bucket) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anna")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_REGION", "here")
        yield bucket


@pytest.fixture
def store(bucket: Bucket) -> BlobStore:
    return open_blob_store("s3://files/ringback")


async def content(store: BlobStore, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in await store.read(KEY, start, end)])


async def test_a_blob_is_an_object_under_the_prefix(store: BlobStore, bucket: Bucket) -> None:
    await store.write(KEY, b"0123456789")
    assert bucket.objects == {"/files/ringback/captures/acme/1": b"0123456789"}
    assert await store.size(KEY) == 10
    assert await content(store) == b"0123456789"
    assert await content(store, 7) == b"789"
    assert await content(store, 2, 4) == b"23"
    await store.delete(KEY)
    assert bucket.objects == {}


async def test_a_blob_in_pieces_is_uploaded_in_parts(store: BlobStore, bucket: Bucket) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(12):
            yield bytes([number]) * 1_000_000

    await store.write(KEY, pieces())
    whole = b"".join(bytes([number]) * 1_000_000 for number in range(12))
    assert bucket.objects["/files/ringback/captures/acme/1"] == whole
    assert await content(store) == whole


async def test_an_upload_that_breaks_leaves_no_object(store: BlobStore, bucket: Bucket) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(6_000_000)
        raise ConnectionResetError

    with pytest.raises(Unavailable):
        await store.write(KEY, broken())
    assert bucket.objects == {}


async def test_an_object_that_is_not_there_is_not_found(store: BlobStore) -> None:
    with pytest.raises(NotFound):
        await store.size(KEY)
    with pytest.raises(NotFound):
        await store.read(KEY)
    await store.delete(KEY)


async def test_a_bucket_that_fails_is_unavailable(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_store, "RETRY_SECONDS", 0)
    store = open_blob_store("s3://files/ringback")
    bucket.broken = True
    for attempt in (store.write(KEY, b"content"), store.size(KEY), store.read(KEY), store.delete(KEY)):
        with pytest.raises(Unavailable):
            await attempt
