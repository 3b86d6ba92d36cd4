"""`/webrtc/1/files`: what an SDK uploads, and what backends see of it."""

import itertools
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image
from structlog.testing import capture_logs

from ringback.captures.api import UPLOAD_LIMIT
from ringback.settings import Settings
from tests.integration.conftest import Node, started
from tests.unit.quarantine.pictures import SVG, encoded, opened, png_of, small

PICTURE = encoded(small())
STORED = len(PICTURE)
"""Bytes that it takes: made again, it is the same."""


@dataclass(frozen=True)
class Customer:
    """An account of its own, on a node that others use too."""

    node: Node
    account_id: str
    key: dict[str, str]

    def token(self, identity: str = "anna") -> dict[str, str]:
        answer = self.node.client.post("/webrtc/1/token", json={"identity": identity}, headers=self.key)
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    def upload(
        self,
        content: bytes = PICTURE,
        file_format: str = "PNG",
        *,
        identity: str = "anna",
        name: str = "anna_screen_1.png",
    ) -> httpx2.Response:
        """As the SDK does it, a second after the one before."""
        self.node.clock.advance(1)
        return self.node.client.post(
            "/webrtc/1/files",
            files={"file": (name, content, "image/png")},
            data={"fileFormat": file_format},
            headers=self.token(identity),
        )

    def get(self, path: str = "", **query: Any) -> httpx2.Response:
        return self.node.client.get(f"/webrtc/1/files{path}", params=query, headers=self.key)

    def delete(self, id: str) -> httpx2.Response:
        return self.node.client.delete(f"/webrtc/1/files/{id}", headers=self.key)

    def blobs(self) -> list[str]:
        """Names of what lies in the storage, when all has been deleted that shall be."""
        assert self.node.client.portal is not None
        self.node.client.portal.call(self.node.platform.blobs.delete_due)
        folder = self.node.platform.settings.data_dir / "blobs" / "captures" / self.account_id
        return sorted(path.name for path in folder.glob("*"))


_numbers = itertools.count(1)


def new_customer(node: Node) -> Customer:
    name = f"customer {next(_numbers)}"
    key = node.key_of_another_account(name)
    assert node.client.portal is not None
    account = node.client.portal.call(node.platform.accounts.find_account, name)
    return Customer(node, account.id, key)


@pytest.fixture
def customer(node: Node) -> Customer:
    return new_customer(node)


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """The status, and the one field that is named, or else the text."""
    exception = answer.json()["requestError"]["serviceException"]
    fields = list(exception.get("validationErrors", {}))
    return answer.status_code, ", ".join(fields) or exception["text"]


def test_an_uploaded_file_is_listed_read_downloaded_and_deleted(customer: Customer) -> None:
    uploaded = customer.upload()
    assert uploaded.status_code == 200
    file = uploaded.json()
    moment = customer.node.clock.now()
    assert file == {
        "id": file["id"],
        "name": f"{file['id']}_anna_{int(moment.timestamp())}000.png",
        "fileFormat": "PNG",
        "size": STORED,
        "creationTime": moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
    }
    page = {"page": 0, "size": 20, "totalPages": 1, "totalResults": 1}
    assert customer.get().json() == {"results": [file], "pageInfo": page}
    assert customer.get(f"/{file['id']}").json() == file
    download = customer.get(f"/{file['id']}/download")
    assert (download.status_code, download.headers["Content-Type"]) == (200, "application/octet-stream")
    assert download.headers["Content-Disposition"] == f'attachment; filename="{file["name"]}"'
    assert opened(download.content).getpixel((0, 0)) == small().getpixel((0, 0))
    deleted = customer.delete(file["id"])
    assert (deleted.status_code, deleted.json()) == (200, file)
    gone = (customer.get(f"/{file['id']}"), customer.get(f"/{file['id']}/download"), customer.delete(file["id"]))
    assert [answer.status_code for answer in gone] == [404, 404, 404]
    assert customer.get().json()["results"] == []


def test_the_bytes_of_a_deleted_file_are_deleted(customer: Customer) -> None:
    kept, deleted = (customer.upload().json()["id"] for _ in range(2))
    assert customer.blobs() == sorted([kept, deleted])
    customer.delete(deleted)
    assert customer.blobs() == [kept]


