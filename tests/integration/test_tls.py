"""HTTPS: certificates of the operator, self-signed ones, and what people are told about both."""

import asyncio
import os
import signal
import ssl
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi import FastAPI
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

import ringback.app
import ringback.cli.serving
from ringback.accounts import FirstStart
from ringback.app import build_app, serve
from ringback.kernel.clock import SystemClock
from ringback.platform import Platform
from ringback.settings import Settings
from ringback.web.certificates import (
    CERTIFICATE_FILE,
    KEY_FILE,
    RENEWAL,
    VALIDITY,
    CertificateUnusable,
    load_certificate,
    self_signed_certificate,
    trusting_context,
)

NOW = SystemClock().now()  # OpenSSL, which checks these certificates, has no other clock
NAMES = ("localhost", "127.0.0.1", "192.0.2.7", "Machine")
EVERYWHERE = "0.0.0.0"  # noqa: S104 - the point


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `cert.pem` and `key.pem` for calls.example.org, from the authority `ca.pem`."""
    folder = tmp_path_factory.mktemp("real")
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def signed(subject: str, public: ec.EllipticCurvePublicKey, ca: bool) -> bytes:
        return (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("An authority"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=1))
            .not_valid_after(NOW + timedelta(days=90))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName(
                    [x509.DNSName("calls.example.org"), x509.DNSName("*.Rooms.example.org"), x509.DNSName("localhost")]
                ),
                critical=False,
            )
            .sign(authority, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    def pem(encryption: serialization.KeySerializationEncryption) -> bytes:
        return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    (folder / "ca.pem").write_bytes(signed("An authority", authority.public_key(), ca=True))
    (folder / "cert.pem").write_bytes(signed("calls.example.org", key.public_key(), ca=False))
    (folder / "key.pem").write_bytes(pem(serialization.NoEncryption()))
    (folder / "locked.pem").write_bytes(pem(serialization.BestAvailableEncryption(b"secret")))
    other = ec.generate_private_key(ec.SECP256R1())
    (folder / "other.pem").write_bytes(
        other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


def test_a_self_signed_certificate_stays_while_it_is_good(tmp_path: Path) -> None:
    first = self_signed_certificate(tmp_path, NAMES, NOW)
    assert first.names == {"localhost", "127.0.0.1", "192.0.2.7", "machine"}
    assert first.self_signed
    assert first.ends - NOW < VALIDITY
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    before = (tmp_path / CERTIFICATE_FILE).read_bytes()
    assert self_signed_certificate(tmp_path, reversed(NAMES), NOW + timedelta(days=300)) == first
    assert (tmp_path / CERTIFICATE_FILE).read_bytes() == before


@pytest.mark.parametrize(
    "changed",
    [
        lambda folder, ends: self_signed_certificate(folder, (*NAMES, "::1"), NOW),
        lambda folder, ends: self_signed_certificate(folder, NAMES[1:], NOW),
        lambda folder, ends: self_signed_certificate(folder, NAMES, ends - RENEWAL),
        lambda folder, ends: (folder / KEY_FILE).unlink() or self_signed_certificate(folder, NAMES, NOW),
        lambda folder, ends: (
            (folder / CERTIFICATE_FILE).write_text("?") and self_signed_certificate(folder, NAMES, NOW)
        ),
    ],
    ids=["a name more", "a name less", "near its end", "the key is gone", "damaged"],
)
def test_a_self_signed_certificate_is_renewed(tmp_path: Path, changed: Callable[[Path, datetime], object]) -> None:
    first = self_signed_certificate(tmp_path, NAMES, NOW)
    before = (tmp_path / CERTIFICATE_FILE).read_bytes()
    changed(tmp_path, first.ends)
    assert (tmp_path / CERTIFICATE_FILE).read_bytes() != before
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [CERTIFICATE_FILE, KEY_FILE]


def test_names_of_a_certificate_may_have_a_star(real: Path) -> None:
    certificate = load_certificate(real / "cert.pem", real / "key.pem")
    assert not certificate.self_signed
    covered = ["calls.example.org", "CALLS.example.org", "a.rooms.example.org"]
    assert all(certificate.covers(host) for host in covered)
    assert not any(certificate.covers(host) for host in ["rooms.example.org", "a.b.rooms.example.org", "10.0.0.1"])


@pytest.mark.parametrize(
    ("certificate", "key", "message"),
    [
        ("absent.pem", "key.pem", "Cannot read .*absent.pem: No such file"),
        ("cert.pem", "absent.pem", "Cannot read .*absent.pem"),
        ("key.pem", "key.pem", "holds no certificate"),
        ("cert.pem", "cert.pem", "holds no private key"),
        ("cert.pem", "other.pem", "is not that of the certificate"),
        ("cert.pem", "locked.pem", "needs a password"),
    ],
)
def test_files_that_cannot_be_used_are_named(real: Path, certificate: str, key: str, message: str) -> None:
    with pytest.raises(CertificateUnusable, match=message):
        load_certificate(real / certificate, real / key)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(ringback.cli.cli, [str(argument) for argument in arguments])


@pytest.fixture
def no_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    """`serve` configures logging for its whole process, which here is the tests'."""
    monkeypatch.setattr(ringback.cli.serving, "configure_logging", lambda _level: None)


