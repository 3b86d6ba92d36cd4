"""What every answer has in common: shape A for errors, headers, limits, and nothing that leaks."""

import asyncio
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn

import httpx2
import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from ringback.kernel import errors
from ringback.testing.clock import VirtualClock
from ringback.testing.ids import CountingIds
from ringback.web import Authenticated, Operation, Principal, RequestModel, Scheme, described, health
from ringback.web.assembly import BODY_LIMIT, assemble
from ringback.web.errors import FIELDS_TOLD
from ringback.web.idempotency import Idempotency
from ringback.web.limits import RateLimits
from ringback.web.operations import Gate


class Colour(StrEnum):
    RED = "RED"


class Shape(RequestModel):
    edge_count: int
    colour: Colour | None = None
    colours: tuple[Colour, ...] = ()
    inner: "Shape | None" = None


async def one_key(credentials: str, _address: str) -> Principal:
    if credentials != "good":
        raise errors.Unauthenticated
    return Principal(account_id="account", credential_id="key")


class NoReceipts:
    """Nothing here is repeatable."""

    async def find(self, account_id: str, key: str) -> None: ...
    def claiming(self, account_id: str, key: str, fingerprint: bytes) -> NoReturn:
        raise AssertionError

    async def complete(self, account_id: str, key: str, status: int, content_type: str, body: bytes) -> None: ...


def gate(clock: VirtualClock | None = None) -> Gate:
    return Gate(
        authenticators={Scheme.API_KEY: one_key},
        limits=RateLimits(),
        idempotency=Idempotency(NoReceipts()),
        clock=clock or VirtualClock(),
    )


FAMILIES = {
    "invalid": errors.InvalidRequest("is too round", field="edgeCount"),
    "unauthenticated": errors.Unauthenticated(),
    "forbidden": errors.Forbidden(),
    "missing": errors.NotFound(),
    "state": errors.InvalidState(),
    "unavailable": errors.Unavailable(),
    "unmapped": errors.RingbackError("internal detail"),
    "bug": KeyError("+15550100"),
}


def routes() -> APIRouter:
    router = APIRouter(route_class=Operation)

    @router.post("/shapes", **described("create-shape", accepts=(Scheme.API_KEY, Scheme.BASIC), errors=(400,)))
    async def create(principal: Authenticated, shape: Shape) -> dict[str, Any]:
        return {"account": principal.account_id, "edges": shape.edge_count}

    @router.get("/fail/{family}", **described("fail", accepts=()))
    async def fail(family: str) -> None:
        raise FAMILIES[family]

    return router


async def fine() -> str:
    return "Fine."


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    built = tmp_path / "app" / "showcase"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html>")
    (tmp_path / "app" / "reference").mkdir()
    (tmp_path / "app" / "reference" / "index.html").write_text("<!doctype html><title>Reference</title>")
    (built / "assets" / "main-1a2b3c.js").write_text("1")
    (tmp_path / "private.txt").write_text("private")
    return tmp_path / "app"


@pytest.fixture
def client(pages: Path) -> Iterator[TestClient]:
    app = assemble(gate=gate(), ids=CountingIds(), routers=[routes()], checks={"it": fine}, home=None, pages=pages)
    with TestClient(app, follow_redirects=False) as client:
        yield client


def details(answer: httpx2.Response) -> dict[str, Any]:
    """The inside of shape A, which has no other keys (the Java client refuses them)."""
    body = answer.json()
    assert body.keys() == {"requestError"}
    assert body["requestError"].keys() == {"serviceException"}
    inside = body["requestError"]["serviceException"]
    assert isinstance(inside, dict)
    assert {"messageId", "text"} <= inside.keys() <= {"messageId", "text", "validationErrors"}
    return inside


KEY = {"Authorization": "App good"}


