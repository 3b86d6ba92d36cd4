"""Settings: environment, options, defaults that follow from others, and what is shown of them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from ringback.app import build_app
from ringback.platform import open_platform
from ringback.settings import Settings
from ringback.web.limits import OperationUnknown

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults_follow_from_what_is_given(tmp_path: Path) -> None:
    settings = Settings(host="::1", port=9000)
    assert settings.data_dir == tmp_path / "data"
    assert settings.database_url == f"sqlite:///{tmp_path}/data/ringback.db"
    assert settings.public_url == "http://[::1]:9000"
    assert settings.storage_url == f"file://{tmp_path}/data/blobs"
    assert Settings(data_dir=tmp_path / "of anna #1").storage_url == f"file://{tmp_path}/of%20anna%20%231/blobs"
    assert settings.workers >= 1


def test_options_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBACK_PUBLIC_URL", "https://calls.example.org/")
    monkeypatch.setenv("RINGBACK_MEDIA_UDP_PORT", "0")
    assert Settings().public_url == "https://calls.example.org"
    assert Settings().media_udp_port == 0
    assert Settings(public_url="https://other.example.org").public_url == "https://other.example.org"


def test_media_addresses_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBACK_MEDIA_ADDRESSES", "203.0.113.7, 2001:DB8::1,")
    assert Settings().media_addresses == ("203.0.113.7", "2001:db8::1")
    monkeypatch.setenv("RINGBACK_MEDIA_ADDRESSES", "")
    assert Settings().media_addresses == ()
    monkeypatch.setenv("RINGBACK_MEDIA_ADDRESSES", "10.0.0.5,203.0.113.7 = 10.0.0.5")
    assert Settings().media_addresses == ("10.0.0.5", "203.0.113.7=10.0.0.5")
    assert "203.0.113.7" in Settings().host_names()


@pytest.mark.parametrize("addresses", ["here", "203.0.113.7=", "=10.0.0.5", "203.0.113.7=2001:db8::1", "1.2.3.4=5=6"])
def test_a_media_address_that_cannot_be_one_is_refused(addresses: str) -> None:
    with pytest.raises(ValidationError, match="media_addresses"):
        Settings(media_addresses=addresses)  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["file:///srv/ringback", "s3://bucket", "s3://bucket/prefix", "gs://b", "az://c/p"])
def test_files_are_kept_in_a_folder_or_a_bucket(url: str) -> None:
    assert Settings(storage_url=url).storage_url == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("/srv/ringback", "begins with one of file://"),
        ("https://example.org/files", "begins with one of"),
        ("file://srv/ringback", "three slashes"),
        ("s3://key:secret@bucket/prefix", "credentials"),
    ],
)
def test_other_places_for_files_are_refused(url: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason) as error:
        Settings(storage_url=url)
    assert "secret@" not in str(error.value)


@pytest.mark.parametrize(
    ("host", "demo"),
    [
        ("127.0.0.1", True),
        ("127.0.0.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("192.0.2.1", False),
        ("calls.example.org", False),
    ],
)
def test_the_demo_is_on_only_where_nobody_else_can_reach_it(
    host: str, demo: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Settings(host=host).demo is demo
    monkeypatch.setenv("RINGBACK_DEMO", "0" if demo else "1")
    assert Settings(host=host).demo is not demo


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("HOST", ""),
        ("WORKERS", "0"),
        ("PUBLIC_URL", "calls.example.org"),
        ("MEDIA_ADDRESSES", "calls.example.org"),
        ("MEDIA_UDP_PORT", "-1"),
        ("BOOTSTRAP_API_KEY", "two words"),
        ("BOOTSTRAP_API_KEY", ""),
        ("SECRET_KEY", "short"),
        ("RING_TIMEOUT_SECONDS", "0"),
        ("DEMO", "maybe"),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"RINGBACK_{name}", value)
    with pytest.raises(ValueError, match=name.lower()):
        Settings()


def test_secrets_are_only_shown_as_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBACK_SECRET_KEY", KEY)
    monkeypatch.setenv("RINGBACK_DATABASE_URL", f"postgresql://ringback:{KEY}@db/ringback")
    settings = Settings()
    shown = settings.described()
    assert shown["secret_key"] == "set"
    assert shown["bootstrap_api_key"] == "unset"
    assert shown["database_url"] == "postgresql://ringback:***@db/ringback"
    assert KEY not in str(shown)
    assert settings.secret_key is not None
    assert KEY not in repr(settings.secret_key)


def test_a_wrong_secret_is_not_shown_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBACK_SECRET_KEY", "hunter2")
    with pytest.raises(ValueError, match="secret_key") as refusal:
        Settings()
    assert "hunter2" not in str(refusal.value)


async def test_a_rate_limit_for_an_operation_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    limits = {"get-files": "1/second", "get-fiels": "1/second"}
    async with open_platform(Settings(data_dir=tmp_path / "data", rate_limits=limits)) as platform:
        with pytest.raises(OperationUnknown, match="no operation: get-fiels"):
            build_app(platform)
