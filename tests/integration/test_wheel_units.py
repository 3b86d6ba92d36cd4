"""What `deploy/` promises: workers that others start outlive the control plane; the files say what they should."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from configparser import ConfigParser
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from typer.testing import CliRunner

from ringback.app import worker_command
from ringback.cli import cli
from ringback.kernel.clock import SystemClock
from ringback.kernel.ids import RandomIds
from ringback.media import launch
from ringback.media.errors import WorkerStartFailed
from ringback.media.supervisor import WorkerConfig, WorkerSupervisor, worker_program
from ringback.settings import Settings
from tests.unit.media.witnesses import Log, RecordingListener

ROOT = Path(__file__).parents[2]
SYSTEMD = ROOT / "deploy" / "systemd"
UNITS = ("ringback.service", "ringback-worker@.service")
COMPOSE = ROOT / "deploy" / "compose"
PATIENCE_SECONDS = 30.0


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory whose sockets have short paths, which pytest's own do not."""
    with tempfile.TemporaryDirectory(prefix="rb-") as directory:
        yield Path(directory)


def environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")}
    ours = {"DATA_DIR": str(data), "WORKERS": "1", "WORKERS_EXTERNAL": "true", "MEDIA_UDP_PORT": "0", "PORT": "0"}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path]),
        **{f"RINGBACK_{name}": value for name, value in ours.items()},
    }


async def started(data: Path, log: Path, *arguments: str) -> asyncio.subprocess.Process:
    with log.open("ab") as stderr:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ringback", *arguments),
            env=environment(data),
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
        )


