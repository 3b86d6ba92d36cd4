"""`/call-link/1/images` as the public API describes it (contract §9)."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx2
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ringback.settings import Settings
from tests.integration.backend import Backend
from tests.integration.conftest import started
from tests.unit.quarantine.pictures import SVG, encoded, opened, png_of, small

if TYPE_CHECKING:
    from tests.integration.conftest import Node

PATH: Final = "/call-link/1/images"
PICTURE: Final = encoded(small())


@pytest.fixture
def backend(node: "Node") -> Backend:
    return Backend(node, PATH)


@pytest.fixture
def stranger(node: "Node") -> Backend:
    """The backend of somebody else."""
    return Backend(node, PATH)


def upload(backend: Backend, content: bytes = PICTURE, type: str = "LOGO", name: str = "logo.png") -> httpx2.Response:
    return backend.ask("POST", f"/upload/{type}", files={"file": (name, content, "image/png")})


def refusal(answer: httpx2.Response) -> str:
    """What is said of the file."""
    assert answer.status_code == 400, answer.text
    (reason,) = answer.json()["requestError"]["serviceException"]["validationErrors"]["file"]
    return str(reason)


def blobs(backend: Backend) -> list[Path]:
    """What lies in the storage when all has been deleted that shall be."""
    assert backend.node.client.portal is not None
    backend.node.client.portal.call(backend.node.platform.blobs.delete_due)
    return sorted((backend.node.platform.settings.data_dir / "blobs" / "link-images").glob("*/*"))


def test_one_is_uploaded_read_listed_and_deleted(backend: Backend) -> None:
    before = blobs(backend)
    made = upload(backend)
    assert made.status_code == 201
    id = made.json()["id"]
    (file,) = set(blobs(backend)) - set(before)
    assert made.json() == {"id": id, "name": "logo.png", "type": "LOGO", "size": file.stat().st_size}
    assert opened(file.read_bytes()).size == (16, 9)
    assert backend.does("GET", f"/{id}") == made.json()
    assert backend.does("GET")["results"] == [made.json()]
    assert backend.does("DELETE", f"/{id}") == made.json()
    assert backend.is_refused(404, "GET", f"/{id}") == set()
    assert backend.is_refused(404, "DELETE", f"/{id}") == set()
    assert blobs(backend) == before


def test_only_what_can_be_seen_is_kept(backend: Backend) -> None:
    before = blobs(backend)
    text = PngInfo()
    text.add_text("Author", "a canary")
    upload(backend, encoded(small(), pnginfo=text) + b"a canary")
    (file,) = set(blobs(backend)) - set(before)
    assert b"canary" not in file.read_bytes()


@pytest.mark.parametrize(
    ("type", "width", "height"), [("LOGO", 100, 100), ("BACKGROUND", 2000, 2000), ("BACKGROUND", 101, 100)]
)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_a_picture_as_large_as_allowed_is_taken(
    backend: Backend, type: str, width: int, height: int, file_format: str
) -> None:
    made = upload(backend, encoded(Image.new("RGB", (width, height)), file_format), type)
    assert made.status_code == 201, made.text


@pytest.mark.parametrize(
    ("type", "content", "reason"),
    [
        ("LOGO", encoded(Image.new("RGB", (101, 100))), "at most 100 × 100 pixels"),
        ("LOGO", encoded(Image.new("RGB", (100, 101))), "at most 100 × 100 pixels"),
        ("BACKGROUND", encoded(Image.new("RGB", (2001, 10))), "at most 2000 × 2000 pixels"),
        ("LOGO", PICTURE + bytes(1024 * 1024), "at most 1048576 bytes"),
        ("BACKGROUND", PICTURE + bytes(10 * 1024 * 1024), "at most 10485760 bytes"),
        ("BACKGROUND", bytes(12_000_000), "at most 10485760 bytes"),
        ("LOGO", SVG, "PNG or JPEG"),
        ("LOGO", encoded(small(), "GIF"), "PNG or JPEG"),
        ("LOGO", b"", "PNG or JPEG"),
        ("LOGO", PICTURE[:45], "damaged"),
        ("LOGO", png_of(width=30_000, height=30_000), "pixels"),
        ("LOGO", encoded(small(), save_all=True, append_images=[small(color="red")]), "animation"),
    ],
    ids=str,
)
def test_what_is_not_taken_is_told_the_limit(backend: Backend, type: str, content: bytes, reason: str) -> None:
    assert reason in refusal(upload(backend, content, type))
    assert backend.does("GET")["results"] == []


@pytest.mark.parametrize("name", ["lo\u202ego.png", "x" * 256])
def test_a_name_that_would_mislead_is_refused(backend: Backend, name: str) -> None:
    assert "name" in refusal(upload(backend, name=name))


def test_what_is_much_too_large_is_not_read(backend: Backend) -> None:
    assert upload(backend, bytes(17 * 1024 * 1024)).status_code == 413


def test_there_are_two_types(backend: Backend) -> None:
    sent: dict[str, Any] = {"files": {"file": ("logo.png", PICTURE)}}
    assert backend.is_refused(400, "POST", "/upload/ICON", **sent) == {"type"}


def test_nobody_meets_those_of_another_account(backend: Backend, stranger: Backend) -> None:
    made = upload(backend).json()
    for method in ("GET", "DELETE"):
        assert stranger.is_refused(404, method, f"/{made['id']}") == set()
    assert stranger.does("GET")["paging"]["totalResults"] == 0
    assert backend.does("GET", f"/{made['id']}") == made


@pytest.fixture
def stingy(tmp_path: Path) -> Iterator[Backend]:
    """A backend whose account may store a picture and a half."""
    settings = Settings(data_dir=tmp_path / "data", storage_bytes_per_account=len(PICTURE) * 3 // 2)
    with started(settings) as node:
        yield Backend(node, PATH)


def test_an_account_stores_no_more_than_it_may(stingy: Backend) -> None:
    first = upload(stingy)
    assert first.status_code == 201
    full = upload(stingy)
    assert (full.status_code, "full" in full.text) == (400, True)
    used = stingy.under("/webrtc/1/settings").does("GET")["storageUsedBytes"]
    assert used == first.json()["size"]
    stingy.does("DELETE", f"/{first.json()['id']}")
    assert upload(stingy).status_code == 201
