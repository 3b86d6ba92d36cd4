"""The figures of a whole node while people call, and the document that explains them."""

import re
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ringback.media.commands import CloseRoom
from ringback.media.model import Load
from ringback.media.supervisor import WorkerConfig, WorkerSupervisor
from ringback.testing.clock import VirtualClock
from ringback.testing.ids import CountingIds
from ringback.testing.media import FakeWorker
from tests.integration.signaling.world import World

DOCUMENT = Path(__file__).parents[3] / "docs/operations/metrics.md"


async def read(world: World, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=world.origin) as client:
        return await client.get("/metrics", headers=headers)


async def figures(world: World) -> dict[str, float]:
    """Every sample of the node's own, as it is written: `ringback_sessions{state="away"}`."""
    answer = await read(world)
    assert answer.status_code == 200
    assert {family.type for family in text_string_to_metric_families(answer.text)} <= {"gauge", "counter", "histogram"}
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if line.startswith("ringback_")]
    return {name: float(value) for name, _, value in lines}


async def test_people_and_their_calls_are_counted(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    clara = await world.connects("clara")
    call = await anna.does(
        "call.start", destination={"type": "WEBRTC", "identity": "boris"}, microphone=True, camera=False
    )
    await clara.does("room.join", name="standup", microphone=True, camera=False)
    await world.says_all()
    now = await figures(world)
    assert now['ringback_sessions{state="connected"}'] == 3
    assert sum(count for name, count in now.items() if name.startswith("ringback_calls{")) == 3
    assert now["ringback_rooms"] == 1
    assert now['ringback_outbox_undelivered{consumer="signaling"}'] == 0
    assert now["ringback_database_commit_seconds_count"] > 0

    await anna.does("call.hangUp", callId=call["callId"])
    await boris.vanishes()
    await world.says_all()
    now = await figures(world)
    assert now['ringback_sessions{state="connected"}'] == 2
    assert now['ringback_sessions{state="away"}'] == 1
    assert sum(count for name, count in now.items() if name.startswith("ringback_calls{")) == 1


async def test_requests_are_counted_by_their_operation(world: World) -> None:
    async with httpx2.AsyncClient(base_url=world.origin) as client:
        await client.post("/webrtc/1/token", json={"identity": "anna"})
        await client.get("/webrtc/1/token")
        await client.get("/docs-of-anna")
    now = await figures(world)
    counted = {name for name in now if name.startswith("ringback_http_requests_total")}
    assert {
        'ringback_http_requests_total{method="POST",operation="generate-webrtc-token",status="401"}',
        'ringback_http_requests_total{method="GET",operation="generate-webrtc-token",status="405"}',
        'ringback_http_requests_total{method="GET",operation="none",status="404"}',
    } <= {sorted_labels(name) for name in counted}
    assert not any("anna" in name for name in now)


def sorted_labels(name: str) -> str:
    family, _, labels = name.removesuffix("}").partition("{")
    return f"{family}{{{','.join(sorted(labels.split(',')))}}}"


@pytest.mark.parametrize("client", ["203.0.113.7", "127.0.0.1", "127.0.0.1, 203.0.113.7"])
async def test_who_comes_through_a_proxy_on_this_machine_is_not_answered(world: World, client: str) -> None:
    assert (await read(world, **{"X-Forwarded-For": client})).status_code == 404


async def test_the_document_explains_every_figure(world: World, tmp_path: Path) -> None:
    await read(world)  # the first answer is counted in the second
    shown = {re.sub(r"_(bucket|count|sum)$", "", name.partition("{")[0]) for name in await figures(world)}
    config = WorkerConfig(binary=Path("-"), directory=tmp_path, addresses=(), count=1)
    supervisor = WorkerSupervisor(config, epoch=1, build="test", clock=VirtualClock(), ids=CountingIds())
    async with FakeWorker(tmp_path / "worker-0.sock") as worker:
        await supervisor.start(world.conversations.jobs)
        worker.have(Load.NORMAL)
        await supervisor.run(0, "1", CloseRoom(room="none"))  # what was said before its answer has been heard
        shown |= {figure.name for figure in supervisor.figures()}
        await supervisor.stop()
    explained = set(re.findall(r"^\| `(ringback_\w+)` \|", DOCUMENT.read_text("utf-8"), re.MULTILINE))
    assert explained == shown


async def test_what_is_alerted_on_is_there(world: World) -> None:
    text = DOCUMENT.read_text("utf-8")
    explained = set(re.findall(r"^\| `(ringback_\w+)` \|", text, re.MULTILINE))
    used = {re.sub(r"_(bucket|count|sum)$", "", name) for name in re.findall(r"ringback_\w+", text)}
    assert used == explained