@pytest.mark.usefixtures("no_logging")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--tls-cert", "cert.pem"], "given together"),
        (["--tls-key", "key.pem"], "given together"),
        (["--tls-cert", "cert.pem", "--tls-key", "key.pem", "--tls-self-signed"], "choose either"),
        (["--tls-cert", "cert.pem", "--tls-key", "other.pem"], "is not that of the certificate"),
    ],
)
def test_bad_files_end_the_start_with_one_line(
    real: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    monkeypatch.chdir(real)
    with capture_logs():
        result = run("serve", "--port", "0", "--data-dir", tmp_path / "data", *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_https_is_in_the_public_url(tmp_path: Path) -> None:
    assert Settings(tls_self_signed=True, port=8443).public_url == "https://127.0.0.1:8443"
    given = Settings(host="::1", tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem")
    assert given.public_url == "https://[::1]:8080"
    assert Settings(tls_self_signed=True, public_url="https://calls.example.org").public_url.endswith(".org")


def test_a_node_on_every_address_is_opened_by_one_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringback.settings.announced_addresses", lambda: ("127.0.0.1", "192.0.2.7"))
    monkeypatch.setattr("socket.gethostname", lambda: "machine")
    settings = Settings(host=EVERYWHERE, tls_self_signed=True)
    assert settings.public_url == "https://192.0.2.7:8080"
    assert settings.host_names() == {"localhost", "127.0.0.1", "::1", "192.0.2.7", "machine"}
    behind_nat = Settings(host="192.0.2.9", media_addresses=("203.0.113.4",), public_url="https://calls.example.org")
    wanted = {"localhost", "127.0.0.1", "::1", "203.0.113.4", "192.0.2.9", "calls.example.org", "machine"}
    assert behind_nat.host_names() == wanted


@asynccontextmanager
async def without_workers(platform: Platform) -> AsyncIterator[FastAPI]:
    yield build_app(platform)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Settings]:
    announced: asyncio.Future[Settings] = asyncio.get_running_loop().create_future()
    node = asyncio.create_task(serve(settings, lambda used, _: announced.set_result(used)))
    yield await announced
    os.kill(os.getpid(), signal.SIGTERM)
    await node


async def test_a_self_signed_node_answers_those_who_trust_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ringback.app, "running", without_workers)
    async with serving(Settings(data_dir=tmp_path, port=0, tls_self_signed=True)) as used:
        url = f"https://localhost:{used.port}"
        async with httpx2.AsyncClient(verify=trusting_context(tmp_path)) as client:
            answer = await client.get(f"{url}/health/ready")
            assert answer.status_code == 200
            assert "strict-transport-security" not in answer.headers
        async with httpx2.AsyncClient(verify=ssl.create_default_context()) as stranger:
            with pytest.raises(httpx2.ConnectError, match="self-signed"):
                await stranger.get(url)
        monkeypatch.setenv("RINGBACK_DATA_DIR", str(tmp_path))
        status = await asyncio.to_thread(run, "worker", "status", "--url", url)
        assert status.output == "database: UP. Writable.\n"


@pytest.mark.parametrize(("host", "strict"), [(EVERYWHERE, "max-age=31536000"), ("127.0.0.1", None)])
async def test_a_real_certificate_asks_for_https_from_now_on(
    host: str, strict: str | None, real: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ringback.app, "running", without_workers)
    settings = Settings(data_dir=tmp_path, host=host, port=0, tls_cert=real / "cert.pem", tls_key=real / "key.pem")
    context = ssl.create_default_context(cafile=real / "ca.pem")
    async with serving(settings) as used, httpx2.AsyncClient(verify=context) as client:
        answer = await client.get(f"https://localhost:{used.port}/health/live")
        assert answer.headers.get("strict-transport-security") == strict


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, no_logging: None, tmp_path: Path) -> Callable[..., tuple[str, list[str]]]:
    """What `ringback serve` with these options prints, and what it warns of in the log."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ringback.settings.announced_addresses", lambda: ("127.0.0.1", "192.0.2.7"))
    monkeypatch.setattr("ringback.cli.serving.announced_addresses", lambda: ("127.0.0.1", "192.0.2.7"))

    async def started(settings: Settings, announce: Callable[[Settings, FirstStart | None], None]) -> None:
        announce(settings, None)

    monkeypatch.setattr(ringback.cli.serving, "serve_node", started)

    def tell(*options: str) -> tuple[str, list[str]]:
        with capture_logs() as log:
            result = run("serve", *options)
        assert result.exit_code == 0, result.output
        return result.stdout, [entry["event"] for entry in log if entry["log_level"] == "warning"]

    return tell


def test_how_to_open_the_showcase_on_a_phone_is_said(
    told: Callable[..., tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    output, warnings = told("--port", "9000")
    assert "`make run HOST=0.0.0.0 PORT=9000 ARGS=--tls-self-signed RINGBACK_DEMO=true`" in output
    assert "https://192.0.2.7:9000/app/showcase" in output
    assert warnings == []
    monkeypatch.setattr(ringback.cli.serving, "IN_CHECKOUT", False)
    assert "`RINGBACK_DEMO=true ringback serve --host 0.0.0.0 --port 8080 --tls-self-signed`" in told()[0]


def test_a_machine_without_a_network_is_not_offered_to_phones(
    told: Callable[..., tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringback.cli.serving.announced_addresses", lambda: ("127.0.0.1",))
    assert "phone" not in told()[0]


def test_plain_http_away_from_localhost_is_warned_of(told: Callable[..., tuple[str, list[str]]]) -> None:
    output, warnings = told("--host", EVERYWHERE)
    assert "Warning:     browsers will refuse cameras" in output
    assert "Demo:        off" in output
    assert "RINGBACK_DEMO=true" in output
    assert warnings == ["Browsers will refuse cameras and microphones."]


def test_https_is_not_warned_of(told: Callable[..., tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBACK_DEMO", "true")
    output, warnings = told("--host", EVERYWHERE, "--tls-self-signed")
    assert output.startswith("Showcase:    https://192.0.2.7:8080/app/showcase\n")
    assert "Certificate: self-signed" in output
    assert "Demo:" not in output
    assert "Warning:" not in output
    assert warnings == []
    assert "Warning:" not in told("--public-url", "https://calls.example.org")[0]
