"""Codecs that no page of ours sends by itself, between real browsers: VP9, AV1 and RED through a worker alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route

from tests.contract.worker.conftest import BINARY
from tests.contract.worker.controller import Controller
from tests.e2e.browsers import new_context
from tests.e2e.conftest import Launch
from tests.e2e.people import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.worker, pytest.mark.asyncio(loop_scope="session")]

ORIGIN = "http://localhost/"  # answered by the test itself; browsers allow capture there
ROOM = {"room": "r"}

PAGE = """<!doctype html><script>
const COMMON = { "video/vp9": "profile-id=0", "video/av1": "profile=0" };

function pick(kind, names) {
  const { codecs } = RTCRtpReceiver.getCapabilities(kind);
  const isCommon = (codec) => (codec.sdpFmtpLine ?? "").includes(COMMON[codec.mimeType.toLowerCase()] ?? "");
  return names.flatMap((name) => codecs.filter((codec) => codec.mimeType.toLowerCase() === name && isCommon(codec)));
}

async function offer([audio, video, capture]) {
  const stream = capture ? await navigator.mediaDevices.getUserMedia({ audio: true, video: true }) : undefined;
  window.connection = new RTCPeerConnection();
  window.players = [];
  connection.ontrack = ({ track }) => {
    const player = document.createElement(track.kind);
    player.srcObject = new MediaStream([track]);
    player.play().catch(() => {});
    players.push(player);
  };
  const add = (kind, direction, track) => {
    const transceiver = connection.addTransceiver(track ?? kind, { direction });
    transceiver.setCodecPreferences(pick(kind, kind === "audio" ? audio : video));
  };
  add("audio", "sendonly", stream?.getAudioTracks()[0]);
  add("video", "sendonly", stream?.getVideoTracks()[0]);
  add("video", "sendonly");
  add("audio", "recvonly");
  add("video", "recvonly");
  await connection.setLocalDescription();
  return connection.localDescription.sdp;
}

async function received() {
  const stats = [...(await connection.getStats()).values()];
  const streams = stats.filter(({ type, packetsReceived }) => type === "inbound-rtp" && packetsReceived);
  return Object.fromEntries(streams.map((stream) => [stream.kind, stream]));
}

async function plays(kinds) {
  const { audio, video } = await received();
  const heard = audio?.packetsReceived > 100 && audio.totalAudioEnergy > 0.001;
  return heard && (!kinds.includes("video") || video?.framesDecoded > 30);
}

async function untilItPlays(kinds) {
  while (!(await plays(kinds))) await new Promise((resolve) => setTimeout(resolve, 100));
}
</script>"""


@pytest_asyncio.fixture(loop_scope="session")
async def worker(tmp_path: Path) -> AsyncIterator[Controller]:
    """The controller of a worker of its own."""
    path = tmp_path / "worker.sock"
    process = await asyncio.create_subprocess_exec(BINARY, "--socket", path, "--log", "error")
    while not path.exists():
        assert process.returncode is None
        await asyncio.sleep(0.01)
    controller = Controller(*await asyncio.open_unix_connection(path))
    await controller.hello()
    yield controller
    controller.close()
    process.terminate()
    await process.wait()


async def join(
    page: Page, worker: Controller, name: str, audio: list[str], video: list[str], *, capture: bool = False
) -> None:
    async def answer(route: Route) -> None:
        await route.fulfill(body=PAGE, content_type="text/html")

    await page.route(ORIGIN, answer)
    await page.goto(ORIGIN)
    sdp = await page.evaluate("offer", [audio, video, capture])
    answered = (await worker.done("accept_offer", **ROOM, participant=name, transport=name, sdp=sdp))["sdp"]
    if audio[0] == "audio/red":
        # Answers prefer Opus, as those do who do not ask for RED.
        answered = answered.replace("SAVPF 111 63", "SAVPF 63 111")
    await page.evaluate("(sdp) => connection.setRemoteDescription({ type: 'answer', sdp })", answered)


@pytest.mark.parametrize("codec", ["video/vp9", "video/av1"])
async def test_who_knows_vp9_av1_and_red_gets_them_and_who_does_not_gets_opus(
    worker: Controller, browser_of: Launch, codec: str
) -> None:
    await worker.done("open_room", **ROOM)
    for number, source in enumerate(("MICROPHONE", "CAMERA")):
        await worker.done("publish", **ROOM, participant="anna", publication=source, number=number, source=source)
    for name in ("boris", "clara"):
        slot = {**ROOM, "participant": name, "index": 0}
        await worker.done("map_slot", **slot, kind="AUDIO", publication=None, loudest=True)
        await worker.done("map_slot", **slot, kind="VIDEO", publication="CAMERA")
    context = await new_context(await browser_of("anna"))
    anna, boris, clara = [await context.new_page() for _ in range(3)]
    await join(anna, worker, "anna", ["audio/red", "audio/opus"], [codec, "video/rtx"], capture=True)
    await join(boris, worker, "boris", ["audio/opus", "audio/red"], ["video/vp8", codec, "video/rtx"])
    await join(clara, worker, "clara", ["audio/opus"], ["video/vp8", "video/rtx"])
    async with asyncio.timeout(PATIENCE / 1000):
        await boris.evaluate("untilItPlays", ["audio", "video"])
        await clara.evaluate("untilItPlays", ["audio"])

    received: dict[str, dict[str, Any]] = {
        "boris": await boris.evaluate("received()"),
        "clara": await clara.evaluate("received()"),
    }
    assert "video" not in received["clara"]
    sizes = {name: of["audio"]["bytesReceived"] / of["audio"]["packetsReceived"] for name, of in received.items()}
    assert sizes["boris"] > 1.6 * sizes["clara"], "each packet also has what was in the one before"
    await context.close()
