"""One line for each answer, with what operators need and nothing that people gave."""

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from fastapi import APIRouter
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from ringback.kernel.errors import Unavailable
from ringback.testing.clock import VirtualClock
from ringback.testing.ids import CountingIds
from ringback.web import Operation, Scheme, described
from ringback.web.assembly import assemble
from tests.unit.web.test_assembly import KEY, gate

Line = MutableMapping[str, Any]


def routes(clock: VirtualClock) -> APIRouter:
    router = APIRouter(route_class=Operation)

    @router.get("/towers/{name}", **described("get-tower", accepts=(Scheme.API_KEY,)))
    async def get(name: str, seconds: float = 0.0) -> str:
        clock.advance(seconds)
        if name == "burning":
            raise Unavailable
        if name == "broken":
            raise KeyError(name)
        return name

    return router


@pytest.fixture
def client() -> Iterator[TestClient]:
    clock = VirtualClock()
    app = assemble(gate=gate(clock), ids=CountingIds(), routers=[routes(clock)], checks={}, home=None)
    with TestClient(app) as client:
        yield client


@pytest.fixture(autouse=True)
def debugging() -> Iterator[None]:
    """The log holds everything."""
    usual = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    yield
    structlog.configure(wrapper_class=usual)


@contextmanager
def answered() -> Iterator[list[Line]]:
    """The lines about answers, as they would be written."""
    lines: list[Line] = []
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        yield lines
    lines += [entry for entry in logs if entry["event"] == "Answered."]


def test_the_line_says_who_asked_for_what_and_how_it_went(client: TestClient) -> None:
    with answered() as lines:
        answer = client.get("/towers/annas-tower?seconds=0.25", headers=KEY)
    assert lines == [
        {
            "event": "Answered.",
            "log_level": "debug",
            "operation": "get-tower",
            "method": "GET",
            "status": 200,
            "milliseconds": 250.0,
            "request_id": answer.headers["X-Request-Id"],
            "account_id": "account",
            "credential_id": "key",
        }
    ]


def test_what_a_stranger_asked_has_no_account(client: TestClient) -> None:
    with answered() as lines:
        client.get("/towers/one")
        client.get("/nowhere")
    assert [(line["operation"], line["status"], "account_id" in line) for line in lines] == [
        ("get-tower", 401, False),
        ("none", 404, False),
    ]


@pytest.mark.parametrize(
    ("path", "level"),
    [
        ("/towers/one?seconds=1", "debug"),
        ("/towers/one?seconds=1.001", "warning"),
        ("/towers/burning", "warning"),
        ("/towers/broken", "warning"),
        ("/nowhere", "debug"),
    ],
)
def test_failures_and_slow_answers_are_warnings(client: TestClient, path: str, level: str) -> None:
    with answered() as lines:
        client.get(path, headers=KEY)
    assert [line["log_level"] for line in lines] == [level]


@pytest.mark.parametrize("id", ["a", "7f3c-0.1_B", "x" * 64])
def test_a_callers_request_id_is_kept(client: TestClient, id: str) -> None:
    with answered() as lines:
        answer = client.get("/towers/one", headers={**KEY, "X-Request-Id": id})
    assert (answer.headers["X-Request-Id"], lines[0]["request_id"]) == (id, id)


@pytest.mark.parametrize("id", ["", "x" * 65, "a b", "+15550100", "a\tb", "a/b", '{"level":"error"}'])
def test_a_request_id_that_could_write_the_log_is_replaced(client: TestClient, id: str) -> None:
    with answered() as lines:
        answer = client.get("/towers/one", headers=[*KEY.items(), ("X-Request-Id", id)])
    assert answer.headers["X-Request-Id"] == lines[0]["request_id"]
    assert len(lines[0]["request_id"]) == 36


def test_pages_may_send_and_read_the_id(client: TestClient) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    allowed = client.options("/towers/one", headers={**asked, "Access-Control-Request-Headers": "x-request-id"})
    assert allowed.status_code == 200
    assert "X-Request-Id" in client.get("/towers/one", headers=asked).headers["Access-Control-Expose-Headers"]