def test_the_newest_files_come_first_a_page_at_a_time(customer: Customer) -> None:
    ids = [customer.upload().json()["id"] for _ in range(5)]
    pages = [customer.get(page=page, size=2).json() for page in range(4)]
    assert [[file["id"] for file in page["results"]] for page in pages] == [ids[:2:-1], ids[2:0:-1], ids[:1], []]
    assert pages[3]["pageInfo"] == {"page": 3, "size": 2, "totalPages": 3, "totalResults": 5}


@pytest.mark.parametrize("query", [{"size": 0}, {"size": 101}, {"page": -1}, {"page": "first"}, {"page": 2**31}])
def test_a_page_that_cannot_be_is_a_400_that_names_it(customer: Customer, query: dict[str, Any]) -> None:
    assert refusal(customer.get(**query)) == (400, *query)


def test_another_accounts_file_is_not_found(customer: Customer) -> None:
    file = customer.upload().json()
    other = new_customer(customer.node)
    asked = (other.get(f"/{file['id']}"), other.get(f"/{file['id']}/download"), other.delete(file["id"]))
    assert [answer.status_code for answer in asked] == [404, 404, 404]
    assert other.get().json()["results"] == []
    assert customer.get().json()["results"] == [file]
    assert customer.blobs() == [file["id"]]


@pytest.mark.parametrize("id", ["unknown", "%00", "..%2F..", "x" * 5000, "%F0%9F%8E%A5"])
def test_an_id_that_is_nobodys_is_not_found(customer: Customer, id: str) -> None:
    assert [customer.get(f"/{id}").status_code, customer.get(f"/{id}/download").status_code] == [404, 404]


def test_only_a_token_uploads_and_a_token_only_uploads(customer: Customer) -> None:
    form: dict[str, Any] = {"files": {"file": ("a.png", PICTURE)}, "data": {"fileFormat": "PNG"}}
    assert customer.node.client.post("/webrtc/1/files", headers=customer.key, **form).status_code == 401
    file = customer.upload().json()
    person = replace(customer, key=customer.token())
    asked = (
        person.get(),
        person.get(f"/{file['id']}"),
        person.get(f"/{file['id']}/download"),
        person.delete(file["id"]),
    )
    assert [answer.status_code for answer in asked] == [401, 401, 401, 401]


@pytest.mark.parametrize("identity", ["anna=+/.-_", "Аня-из-дома", "../../../etc/passwd"])
def test_a_file_name_is_safe_whoever_it_is_of(customer: Customer, identity: str) -> None:
    file = customer.upload(identity=identity, name='"; evil="\r\n../x.html').json()
    download = customer.get(f"/{file['id']}/download")
    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9._-]+"', download.headers["Content-Disposition"])


def test_only_what_can_be_seen_is_kept(customer: Customer) -> None:
    exif = Image.Exif()
    exif[0x013B] = "a canary"
    file = customer.upload(encoded(small(), "JPEG", exif=exif) + b"a canary", "JPEG").json()
    assert file["name"].endswith(".jpg")
    download = customer.get(f"/{file['id']}/download")
    assert opened(download.content).format == "JPEG"
    assert b"canary" not in download.content
    assert file["size"] == len(download.content)