@asynccontextmanager
async def serving(data: Path, log: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`ringback serve` and its address, once it answers."""
    process = await started(data, log, "serve")
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (said := (await process.stdout.readline()).decode()).startswith("Showcase:"):
                assert said, events(log)
        yield process, said.split()[1].removesuffix("/app/showcase")
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def events(log: Path) -> list[str]:
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    return [json.loads(line)["event"] for line in lines]


@pytest.mark.worker
async def test_a_worker_that_others_start_is_adopted_and_outlives_every_control_plane(
    data: Path, tmp_path: Path
) -> None:
    if os.environ.get("RINGBACK_SKIP_WORKER") == "1":
        pytest.skip("RINGBACK_SKIP_WORKER=1")
    logs = [tmp_path / name for name in ("worker", "first", "second")]
    worker = await started(data, logs[0], "worker", "run", "--number", "0")
    try:
        for log, end in ((logs[1], signal.SIGKILL), (logs[2], signal.SIGTERM)):
            async with serving(data, log) as (control_plane, url):
                assert "media worker adopted" in events(log)
                async with httpx2.AsyncClient(base_url=url) as client:
                    ready = (await client.get("/health/ready")).json()
                assert ready["checks"]["media workers"]["detail"] == "1 of 1 connected."
                control_plane.send_signal(end)
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await control_plane.communicate()
            assert control_plane.returncode == (-signal.SIGKILL if end is signal.SIGKILL else 0)
            assert worker.returncode is None
            assert "media worker started" not in events(log)
    finally:
        worker.terminate()
        await worker.communicate()
    assert worker.returncode == 0, "it was ours to end, and it ended regularly"
    assert logs[0].read_text().count("controller taken") == 2


@pytest.mark.worker
async def test_a_worker_that_others_restart_is_adopted_again(data: Path, log: Log) -> None:
    if os.environ.get("RINGBACK_SKIP_WORKER") == "1":
        pytest.skip("RINGBACK_SKIP_WORKER=1")
    config = WorkerConfig(
        binary=Settings().worker_binary, directory=data / "workers", addresses=("127.0.0.1",), count=1, external=True
    )

    async def worker() -> asyncio.subprocess.Process:
        silent = asyncio.subprocess.DEVNULL
        return await asyncio.create_subprocess_exec(*worker_program(config, 0), stdout=silent, stderr=silent)

    first = await worker()
    supervisor = WorkerSupervisor(config, epoch=1, build="test", clock=SystemClock(), ids=RandomIds())
    listener = RecordingListener()
    await supervisor.start(listener)
    first.kill()
    await first.wait()
    assert await listener.heard(1) == [("lost", 0)]
    second = await worker()
    await log.said("media worker adopted", pid=second.pid)
    await supervisor.stop()
    assert second.returncode is None
    second.terminate()
    assert await second.wait() == 0


async def test_a_worker_that_nobody_starts_is_missed(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "START_TIMEOUT", 0.05)
    config = WorkerConfig(
        binary=Path("/bin/false"), directory=data / "workers", addresses=("127.0.0.1",), count=1, external=True
    )
    supervisor = WorkerSupervisor(config, epoch=1, build="test", clock=SystemClock(), ids=RandomIds())
    with pytest.raises(WorkerStartFailed, match=r"worker-0\.sock.*systemctl start ringback-worker@0"):
        await supervisor.start(RecordingListener())


def test_a_worker_is_started_by_others_as_serve_would(data: Path) -> None:
    addresses = ("127.0.0.1", "203.0.113.7=127.0.0.1")
    settings = Settings(data_dir=data, workers=2, media_udp_port=43000, media_addresses=addresses, log_level="warning")
    command = worker_command(settings, 1)
    assert command[0] == str(settings.worker_binary)
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--socket"] == str(data / "workers" / "worker-1.sock")
    assert options["--udp-port"] == "43001"
    assert options["--address"] == "127.0.0.1"
    assert options["--announce"] == "203.0.113.7=127.0.0.1"
    assert options["--log"] == "warn"
    assert (data / "workers").is_dir()


def test_there_are_as_many_workers_as_the_settings_say(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBACK_WORKERS", "2")
    refused = CliRunner().invoke(cli, ["worker", "run", "--number", "2", "--data-dir", str(data)])
    assert refused.exit_code == 2
    assert "RINGBACK_WORKERS is 2" in refused.stderr
    monkeypatch.setenv("RINGBACK_WORKER_BINARY", "/nowhere/ringback-media")
    refused = CliRunner().invoke(cli, ["worker", "run", "--number", "1", "--data-dir", str(data)])
    assert refused.exit_code == 2
    assert "/nowhere/ringback-media cannot be run" in refused.stderr


def unit(name: str) -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None, comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as its documentation says
    parser.read(SYSTEMD / name)
    return parser


@pytest.mark.parametrize("name", UNITS)
def test_units_are_restarted_and_confined(name: str) -> None:
    service = unit(name)["Service"]
    assert service["Restart"] == "always"
    assert service["User"] == service["Group"] == "ringback"
    for protection in ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "PrivateDevices", "RestrictSUIDSGID"):
        assert service[protection] == "true"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert service["StateDirectoryMode"] == "0700"


def test_no_unit_takes_the_workers_down_with_the_control_plane() -> None:
    for name in UNITS:
        ties = {"Requires", "BindsTo", "PartOf", "Requisite", "StopPropagatedFrom"}
        assert ties.isdisjoint(unit(name)["Unit"])
    text = (SYSTEMD / UNITS[0]).read_text("utf-8")
    assert "Environment=RINGBACK_WORKERS_EXTERNAL=true" in text
    same = re.compile(r"^(?:Environment=RINGBACK_DATA_DIR|EnvironmentFile)=.*$", re.MULTILINE)
    assert same.findall(text) == same.findall((SYSTEMD / UNITS[1]).read_text("utf-8"))


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    if not (analyze := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / "ringback"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name in UNITS:
        text = (SYSTEMD / name).read_text("utf-8").replace("/opt/ringback/bin/ringback", str(program))
        (tmp_path / name.replace("@.", "@0.")).write_text(text)
    units = [str(tmp_path / name.replace("@.", "@0.")) for name in UNITS]
    result = subprocess.run([analyze, "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    loaded = yaml.safe_load((COMPOSE / "compose.yaml").read_text("utf-8"))
    services: dict[str, dict[str, Any]] = loaded["services"]
    assert set(services) == {"ringback", "worker"}
    return services


def test_containers_share_the_sockets_of_the_workers(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        assert service["network_mode"] == "host", "a worker can only announce addresses that it has"
        assert "workers:/var/lib/ringback/workers" in service["volumes"]
        assert service["user"] == services["worker"]["user"], "a worker obeys only its own user"
    assert not any(volume.startswith("data:") for volume in services["worker"]["volumes"]), "it needs no database"
    assert services["ringback"]["environment"]["RINGBACK_WORKERS_EXTERNAL"] == "true"
    shared = {"RINGBACK_WORKERS", "RINGBACK_MEDIA_UDP_PORT", "RINGBACK_MEDIA_ADDRESSES"}
    assert shared <= services["worker"]["environment"].keys() & services["ringback"]["environment"].keys()
    assert all(services["worker"]["environment"][name] == services["ringback"]["environment"][name] for name in shared)


def test_containers_are_confined_and_restarted(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        assert service["restart"] == "unless-stopped"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert "depends_on" not in services["worker"], "it goes on when the control plane is replaced"


def test_the_image_is_made_of_the_wheel_and_has_no_compiler() -> None:
    text = (COMPOSE / "Dockerfile").read_text("utf-8")
    stages = re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]
    final = stages[-1]
    assert all(re.match(r"[\w./-]+:[\w.-]+(?: AS \w+)?\n", stage) for stage in stages), "a version, not the latest"
    assert re.search(r"^USER (?!0\b)\d+:\d+$", final, re.MULTILINE), "a number, which Kubernetes can check"
    assert 'ENTRYPOINT ["ringback"]' in final
    assert any("maturin build --release --locked" in stage for stage in stages)
    assert not re.search(r"cargo|rustup|node|npm|gcc|apt-get", final)
    copied = [
        source for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE) for source in line.split()
    ]
    ignored = (COMPOSE / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert [source for source in copied if not (ROOT / source).exists() or f"!{source}" not in ignored] == []
