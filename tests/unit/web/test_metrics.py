"""`/metrics`: who may ask, and what stands there."""

from collections.abc import Iterable, Mapping

import pytest
from fastapi import APIRouter
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from ringback.kernel.errors import Unavailable
from ringback.kernel.figures import Durations, Figure
from ringback.testing.clock import VirtualClock
from ringback.testing.ids import CountingIds
from ringback.web import Operation, described
from ringback.web.assembly import assemble
from ringback.web.metrics import Source
from tests.unit.web.test_assembly import gate

HERE = ("127.0.0.1", 50000)


def routes(clock: VirtualClock) -> APIRouter:
    router = APIRouter(route_class=Operation)

    @router.get("/shapes/{id}", **described("get-shape", accepts=()))
    async def get(id: str) -> str:
        clock.advance(float(id))
        return id

    return router


def client_of(*sources: Source, host: tuple[str, int] = HERE) -> TestClient:
    clock = VirtualClock()
    app = assemble(gate=gate(clock), ids=CountingIds(), routers=[routes(clock)], checks={}, figures=sources, home=None)
    return TestClient(app, client=host)


def samples(client: TestClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(client: TestClient, name: str, labels: Mapping[str, str] | None = None) -> float | None:
    return samples(client).get((name, frozenset((labels or {}).items())))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_programs_on_this_machine_are_answered(host: str) -> None:
    assert client_of(host=(host, 1)).get("/metrics").status_code == 200


@pytest.mark.parametrize("host", ["203.0.113.7", "10.0.0.1", "2001:db8::1", "::ffff:203.0.113.7", "testclient"])
def test_for_others_there_is_no_such_path(host: str) -> None:
    client = client_of(host=(host, 1))
    answer, nothing = client.get("/metrics"), client.get("/nowhere")
    assert (answer.status_code, answer.json()) == (404, nothing.json())


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "Origin"])
def test_what_a_proxy_or_a_page_here_passes_on_is_not_answered(header: str) -> None:
    assert client_of().get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_it_is_not_part_of_the_api() -> None:
    assert "/metrics" not in client_of().get("/openapi.json").json()["paths"]


def test_requests_are_counted_by_operation_method_and_status() -> None:
    client = client_of()
    client.get("/shapes/1")
    client.get("/shapes/2")
    client.post("/shapes/3")
    count = "ringback_http_requests_total"
    assert value(client, count, {"operation": "get-shape", "method": "GET", "status": "200"}) == 2
    assert value(client, count, {"operation": "get-shape", "method": "POST", "status": "405"}) == 1


def test_durations_are_those_of_the_clock() -> None:
    client = client_of()
    for seconds in ("0.002", "0.2", "4"):
        client.get(f"/shapes/{seconds}")
    labels = {"operation": "get-shape", "method": "GET"}
    name = "ringback_http_request_seconds"
    bounds = {
        bound: value(client, f"{name}_bucket", {**labels, "le": bound}) for bound in ("0.001", "0.0025", "0.25", "+Inf")
    }
    assert bounds == {"0.001": 0, "0.0025": 1, "0.25": 2, "+Inf": 3}
    assert value(client, f"{name}_count", labels) == 3
    assert value(client, f"{name}_sum", labels) == pytest.approx(4.202)


def test_no_label_holds_what_a_caller_chose() -> None:
    client = client_of()
    client.get("/shapes/77777.5?identity=anna", headers={"X-Request-Id": "77777.5"})
    client.get("/nowhere/77777.5")
    client.request("BREW77777.5", "/shapes/1")
    text = client.get("/metrics").text
    assert "anna" not in text
    assert "BREW" not in text
    labels = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in labels if "77777" in line] == []
    assert value(client, "ringback_http_requests_total", {"operation": "none", "method": "GET", "status": "404"}) == 1


def test_figures_of_the_parts_stand_beside_each_other() -> None:
    busy = Durations()
    busy.add(0.3)

    async def one() -> Iterable[Figure]:
        return [
            Figure("bells", "Bells.", 2, {"tower": "east"}),
            Figure("bells", "Bells.", 3, {"tower": "west"}),
            Figure("rings_total", "Rings.", 7),
        ]

    async def other() -> Iterable[Figure]:
        return [Figure("ring_seconds", "Seconds.", busy)]

    client = client_of(one, other)
    assert value(client, "bells", {"tower": "west"}) == 3
    assert value(client, "rings_total") == 7
    assert value(client, "ring_seconds_bucket", {"le": "0.5"}) == 1
    assert "# TYPE rings_total counter" in client.get("/metrics").text


def test_a_part_that_has_no_time_leaves_the_others_readable() -> None:
    async def overloaded() -> Iterable[Figure]:
        raise Unavailable

    async def fine() -> Iterable[Figure]:
        return [Figure("bells", "Bells.", 2)]

    with capture_logs() as logs:
        assert value(client_of(overloaded, fine), "bells") == 2
    assert "Figures are missing." in [entry["event"] for entry in logs]


def test_the_process_and_the_release_are_shown() -> None:
    shown = {name for name, _ in samples(client_of())}
    assert {"process_resident_memory_bytes", "process_open_fds", "ringback_build_info"} <= shown