@pytest.mark.parametrize(
    ("content", "file_format", "status", "field"),
    [
        (SVG, "PNG", 415, "file"),
        (encoded(small(), "GIF"), "PNG", 415, "file"),
        (encoded(small(), "JPEG"), "PNG", 415, "file"),
        (b"", "JPEG", 415, "file"),
        (encoded(small(), save_all=True, append_images=[small(color="red")]), "PNG", 415, "file"),
        (encoded(Image.effect_noise((300, 200), 100))[:9000], "PNG", 400, "file"),
        (png_of(width=30_000, height=30_000), "PNG", 413, "file"),
        (bytes(UPLOAD_LIMIT + 1), "PNG", 413, "file"),
        (PICTURE, "GIF", 400, "fileFormat"),
        (PICTURE, "png", 400, "fileFormat"),
        (PICTURE, "", 400, "fileFormat"),
        (PICTURE, "PNG\x00", 400, "fileFormat"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_field_named(
    customer: Customer, content: bytes, file_format: str, status: int, field: str
) -> None:
    assert refusal(customer.upload(content, file_format)) == (status, field)
    assert customer.blobs() == []


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"files": {}, "data": {"fileFormat": "PNG"}}, 415),  # no file: not sent as a multipart form
        ({"files": {"file": ("a.png", PICTURE)}}, 400),
        ({"files": {"other": ("a.png", PICTURE)}, "data": {"fileFormat": "PNG"}}, 400),
        ({"files": [("file", ("a.png", PICTURE))] * 2, "data": {"fileFormat": "PNG"}}, 400),
        ({"files": {"file": ("a.png", PICTURE)}, "data": {f"x{number}": "" for number in range(9)}}, 400),
        ({"files": {"file": ("a.png", PICTURE)}, "data": {"fileFormat": "PNG" * 1000}}, 400),
        ({"files": {"file": ("a.png", bytes(UPLOAD_LIMIT + 100_000))}, "data": {"fileFormat": "PNG"}}, 413),
        ({"json": {"file": "a.png", "fileFormat": "PNG"}}, 415),
        ({"content": PICTURE, "headers": {"Content-Type": "image/png"}}, 415),
        ({"content": b"--b\r\nnonsense", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, 400),
        ({"content": b"nonsense", "headers": {"Content-Type": "multipart/form-data"}}, 400),
    ],
)
def test_a_form_that_is_not_the_sdks_is_refused(customer: Customer, form: dict[str, Any], status: int) -> None:
    headers = {**customer.token(), **form.get("headers", {})}
    answer = customer.node.client.post("/webrtc/1/files", **{**form, "headers": headers})
    assert answer.status_code == status
    assert answer.json()["requestError"]["serviceException"]["text"]
    assert customer.blobs() == []


@pytest.fixture(scope="module")
def small_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Its accounts may store three pictures each."""
    data = tmp_path_factory.mktemp("small") / "data"
    with started(Settings(data_dir=data, storage_bytes_per_account=3 * STORED)) as node:
        yield node


def test_an_account_stores_no_more_than_it_may(small_node: Node) -> None:
    customer, other = new_customer(small_node), new_customer(small_node)
    first = customer.upload().json()["id"]
    assert other.upload().status_code == 200
    assert [customer.upload().status_code for _ in range(2)] == [200, 200]
    full = (413, "The account's storage for files is full: delete some.")
    assert refusal(customer.upload()) == full
    assert refusal(customer.upload(SVG)) == full, "nothing is decoded for who has no room"
    customer.delete(first)
    assert customer.upload().status_code == 200
    assert len(customer.blobs()) == 3


def test_uploads_at_the_same_time_do_not_store_more_together(small_node: Node) -> None:
    customer = new_customer(small_node)
    headers = customer.token()
    form: dict[str, Any] = {"files": {"file": ("a.png", PICTURE)}, "data": {"fileFormat": "PNG"}}
    with ThreadPoolExecutor(8) as threads:
        uploads = [threads.submit(small_node.client.post, "/webrtc/1/files", headers=headers, **form) for _ in range(8)]
    assert sorted(each.result().status_code for each in uploads) == [200] * 3 + [413] * 5
    assert customer.get().json()["pageInfo"]["totalResults"] == 3
    assert len(customer.blobs()) == 3


def test_an_account_without_storage_is_told_in_the_words_that_the_sdk_knows(tmp_path: Path) -> None:
    with started(Settings(data_dir=tmp_path / "data", storage_bytes_per_account=0)) as node:
        assert refusal(new_customer(node).upload()) == (403, "File storage is not enabled for account.")


def test_a_storage_that_fails_is_a_503_and_leaves_nothing(customer: Customer) -> None:
    folder = customer.node.platform.settings.data_dir / "blobs" / "captures" / customer.account_id
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("where a folder should be")
    with capture_logs() as log:
        failed = customer.upload()
    assert (failed.status_code, failed.headers["Retry-After"]) == (503, "1")
    assert "captures" not in failed.text, "where files are kept is nobody's business"
    assert any("File exists" in entry.get("reason", "") for entry in log)
    assert customer.get().json()["results"] == []


def test_a_page_of_another_origin_may_upload(node: Node) -> None:
    asked = node.client.options(
        "/webrtc/1/files",
        headers={
            "Origin": "https://shop.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (200, "*")
