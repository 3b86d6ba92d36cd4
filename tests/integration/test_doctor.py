"""What `ringback doctor` finds: each finding from facts, and the facts on this machine."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from rich.console import Console
from typer.testing import CliRunner

import ringback.app
from ringback.app import build_app, serve
from ringback.cli import cli
from ringback.doctor import Finding, Status, examine, gather, show
from ringback.doctor.facts import (
    ClockFacts,
    DataFacts,
    Facts,
    Listener,
    MediaFacts,
    ProgramFacts,
    ServerFacts,
    StorageFacts,
    TlsFacts,
)
from ringback.kernel.clock import SystemClock
from ringback.kernel.errors import Unavailable
from ringback.platform import Platform, open_platform
from ringback.settings import KEY_FILE, Settings
from ringback.storage import blob_store
from ringback.web.certificates import Certificate
from tests.integration.bucket import Bucket, served

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CERTIFICATE = Certificate(
    certificate_file=Path("cert.pem"),
    key_file=Path("key.pem"),
    names=frozenset({"calls.example.org"}),
    ends=NOW + timedelta(days=60),
    self_signed=False,
)
HEALTHY = Facts(
    local=False,
    server=ServerFacts(host="0.0.0.0", port=8080, listener=Listener.NOBODY),  # noqa: S104
    media=MediaFacts(
        addresses=("127.0.0.1", "203.0.113.7"),
        foreign=(),
        default="203.0.113.7",
        ports=(42000, 42001),
        taken=(),
        receive_buffer_limit=4 * 1024**2,
    ),
    tls=TlsFacts(
        public_host="calls.example.org",
        public_https=True,
        cameras_work=True,
        wanted=True,
        certificate=CERTIFICATE,
        error=None,
        key_mode=0o600,
    ),
    clock=ClockFacts(now=NOW, wall_seconds=0.5, monotonic_seconds=0.5, data_written=NOW - timedelta(hours=1)),
    data=DataFacts(
        directory=Path("/var/lib/ringback"),
        exists=True,
        writable=True,
        free_bytes=20 * 1024**3,
        secret_key_file=Path("/var/lib/ringback/secret.key"),
        secret_key_mode=0o600,
        secret_key_set=False,
        schema="0002",
    ),
    storage=StorageFacts(url="s3://files/ringback", error=None),
    program=ProgramFacts(
        python=(3, 11),
        version="0.1.0",
        worker_binary=Path("/usr/bin/ringback-media"),
        worker_says="ringback-media 0.1.0",
        worker_error="",
        schema="0002",
        pages_built=True,
        in_checkout=False,
        open_files=65536,
    ),
)


def changed(part: str, **fields: Any) -> Facts:
    """The healthy facts, with these instead."""
    return replace(HEALTHY, **{part: replace(getattr(HEALTHY, part), **fields)})


def not_ok(facts: Facts) -> list[Finding]:
    return [finding for finding in examine(facts) if finding.status is not Status.OK]


def test_nothing_is_wrong_with_a_healthy_machine() -> None:
    assert not_ok(HEALTHY) == []


PROBLEM, WARNING = Status.PROBLEM, Status.WARNING


@pytest.mark.parametrize(
    ("facts", "subject", "status", "says", "remedy"),
    [
        (changed("program", python=(3, 10)), "Python", PROBLEM, "3.10", "3.11 or newer"),
        (
            changed("program", worker_says=None, worker_error="No such file or directory"),
            "Media worker",
            PROBLEM,
            "/usr/bin/ringback-media cannot be run: No such file",
            "Install the ringback package again",
        ),
        (
            changed("program", worker_says=None, worker_error="?", in_checkout=True),
            "Media worker",
            PROBLEM,
            "cannot be run",
            "make build",
        ),
        (changed("program", worker_says="ringback-media 0.0.9"), "Media worker", WARNING, "0.0.9", "again"),
        (changed("data", schema="0003"), "Stored data", PROBLEM, "newer release", "backup"),
        (changed("data", schema="0001"), "Stored data", WARNING, "makes it 0002", "Copy"),
        (changed("program", pages_built=False), "Pages", PROBLEM, "not there", "again"),
        (changed("program", pages_built=False, in_checkout=True), "Pages", PROBLEM, "not there", "make build"),
        (changed("program", open_files=1024), "Open files", WARNING, "1024", "LimitNOFILE"),
        (changed("program", open_files=64), "Open files", PROBLEM, "64", "ulimit"),
        (changed("server", listener=Listener.SOMEBODY_ELSE), "TCP port 8080", PROBLEM, "Another program", "ss -ltnp"),
        (
            changed("server", listener=Listener.NOT_ALLOWED, refusal="Permission denied"),
            "TCP port 8080",
            PROBLEM,
            "Permission denied",
            "1023",
        ),
        (
            changed("server", listener=Listener.RINGBACK, failing=("media workers: No media worker is connected.",)),
            "TCP port 8080",
            PROBLEM,
            "not ready: media workers",
            "log",
        ),
        (changed("media", taken=(42001,)), "Media ports", WARNING, "42001 in use", "adopts"),
        (changed("media", receive_buffer_limit=212992), "UDP buffers", WARNING, "212992", "net.core.rmem_max=4194304"),
        (changed("media", addresses=("127.0.0.1",)), "ICE addresses", PROBLEM, "Only 127.0.0.1", "MEDIA_ADDRESSES"),
        (
            replace(changed("media", addresses=("127.0.0.1", "169.254.1.1")), local=True),
            "ICE addresses",
            WARNING,
            "other machines",
            "network",
        ),
        (changed("media", addresses=("0.0.0.0",)), "ICE addresses", PROBLEM, "cannot send", "real ones"),  # noqa: S104
        (
            changed("media", foreign=("203.0.113.9",)),
            "ICE addresses",
            PROBLEM,
            "does not have 203.0.113.9",
            "203.0.113.9=203.0.113.7",
        ),
        (
            changed("tls", wanted=False, certificate=None, public_https=False, cameras_work=False),
            "HTTPS",
            WARNING,
            "refuse cameras",
            "--tls-self-signed",
        ),
        (changed("tls", certificate=None, error="Cannot read x."), "HTTPS", PROBLEM, "Cannot read x", "TLS_CERT"),
        (changed("tls", public_host="other.example.org"), "HTTPS", PROBLEM, "not for other", "RINGBACK_PUBLIC_URL"),
        (
            changed("tls", certificate=replace(CERTIFICATE, ends=NOW - timedelta(days=1))),
            "HTTPS",
            PROBLEM,
            "ended on 2026-11-21",
            "Renew",
        ),
        (
            changed("tls", certificate=replace(CERTIFICATE, ends=NOW + timedelta(days=3), self_signed=True)),
            "HTTPS",
            WARNING,
            "ends on 2026-11-25",
            "makes a new one",
        ),
        (changed("tls", key_mode=0o644), "HTTPS key", WARNING, "mode 644", "chmod 600"),
        (changed("clock", now=datetime(1970, 1, 2, tzinfo=UTC)), "Clock", PROBLEM, "1970-01-02", "set-ntp"),
        (changed("clock", data_written=NOW + timedelta(hours=1)), "Clock", PROBLEM, "set back", "set-ntp"),
        (changed("clock", wall_seconds=61.0), "Clock", WARNING, "+60 s", "set-ntp"),
        (
            changed("server", date=NOW + timedelta(seconds=90), asked_at=NOW),
            "Clock of the server",
            WARNING,
            "+90 s",
            "both machines",
        ),
        (changed("data", writable=False), "Data directory", PROBLEM, "cannot be written", "user"),
        (changed("data", writable=False, exists=False), "Data directory", PROBLEM, "cannot be made", "user"),
        (changed("data", free_bytes=500 * 1024**2), "Data directory", WARNING, "0.5 GiB", "room"),
        (changed("data", free_bytes=1024**2), "Data directory", PROBLEM, "0.0 GiB", "room"),
        (
            changed("storage", error="no such bucket"),
            "Storage",
            PROBLEM,
            "s3://files/ringback: no such bucket.",
            "AWS_",
        ),
        (changed("data", secret_key_mode=0o640), "Secret key", PROBLEM, "mode 640", "chmod 600 /var/lib"),
    ],
)
def test_what_is_wrong_is_said_with_its_remedy(
    facts: Facts, subject: str, status: Status, says: str, remedy: str
) -> None:
    (finding,) = not_ok(facts)
    assert (finding.subject, finding.status) == (subject, status)
    assert says in finding.says
    assert finding.remedy is not None
    assert remedy in finding.remedy
    assert "\n" not in finding.says + finding.remedy


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (changed("server", listener=Listener.RINGBACK), "answers, and is ready"),
        (changed("server", date=NOW + timedelta(seconds=1), asked_at=NOW), "As ours"),
        (
            replace(changed("media", taken=(42000, 42001)), server=replace(HEALTHY.server, listener=Listener.RINGBACK)),
            "as they are while Ringback runs",
        ),
        (changed("media", ports=()), "Chosen by the system"),
        (changed("media", receive_buffer_limit=None), "Cannot be read here"),
        (changed("tls", wanted=False, certificate=None), "proxy at calls.example.org"),
        (changed("tls", wanted=False, certificate=None, public_https=False), "Not needed"),
        (changed("tls", certificate=None), "The next start makes"),
        (changed("tls", certificate=replace(CERTIFICATE, self_signed=True)), "Self-signed"),
        (changed("data", secret_key_set=True, secret_key_mode=None), "RINGBACK_SECRET_KEY"),
        (changed("data", secret_key_mode=None), "first start"),
        (changed("data", schema=None), "None yet"),
        (HEALTHY, "s3://files/ringback."),
    ],
)
def test_what_is_well_is_said_too(facts: Facts, says: str) -> None:
    assert not_ok(facts) == []
    assert any(says in finding.says for finding in examine(facts))


def test_findings_are_lines_in_a_file_and_a_table_on_a_terminal() -> None:
    findings = [Finding("Pages", Status.OK, "Built."), Finding("Disk [1]", Status.PROBLEM, "Full.", "Make room.")]
    lines, table = StringIO(), StringIO()
    show(findings, Console(file=lines, width=40))
    assert lines.getvalue() == "OK      Pages: Built.\nPROBLEM Disk [1]: Full. Make room.\n"
    show(findings, Console(file=table, width=60, force_terminal=True, color_system=None))
    assert "→ Make room." in table.getvalue()
    assert "What" in table.getvalue()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A node that has never been started, on a port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    return Settings(data_dir=tmp_path / "data", port=port, workers=1, media_udp_port=0)


def test_a_machine_before_the_first_start(settings: Settings) -> None:
    facts = gather(settings, SystemClock())
    assert facts.local
    assert facts.server.listener is Listener.NOBODY
    assert not facts.data.exists
    assert facts.data.writable
    assert facts.data.free_bytes > 0
    assert facts.data.schema is None
    assert facts.media.foreign == ()
    assert facts.program.version == ringback.__version__
    assert facts.storage.error is None
    assert not settings.data_dir.exists(), "it only looks"


async def test_what_is_stored_is_looked_at(settings: Settings) -> None:
    async with open_platform(settings):
        pass
    (settings.data_dir / KEY_FILE).chmod(0o644)
    facts = await asyncio.to_thread(gather, settings, SystemClock())
    assert facts.data.schema == facts.program.schema
    assert facts.data.secret_key_mode == 0o644
    assert facts.clock.data_written is not None


def test_what_a_nat_has_to_do_is_said() -> None:
    behind_nat = changed("media", addresses=("127.0.0.1", "203.0.113.7=10.0.0.5"))
    said = next(finding for finding in examine(behind_nat) if finding.subject == "ICE addresses")
    assert said.status is Status.OK
    assert "203.0.113.7 (arriving at 10.0.0.5: the NAT" in said.says


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_ports_of_others_are_seen(settings: Settings, kind: socket.SocketKind) -> None:
    with closing(socket.socket(socket.AF_INET, kind)) as media:
        media.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            media.listen()
        port = media.getsockname()[1]
        taken = settings.model_copy(
            update={
                "media_udp_port": port,
                "media_addresses": ("203.0.113.4=127.0.0.1", "203.0.113.77"),
                "host": "203.0.113.77",
            }
        )
        facts = gather(taken, SystemClock())
    assert facts.media.taken == (port,)
    assert facts.media.foreign == ("203.0.113.77",), "what a NAT translates need not be ours"
    assert facts.server.listener is Listener.NOT_ALLOWED


@asynccontextmanager
async def without_workers(platform: Platform) -> AsyncIterator[FastAPI]:
    async def none() -> str:
        raise Unavailable("No media worker is connected.")

    yield build_app(platform, checks={"media workers": none})


@pytest.mark.parametrize("https", [True, False])
async def test_a_running_server_is_recognized(settings: Settings, https: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ringback.app, "running", without_workers)
    announced: asyncio.Future[Settings] = asyncio.get_running_loop().create_future()
    with_tls = settings.model_copy(update={"tls_self_signed": https})
    node = asyncio.create_task(serve(with_tls, lambda used, _: announced.set_result(used)))
    await announced
    # Asked as if we did not know whether it speaks HTTPS.
    facts = await asyncio.to_thread(gather, settings, SystemClock())
    os.kill(os.getpid(), signal.SIGTERM)
    await node
    assert facts.server.listener is Listener.RINGBACK
    assert facts.server.failing == ("media workers: No media worker is connected.",)
    assert facts.server.date is not None


async def test_a_server_of_others_is_not_ours(settings: Settings) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", settings.port):
        facts = await asyncio.to_thread(gather, settings, SystemClock())
    assert facts.server.listener is Listener.SOMEBODY_ELSE


def test_a_bucket_is_tried_out(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_store, "RETRY_SECONDS", 0)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anna")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    settings = settings.model_copy(update={"storage_url": "s3://files/ringback"})
    bucket = Bucket()
    with served(bucket) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        assert gather(settings, SystemClock()).storage.error is None
        assert bucket.objects == {}, "it leaves nothing"
        bucket.broken = True
        assert "503" in (gather(settings, SystemClock()).storage.error or "")


def test_the_command_fails_when_there_is_a_problem(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBACK_MEDIA_UDP_PORT", "0")
    arguments = ["doctor", "--data-dir", str(settings.data_dir), "--port", str(settings.port), "--json"]
    monkeypatch.setenv("RINGBACK_WORKER_BINARY", "/bin/true")
    findings = json.loads(CliRunner().invoke(cli, arguments).stdout)
    assert {finding["subject"] for finding in findings} >= {"Python", "Media worker", "HTTPS", "Clock", "Open files"}
    assert all((finding["status"] == "OK") == (finding["remedy"] is None) for finding in findings)
    monkeypatch.setenv("RINGBACK_WORKER_BINARY", "/nowhere/ringback-media")
    failed = CliRunner().invoke(cli, arguments[:-1])
    assert failed.exit_code == 1
    assert "PROBLEM Media worker: /nowhere/ringback-media cannot be run: No such file or directory." in failed.stdout