@pytest.mark.parametrize(
    ("family", "status", "message_id"),
    [
        ("invalid", 400, "BAD_REQUEST"),
        ("unauthenticated", 401, "UNAUTHORIZED"),
        ("forbidden", 403, "FORBIDDEN"),
        ("missing", 404, "NOT_FOUND"),
        ("state", 409, "CONFLICT"),
        ("unavailable", 503, "SERVICE_UNAVAILABLE"),
        ("unmapped", 500, "GENERAL_ERROR"),
        ("bug", 500, "GENERAL_ERROR"),
    ],
)
def test_every_family_of_errors_has_its_answer(client: TestClient, family: str, status: int, message_id: str) -> None:
    with capture_logs():
        answer = client.get(f"/fail/{family}")
    assert (answer.status_code, details(answer)["messageId"]) == (status, message_id)
    assert "internal detail" not in answer.text
    assert "+15550100" not in answer.text


def test_an_invalid_request_names_the_field(client: TestClient) -> None:
    assert details(client.get("/fail/invalid"))["validationErrors"] == {"edgeCount": ["is too round"]}


def test_unavailable_says_when_to_come_back(client: TestClient) -> None:
    assert client.get("/fail/unavailable").headers["Retry-After"] == "1"


def test_a_bug_is_logged_with_the_requests_id(client: TestClient) -> None:
    with capture_logs() as logs:
        answer = client.get("/fail/bug")
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("A request failed unexpectedly.", "error"),
        ("Answered.", "warning"),
    ]
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("method", "path", "status", "message_id"),
    [
        ("GET", "/nowhere", 404, "NOT_FOUND"),
        ("GET", "/shapes/", 404, "NOT_FOUND"),
        ("GET", "/redoc", 404, "NOT_FOUND"),
        ("DELETE", "/shapes", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/app/showcase", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_what_is_not_there(client: TestClient, method: str, path: str, status: int, message_id: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, details(answer)["messageId"]) == (status, message_id)


def test_a_body_that_does_not_fit_is_a_400_that_names_each_field(client: TestClient) -> None:
    answer = client.post("/shapes", headers=KEY, json={"edgeCount": "many", "inner": {"colour": "red"}})
    assert answer.status_code == 400
    assert details(answer)["validationErrors"].keys() == {"edgeCount", "inner.edgeCount", "inner.colour"}


def test_of_too_many_wrong_fields_some_are_told(client: TestClient) -> None:
    answer = client.post("/shapes", headers=KEY, json={"edgeCount": 3, "colours": ["red"] * 10_000})
    assert len(details(answer)["validationErrors"]) == FIELDS_TOLD


def test_null_means_absent_and_unknown_fields_are_ignored(client: TestClient) -> None:
    assert client.post("/shapes", headers=KEY, json={"edgeCount": 3, "colour": None, "new": 1}).status_code == 200
    assert client.post("/shapes", headers=KEY, json={"edgeCount": None}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b"null", b"\xff", b'{"edgeCount":NaN}', b"[" * 100_000, b'{"edgeCount":' + b"1" * 5000],
)
def test_a_body_that_is_not_json_is_a_400(client: TestClient, body: bytes) -> None:
    answer = client.post("/shapes", headers={**KEY, "Content-Type": "application/json"}, content=body)
    assert (answer.status_code, details(answer)["messageId"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "json", ";"])
def test_a_body_that_is_not_called_json_is_a_415(client: TestClient, kind: str) -> None:
    answer = client.post("/shapes", headers={**KEY, "Content-Type": kind}, content=b'{"edgeCount":3}')
    assert (answer.status_code, details(answer)["messageId"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
)
def test_json_has_several_names(client: TestClient, kind: str) -> None:
    answer = client.post("/shapes", headers={**KEY, "Content-Type": kind}, content=b'{"edgeCount":3}')
    assert answer.json() == {"account": "account", "edges": 3}


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_is_a_413(client: TestClient, announced: bool) -> None:
    body = b" " * (BODY_LIMIT + 1)
    answer = client.post(
        "/shapes",
        headers={**KEY, "Content-Type": "application/json"},
        content=body if announced else iter([body[:1000], body[1000:]]),
    )
    assert (answer.status_code, details(answer)["messageId"]) == (413, "REQUEST_TOO_LARGE")


def test_without_credentials_nothing_is_said_about_the_body(client: TestClient) -> None:
    for headers in ({}, {"Authorization": "App bad"}):
        answer = client.post("/shapes", headers=headers, content=b"{")
        assert answer.status_code == 401
        assert details(answer) == {"messageId": "UNAUTHORIZED", "text": "Unauthorized"}
        assert answer.headers["WWW-Authenticate"] == "App"


@pytest.mark.parametrize("path", ["/", "/health/live", "/nowhere", "/app/showcase", "/app/nowhere", "/fail/bug"])
def test_every_answer_protects_people_in_browsers(client: TestClient, path: str) -> None:
    with capture_logs():
        headers = client.get(path).headers
    assert "http" not in headers["Content-Security-Policy"]
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert {"camera=(self)", "microphone=(self)"} <= set(headers["Permissions-Policy"].split(", "))
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert len(headers["X-Request-Id"]) == 36


@pytest.mark.parametrize("path", ["/app/showcase", "/app/showcase/", "/app/showcase?identity=alice"])
def test_a_page_is_always_asked_for_again(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.text) == (200, "<!doctype html>")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_the_reference_has_an_address_that_people_guess(client: TestClient) -> None:
    answer = client.get("/docs")
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>Reference</title>")
    assert answer.headers["Cache-Control"] == "no-cache"


def test_a_hashed_file_is_kept_for_ever(client: TestClient) -> None:
    assert client.get("/app/showcase/assets/main-1a2b3c.js").headers["Cache-Control"].endswith("immutable")


def test_a_missing_build_says_what_to_do(client: TestClient) -> None:
    answer = client.get("/app/console")
    assert answer.status_code == 404
    assert "make build" in answer.text
    assert client.get("/app/console/assets/main.js").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/app/../private.txt",
        "/app/%2e%2e/private.txt",
        "/app/showcase/..%2f..%2f..%2fprivate.txt",
        "/app//etc/passwd",
        "/app/%00",
        "/app/" + "x" * 5000,
    ],
)
def test_no_path_leads_out_of_the_pages(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "private" not in answer.text


def test_the_openapi_document_describes_the_errors_as_they_are(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    create = document["paths"]["/shapes"]["post"]
    assert "422" not in create["responses"]
    assert create["security"] == [{"APIKeyHeader": []}, {"Basic": []}]
    assert not {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()


def test_the_root_leads_home_if_there_is_one(pages: Path) -> None:
    for home, status in (("/app/showcase", 307), (None, 200)):
        app = assemble(gate=gate(), ids=CountingIds(), routers=[], checks={}, home=home, pages=pages)
        answer = TestClient(app, follow_redirects=False).get("/")
        assert (answer.status_code, answer.headers.get("Location")) == (status, home)


def test_a_node_is_ready_when_every_check_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0)

    async def broken() -> str:
        raise errors.Unavailable("0 of 2 connected.")

    async def stuck() -> str:
        await asyncio.Event().wait()
        return "never"

    def readiness(checks: dict[str, health.Check]) -> httpx2.Response:
        app = assemble(gate=gate(), ids=CountingIds(), routers=[], checks=checks, home=None)
        assert TestClient(app).get("/health/live").json() == {"status": "UP"}
        return TestClient(app).get("/health/ready")

    ready = readiness({"database": fine})
    assert (ready.status_code, ready.json()["status"]) == (200, "UP")
    not_ready = readiness({"database": fine, "workers": broken, "bus": stuck})
    assert not_ready.status_code == 503
    assert not_ready.json() == {
        "status": "DOWN",
        "checks": {
            "database": {"status": "UP", "detail": "Fine."},
            "workers": {"status": "DOWN", "detail": "0 of 2 connected."},
            "bus": {"status": "DOWN", "detail": "No answer in time."},
        },
    }
