"""Devices before and during calls, and how much is sent and received: by the public SDK, in real browsers."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Playwright

from tests.e2e.browsers import launch_with_devices, new_context
from tests.e2e.conftest import Open
from tests.e2e.devices import Device, demo_token
from tests.e2e.people import PATIENCE, POLL
from tests.e2e.server import Server
from tests.e2e.test_firefox import START_SECONDS

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

MICROPHONE, CAMERA = 0, 1  # m-lines
LOW_DATA, HIGH_QUALITY = 1, 2  # AudioQualityMode
LOW_DATA_RATE = 22_000  # bits per second of sound with its headers of RTP: 16,000 and 50 headers of 12 bytes and more
FIREFOX = Path(__file__).with_name("firefox_devices.mjs")
FIREFOX_TELLS = (
    "lists devices, prompt, prompt",
    "plays",
    "sends 180 lines",
    "sends more",
    "FEATURE_UNAVAILABLE",  # keys of a telephone
    "DEVICE_NOT_FOUND",  # a camera that looks the other way
    "pauses",
    "resumes",
    "measures",
)
RATE_SECONDS = 2  # over which bits are counted


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(playwright: Playwright, server: Server) -> AsyncIterator[Device]:
    """Somebody with two cameras, and with a choice of microphones and loudspeakers."""
    browser = await launch_with_devices(playwright, 2)
    device = await Device.opens("desk", await new_context(browser), server, server.url)
    await device.connects()
    yield device
    await browser.close()


async def test_devices_are_listed_and_chosen_before_the_call_and_changed_in_it(desk: Device, open_device: Open) -> None:
    listed: dict[str, list[dict[str, str]]] = await desk.page.evaluate(
        """async () => {
            const { RTCMediaDevice } = await import('/sdk/ringback-rtc.mjs');
            const [microphones, loudspeakers, cameras] = await Promise.all([RTCMediaDevice.getAudioInputDevices(),
                RTCMediaDevice.getAudioOutputDevices(), RTCMediaDevice.getVideoInputDevices()]);
            return { microphones, loudspeakers, cameras };
        }"""
    )
    cameras, microphones = listed["cameras"], listed["microphones"]
    assert [camera["label"] for camera in cameras] == ["fake_device_0", "fake_device_1"]
    assert all(device["label"] for device in [*microphones, *listed["loudspeakers"]])

    anna = await open_device("anna")
    await desk.page.evaluate("(id) => device.rtc().setVideoInputDevice(id)", cameras[1]["deviceId"])
    await desk.page.evaluate("(id) => device.rtc().setAudioOutputDevice(id)", listed["loudspeakers"][1]["deviceId"])
    await desk.page.evaluate("device.joins('devices', { video: true })")
    await anna.joins("devices")
    await more_arrives(anna, "video")
    await sends(desk, CAMERA, cameras[1]["deviceId"])
    await desk.page.evaluate("window.player = new Audio(); void device.call().attach(player)")
    await desk.page.wait_for_function(
        "(id) => player.sinkId === id && !player.paused",
        arg=listed["loudspeakers"][1]["deviceId"],
        polling=POLL,
        timeout=PATIENCE,
    )

    await desk.page.evaluate("(id) => device.call().setVideoInputDevice(id)", cameras[0]["deviceId"])
    await desk.page.evaluate("(id) => device.call().setAudioInputDevice(id)", microphones[2]["deviceId"])
    await sends(desk, CAMERA, cameras[0]["deviceId"])
    await sends(desk, MICROPHONE, microphones[2]["deviceId"])
    await more_arrives(anna, "video")
    await more_arrives(anna, "audio")

    # These cameras do not say where they look, as most of computers do not.
    assert await fails(desk, "device.call().setCameraOrientation('environment')") == "DEVICE_NOT_FOUND"
    await sends(desk, CAMERA, cameras[0]["deviceId"])
    await more_arrives(anna, "video")
    await desk.leaves()


async def test_devices_that_are_denied_missing_and_busy_are_told_apart(playwright: Playwright, server: Server) -> None:
    denied = await launch_with_devices(playwright, 1, allowed=False)
    missing = await launch_with_devices(playwright, 0)
    try:
        refused = await Device.opens("refused", await new_context(denied, permissions=[]), server, server.url)
        assert await ends_without_devices(refused) == "DEVICE_FORBIDDEN"
        empty = await Device.opens("empty", await new_context(missing), server, server.url)
        assert await ends_without_devices(empty) == "DEVICE_NOT_FOUND"
        # No other program can have a fake device, so here the page plays the browser.
        busy = await Device.opens("busy", await new_context(missing), server, server.url)
        await busy.page.evaluate(
            """void (navigator.mediaDevices.getUserMedia =
                () => Promise.reject(new DOMException('In use', 'NotReadableError')))"""
        )
        assert await ends_without_devices(busy) == "DEVICE_UNAVAILABLE"
    finally:
        await denied.close()
        await missing.close()


async def test_incoming_video_pauses_while_sound_goes_on(open_device: Open) -> None:
    anna, boris = await both_in_a_room(open_device, "pausing", "{ video: true }")
    await boris.sees("anna")
    await boris.page.evaluate("device.call().pauseIncomingVideo()")
    await nothing_more_arrives(boris, "video")
    await more_arrives(boris, "audio")
    await anna.page.evaluate("device.call().cameraVideo(false)")
    await anna.page.evaluate("device.call().cameraVideo(true)")
    await nothing_more_arrives(boris, "video")
    await boris.page.evaluate("device.call().resumeIncomingVideo()")
    await boris.sees("anna")


async def test_low_data_spends_less_on_sound_that_is_heard_all_the_same(open_device: Open) -> None:
    anna, boris = await both_in_a_room(
        open_device, "spending", f"{{ audioOptions: {{ audioQualityMode: {HIGH_QUALITY} }} }}"
    )
    await boris.hears("anna")
    await anna.page.wait_for_function(RATE_OF_SOUND + f"> {LOW_DATA_RATE};}}", polling=POLL, timeout=PATIENCE)
    await anna.page.evaluate(f"device.call().setAudioQualityMode({LOW_DATA})")
    await anna.page.wait_for_function(RATE_OF_SOUND + f"< {LOW_DATA_RATE};}}", polling=POLL, timeout=PATIENCE)
    await boris.hears("anna")


async def test_less_video_is_sent_when_less_is_wished(open_device: Open) -> None:
    lowest = "{ video: true, videoOptions: { videoQuality: 'LOWEST' } }"
    anna, boris = await both_in_a_room(open_device, "qualities", lowest)
    await shows_lines(boris, 180)
    await boris.sees("anna")
    await anna.page.evaluate("device.call().setVideoQuality('HIGH')")
    await sends_lines(anna, 360)
    await shows_lines(boris, 360)
    await anna.page.evaluate("device.call().setVideoQuality('LOW')")
    await sends_lines(anna, 240)
    await shows_lines(boris, 240)
    await boris.sees("anna")


async def test_a_wished_codec_is_sent_in_one_size(open_device: Open) -> None:
    anna, boris = await both_in_a_room(open_device, "codecs", "{ video: true, videoOptions: { videoCodec: 'VP9' } }")
    await boris.sees("anna")
    assert await received(boris, "video", "codec") == ["video/VP9"]
    assert (
        await anna.page.evaluate("recognition.connections()[0].getSenders()[1].getParameters().encodings.length") == 1
    )


async def test_speech_into_a_muted_microphone_is_noticed_and_not_heard(open_device: Open) -> None:
    anna, boris = await both_in_a_room(open_device, "muted", "{ audioOptions: { detectTalkingWhileMuted: true } }")
    await boris.hears("anna")
    await anna.mutes()
    await anna.page.wait_for_function(
        "() => device.transcript.includes('in muted: talking-while-muted')", polling=POLL, timeout=PATIENCE
    )
    await boris.hears()


async def test_levels_tell_who_is_loud(open_device: Open) -> None:
    anna, boris = await both_in_a_room(open_device, "levels", "{}")
    await boris.page.evaluate("device.call().mute(true)")
    await boris.page.wait_for_function(
        """async () => {
            const { microphone, participants } = await device.call().audioLevels();
            const [anna] = device.call().participants();
            return microphone === 0 && participants.get(anna?.callId) > 0.01;
        }""",
        polling=POLL,
        timeout=PATIENCE,
    )
    await anna.page.wait_for_function(
        "() => device.call().audioLevels().then(({ microphone }) => microphone > 0.01)", polling=POLL, timeout=PATIENCE
    )


async def test_keys_of_a_telephone_have_nowhere_to_go_yet(open_device: Open) -> None:
    anna, boris = await both_in_a_room(open_device, "keys", "{}")
    assert await fails(anna, "device.call().sendDTMF('12#')") == "FEATURE_UNAVAILABLE"
    assert await fails(anna, "device.call().sendDTMF('call me')") == "INVALID_REQUEST"
    await boris.hears("anna")


async def test_firefox_plays_limits_and_pauses_too(open_device: Open) -> None:
    anna = await open_device("anna")
    await anna.page.evaluate("device.joins('with a fox', { video: true })")
    script = ("node", str(FIREFOX), anna.server.url, await demo_token(anna, "foxy"), "with a fox")
    firefox = await asyncio.create_subprocess_exec(*script, stdout=PIPE)
    assert firefox.stdout is not None
    try:
        for told in FIREFOX_TELLS:
            assert await asyncio.wait_for(firefox.stdout.readline(), START_SECONDS) == f"{told}\n".encode()
            if told.startswith("sends"):
                await more_arrives(anna, "video")
    finally:
        await firefox.wait()
    assert firefox.returncode == 0, "it asked another host, or could not leave"


async def both_in_a_room(open_device: Open, room: str, options: str) -> tuple[Device, Device]:
    """Anna with these options, and Boris who wishes nothing."""
    anna, boris = await open_device("anna"), await open_device("boris")
    await anna.page.evaluate(f"device.joins('{room}', {options})")
    await boris.joins(room)
    return anna, boris


async def sends(device: Device, line: int, device_id: str) -> None:
    """This microphone or camera is sent on this m-line."""
    await device.page.wait_for_function(
        """([line, id]) => {
            const [connection] = recognition.connections();
            return connection?.getTransceivers()[line].sender.track?.getSettings().deviceId === id;
        }""",
        arg=[line, device_id],
        polling=POLL,
        timeout=PATIENCE,
    )


async def fails(device: Device, code: str) -> str:
    """The name of the error that it is rejected with."""
    name: str = await device.page.evaluate(f"{code}.then(() => 'nothing', ({{ errorCode }}) => errorCode.name)")
    return name


async def ends_without_devices(device: Device) -> str:
    """The end of an attempt to join a room; each error says what helps."""
    await device.connects()
    await device.page.evaluate(
        """(room) => {
            device.joins(room, { video: true });
            device.call().on('room-left', ({ errorCode }) => { window.ended = errorCode; });
        }""",
        f"of {device.name}",
    )
    await device.page.wait_for_function("() => window.ended?.remedy", polling=POLL, timeout=PATIENCE)
    name: str = await device.page.evaluate("ended.name")
    return name


RECEIVED = """async ([kind, field]) => {
    const entries = (await Promise.all(recognition.connections().map(async (connection) =>
        [...(await connection.getStats()).values()]))).flat();
    return entries.filter((entry) => entry.type === 'inbound-rtp' && entry.kind === kind && entry.packetsReceived > 0)
        .map((entry) => field === 'codec' ? entries.find(({ id }) => id === entry.codecId)?.mimeType : entry[field]);
}"""

RATE_OF_SOUND = f"""async () => {{
    const sent = async () => [...(await recognition.connections().at(-1).getStats()).values()]
        .filter(({{ type, kind }}) => type === 'outbound-rtp' && kind === 'audio')
        .reduce((sum, {{ bytesSent, headerBytesSent }}) => sum + bytesSent + headerBytesSent, 0);
    const before = await sent();
    await new Promise((resolve) => setTimeout(resolve, {RATE_SECONDS * 1000}));
    window.rate = (await sent() - before) * 8 / {RATE_SECONDS};
    return window.rate """


async def received(device: Device, kind: str, field: str) -> list[Any]:
    values: list[Any] = await device.page.evaluate(RECEIVED, [kind, field])
    return values


async def more_arrives(device: Device, kind: str) -> None:
    before = sum(await received(device, kind, "packetsReceived"))
    await device.page.wait_for_function(
        f"""async (before) => (await ({RECEIVED})(['{kind}', 'packetsReceived']))
            .reduce((sum, packets) => sum + packets, 0) > before + 10""",
        arg=before,
        polling=POLL,
        timeout=PATIENCE,
    )


async def nothing_more_arrives(device: Device, kind: str) -> None:
    """For a second."""
    await device.page.wait_for_function(
        f"""async () => {{
            const count = async () => (await ({RECEIVED})(['{kind}', 'packetsReceived'])).join();
            const before = await count();
            await new Promise((resolve) => setTimeout(resolve, 1000));
            return await count() === before;
        }}""",
        polling=POLL,
        timeout=PATIENCE,
    )


async def shows_lines(device: Device, lines: int) -> None:
    await device.page.wait_for_function(
        "(lines) => document.querySelector('video')?.videoHeight === lines", arg=lines, polling=POLL, timeout=PATIENCE
    )


async def sends_lines(device: Device, lines: int) -> None:
    """The largest picture that leaves has so many lines."""
    await device.page.wait_for_function(
        """async (lines) => {
            const entries = [...(await recognition.connections().at(-1).getStats()).values()];
            const sent = entries.filter(({ type, rid, active }) => type === 'outbound-rtp' && rid && active);
            return Math.max(...sent.map(({ frameHeight }) => frameHeight ?? 0)) === lines;
        }""",
        arg=lines,
        polling=POLL,
        timeout=PATIENCE,
    )
