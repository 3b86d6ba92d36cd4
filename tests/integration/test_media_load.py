"""`media-load`, whose WebRTC stack is not the worker's, takes part in rooms of a real node and checks every packet."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.server import API_KEY, ROOT, Server, running_server, workers_of

PROGRAM = ROOT / "target/release/media-load"
SPOKEN = 50
"""Packets per second of one microphone."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_server(tmp_path) as server:
        yield server


async def media_load(server: Server, *arguments: str, key: str = API_KEY) -> tuple[int, dict[str, Any], str]:
    """Its exit code, report, and complaints."""
    return await outcome(await begun(server, *arguments, key=key))


async def begun(server: Server, *arguments: str, key: str = API_KEY) -> asyncio.subprocess.Process:
    command = (*arguments, "--url", server.url, "--api-key", key, "--json")
    pids = [part for pid in workers_of(server) for part in ("--server-pid", str(pid))]
    return await asyncio.create_subprocess_exec(
        PROGRAM, *command, *pids, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def outcome(process: asyncio.subprocess.Process) -> tuple[int, dict[str, Any], str]:
    output, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(output or "{}"), errors.decode()


def assert_sound(report: dict[str, Any]) -> None:
    """Every packet was decrypted and was the right one."""
    assert report["failures"] == []
    assert {what: report[what] for what in ("lost", "spoiled", "foreign", "duplicates")} == {
        "lost": 0,
        "spoiled": 0,
        "foreign": 0,
        "duplicates": 0,
    }
    assert report["verified"] == report["received_packets"]


async def test_two_rooms_of_four_hear_and_see_each_other(server: Server) -> None:
    code, report, errors = await media_load(
        server, "rooms", "--participants", "4", "--rooms", "2", "--seconds", "5", "--verify", "1"
    )

    assert code == 0, (report, errors)
    assert_sound(report)
    heard = 8 * 3 * SPOKEN * report["seconds"]
    assert report["received_packets"] > 1.2 * heard, "pictures came, too"
    assert report["delay_ms"]["p50"] > 0
    assert report["server"]["cpu_seconds"] > 0


async def test_in_a_room_of_seven_whoever_is_loud_is_heard(server: Server) -> None:
    # Who only listens may hold a slot until somebody else has spoken; everybody speaks for three seconds.
    code, report, errors = await media_load(
        server,
        *("audio", "--speakers", "7", "--listeners", "2"),
        *("--warm-up", "10", "--seconds", "5", "--verify", "1"),
    )

    assert code == 0, (report, errors)
    assert_sound(report)
    assert report["received_packets"] > 0.9 * report["expected_packets"], "three microphones for each of nine"


async def test_in_a_room_that_grows_everybody_offers_more_slots_and_sees_everybody(server: Server) -> None:
    code, report, errors = await media_load(
        server, "rooms", "--participants", "7", "--seconds", "5", "--warm-up", "6", "--verify", "1"
    )

    assert code == 0, (report, errors)
    assert_sound(report)
    assert report["received_packets"] > 0.9 * report["expected_packets"], (
        "six pictures and three voices for each of seven"
    )


async def test_of_a_camera_with_three_layers_everybody_receives_one(server: Server) -> None:
    code, report, errors = await media_load(
        server, "rooms", "--participants", "3", "--simulcast", "--seconds", "5", "--verify", "1"
    )

    assert code == 0, (report, errors)
    assert_sound(report)
    spoken = 3 * 2 * SPOKEN * report["seconds"]
    assert report["received_packets"] > 1.2 * spoken, "pictures came, too"
    sent_pictures = report["sent_packets"] - spoken / 2
    assert report["received_packets"] - spoken < 2 * sent_pictures, "not all layers went to both of the others"


async def test_who_loses_the_worker_connects_again(server: Server) -> None:
    load = await begun(server, "rooms", "--participants", "3", "--seconds", "12", "--verify", "1")
    assert load.stderr is not None
    async for line in load.stderr:
        if b"counting" in line:
            break
    for pid in workers_of(server):
        os.kill(pid, signal.SIGKILL)
    code, report, errors = await outcome(load)

    assert code == 0, (report, errors)
    assert report["renewed"] == 3
    assert {what: report[what] for what in ("spoiled", "foreign")} == {"spoiled": 0, "foreign": 0}
    assert report["verified"] == report["received_packets"] > 3 * 2 * SPOKEN, (
        "seconds of speech for everybody, afterwards"
    )


async def test_whoever_visits_a_room_hears_its_host(server: Server) -> None:
    code, report, errors = await media_load(server, "joins", "--count", "9", "--parallel", "3", "--verify", "1")

    assert code == 0, (report, errors)
    assert report["joins"]["count"] == 9
    assert 0 < report["joins"]["time_ms"]["p50"] <= report["joins"]["time_ms"]["max"]


async def test_nothing_is_measured_with_a_wrong_key(server: Server) -> None:
    code, report, errors = await media_load(server, "rooms", key="wrong")

    assert (code, report) == (2, {})
    assert "no token was given: HTTP/1.1 401" in errors
