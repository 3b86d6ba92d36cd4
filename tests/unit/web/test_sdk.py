"""The SDK as pages of any origin load it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ringback import __version__
from ringback.testing.ids import CountingIds
from ringback.web.assembly import assemble
from ringback.web.sdk import FILES
from tests.unit.web.test_assembly import gate

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    sdk = tmp_path / "sdk"
    sdk.mkdir()
    for file in {file for file, _ in FILES.values()}:
        (sdk / file).write_text(f"// {file}")
    (sdk / "other.js").write_text("// other")
    (tmp_path / "private.txt").write_text("private")
    app = assemble(gate=gate(), ids=CountingIds(), routers=[], checks={}, home=None, sdk=sdk)
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "file", "media_type"),
    [
        ("ringback-rtc.js", "ringback-rtc.global.js", "text/javascript; charset=utf-8"),
        ("infobip.rtc.js", "ringback-rtc.global.js", "text/javascript; charset=utf-8"),
        ("ringback-rtc.mjs", "ringback-rtc.mjs", "text/javascript; charset=utf-8"),
        ("ringback-rtc.mjs.map", "ringback-rtc.mjs.map", "application/json"),
        ("ringback-rtc.global.js.map", "ringback-rtc.global.js.map", "application/json"),
    ],
)
@pytest.mark.parametrize("version", ["", f"{__version__}/"])
def test_each_file_has_its_address_and_type(
    client: TestClient, version: str, path: str, file: str, media_type: str
) -> None:
    answer = client.get(f"/sdk/{version}{path}")
    assert (answer.status_code, answer.text) == (200, f"// {file}")
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_of_any_origin_may_load_it(client: TestClient) -> None:
    for headers in ({}, {"Origin": "https://shop.example"}):
        answer = client.get("/sdk/ringback-rtc.mjs", headers=headers)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_without_a_version_it_is_asked_for_again_and_answered_briefly(client: TestClient) -> None:
    answer = client.get("/sdk/ringback-rtc.js")
    assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get("/sdk/ringback-rtc.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Access-Control-Allow-Origin"] == "*"


def test_with_its_version_it_is_kept_for_ever(client: TestClient) -> None:
    assert client.get(f"/sdk/{__version__}/ringback-rtc.js").headers["Cache-Control"].endswith("immutable")


@pytest.mark.parametrize(
    "path", ["", "other.js", "9.9.9/ringback-rtc.js", "../private.txt", "..%2fprivate.txt", f"{__version__}/", "%00"]
)
def test_nothing_else_is_there(client: TestClient, path: str) -> None:
    answer = client.get(f"/sdk/{path}")
    assert answer.status_code == 404
    assert "private" not in answer.text


def test_a_missing_build_says_what_to_do(tmp_path: Path) -> None:
    app = assemble(gate=gate(), ids=CountingIds(), routers=[], checks={}, home=None, sdk=tmp_path)
    answer = TestClient(app).get("/sdk/ringback-rtc.js")
    assert answer.status_code == 404
    assert "make build" in answer.text


def test_the_sdk_is_released_with_the_platform() -> None:
    package = json.loads((REPOSITORY / "packages/rtc/package.json").read_text("utf-8"))
    assert package["version"] == __version__
