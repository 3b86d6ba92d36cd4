"""Looks at the machine, the data directory, the storage and the running server. Leaves everything as it was."""

import asyncio
import errno
import itertools
import json
import os
import resource
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import ringback.storage
from ringback import __version__
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
from ringback.kernel.clock import Clock
from ringback.kernel.ids import RandomIds
from ringback.media.addresses import announced_addresses, own
from ringback.settings import EVERY_ADDRESS, IN_CHECKOUT, Settings
from ringback.settings import KEY_FILE as SECRET_KEY_FILE
from ringback.storage import Database
from ringback.storage.blob_store import BlobStore, StorageFailed, StorageUnusable, folder_of, open_blob_store
from ringback.web.certificates import CERTIFICATE_FILE, KEY_FILE, CertificateUnusable, load_certificate
from ringback.web.pages import STATIC_PAGES

ANSWER_SECONDS: Final = 5.0
"""How long the server, or the worker's program, may take to say something: longer than the server's own checks."""

_MIGRATIONS: Final = Path(ringback.storage.__file__).parent / "migrations" / "versions"
_RECEIVE_BUFFER_LIMIT: Final = Path("/proc/sys/net/core/rmem_max")
_DATABASE_PREFIX: Final = "sqlite:///"


def gather(settings: Settings, clock: Clock) -> Facts:
    """Everything that `examine` wants to know about a node with these settings."""
    began, monotonic = clock.now(), clock.monotonic()
    server = _server(settings, clock)
    media = _media(settings)
    program = _program(settings)
    database = _database_file(settings)
    return Facts(
        local=settings.local,
        server=server,
        media=media,
        tls=_tls(settings),
        data=_data(settings, database, clock),
        storage=_storage(settings),
        program=program,
        clock=ClockFacts(
            now=clock.now(),
            wall_seconds=(clock.now() - began).total_seconds(),
            monotonic_seconds=clock.monotonic() - monotonic,
            data_written=datetime.fromtimestamp(database.stat().st_mtime, UTC) if database else None,
        ),
    )


def _server(settings: Settings, clock: Clock) -> ServerFacts:
    host = settings.host
    asked_at = clock.now()
    answer = _readiness(settings)
    if answer is not None:
        readiness, date = answer
        failing = [f"{name}: {check['detail']}" for name, check in readiness.items() if check["status"] != "UP"]
        return ServerFacts(
            host=host,
            port=settings.port,
            listener=Listener.RINGBACK,
            failing=tuple(failing),
            date=date,
            asked_at=asked_at,
        )
    listener, refusal = Listener.NOBODY, ""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, settings.port), family=family).close()
    except OSError as error:
        listener = Listener.SOMEBODY_ELSE if error.errno == errno.EADDRINUSE else Listener.NOT_ALLOWED
        refusal = error.strerror or str(error)
    return ServerFacts(host=host, port=settings.port, listener=listener, refusal=refusal)


def _readiness(settings: Settings) -> tuple[dict[str, Any], datetime | None] | None:
    """The checks of a Ringback server on our port, and its clock; None when there is none."""
    host = "localhost" if settings.host in EVERY_ADDRESS else settings.host
    authority = f"{f'[{host}]' if ':' in host else host}:{settings.port}"
    # Whoever answers, we tell it nothing, and believe it nothing but that it is there.
    context = ssl._create_unverified_context()  # noqa: S323
    schemes = ("https", "http") if settings.tls_self_signed or settings.tls_cert else ("http", "https")
    for scheme in schemes:
        request = urllib.request.Request(f"{scheme}://{authority}/health/ready")  # noqa: S310 - one of two schemes
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        try:
            response = opener.open(request, timeout=ANSWER_SECONDS)
        except urllib.error.HTTPError as not_ready:
            response = not_ready
        except (OSError, ValueError):
            continue
        with response:
            try:
                checks = json.load(response)["checks"]
                if "database" in checks:
                    date = response.headers.get("Date")
                    return checks, parsedate_to_datetime(date) if date else None
            except (OSError, ValueError, KeyError, TypeError):
                continue
    return None


def _media(settings: Settings) -> MediaFacts:
    addresses = settings.media_addresses or announced_addresses()
    owned = dict.fromkeys(map(own, addresses))
    foreign = tuple(address for address in owned if _bind(address, 0, socket.SOCK_DGRAM) == errno.EADDRNOTAVAIL)
    first = settings.media_udp_port
    ports = tuple(range(first, first + settings.workers)) if first else ()
    places = list(itertools.product(owned.keys() - set(foreign), (socket.SOCK_DGRAM, socket.SOCK_STREAM)))
    taken = tuple(
        port for port in ports if any(_bind(address, port, kind) == errno.EADDRINUSE for address, kind in places)
    )
    try:
        limit = int(_RECEIVE_BUFFER_LIMIT.read_text())
    except (OSError, ValueError):
        limit = None
    return MediaFacts(
        addresses=addresses,
        foreign=foreign,
        default=announced_addresses()[-1],
        ports=ports,
        taken=taken,
        receive_buffer_limit=limit,
    )


def _bind(address: str, port: int, kind: socket.SocketKind) -> int:
    """The error of listening there, 0 if there is none."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with closing(socket.socket(family, kind)) as probe:
        # As a worker does, which does not wait for connections that are ending.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(kind is socket.SOCK_STREAM))
        try:
            probe.bind((address, port))
        except (OSError, OverflowError) as error:
            return getattr(error, "errno", None) or errno.EINVAL
    return 0


def _tls(settings: Settings) -> TlsFacts:
    certificate_file, key_file = settings.tls_cert, settings.tls_key
    if settings.tls_self_signed:
        certificate_file, key_file = settings.data_dir / CERTIFICATE_FILE, settings.data_dir / KEY_FILE
    certificate, error = None, None
    # A self-signed one that is not there, or cannot be used, is made at the next start.
    if certificate_file is not None and key_file is not None:
        try:
            certificate = load_certificate(certificate_file, key_file)
        except CertificateUnusable as unusable:
            error = None if settings.tls_self_signed else unusable.message
    url = urlsplit(settings.public_url)
    return TlsFacts(
        public_host=url.hostname or "",
        public_https=url.scheme == "https",
        cameras_work=settings.cameras_work,
        wanted=certificate_file is not None,
        certificate=certificate,
        error=error,
        key_mode=_mode(key_file) if key_file is not None else None,
    )


def _data(settings: Settings, database: Path | None, clock: Clock) -> DataFacts:
    directory = settings.data_dir
    standing = _standing(directory)
    return DataFacts(
        directory=directory,
        exists=standing == directory,
        writable=_can_write(standing),
        free_bytes=shutil.disk_usage(standing).free,
        secret_key_file=directory / SECRET_KEY_FILE,
        secret_key_mode=_mode(directory / SECRET_KEY_FILE),
        secret_key_set=settings.secret_key is not None,
        schema=asyncio.run(_stored_schema(settings, clock)) if database else None,
    )


def _standing(directory: Path) -> Path:
    """The directory, or the one above it in which it would be made."""
    return next(path for path in (directory, *directory.parents) if path.is_dir())


def _can_write(directory: Path) -> bool:
    return os.access(directory, os.W_OK | os.X_OK)


def _storage(settings: Settings) -> StorageFacts:
    """A folder is looked at, because the start would make it. In a bucket, only writing tells who may write."""
    url = settings.storage_url
    error = None
    if folder := folder_of(url):
        error = None if _can_write(_standing(folder)) else "it is not writable"
    else:
        try:
            asyncio.run(_try_out(open_blob_store(url)))
        except StorageFailed as failed:
            error = failed.reason
        except StorageUnusable as unusable:
            error = unusable.message
    return StorageFacts(url=url, error=error)


async def _try_out(store: BlobStore) -> None:
    key = f"doctor/{RandomIds().new()}"
    await store.write(key, b"")
    await store.delete(key)


def _database_file(settings: Settings) -> Path | None:
    if not settings.database_url.startswith(_DATABASE_PREFIX):
        return None
    path = Path(settings.database_url.removeprefix(_DATABASE_PREFIX))
    return path if path.is_file() else None


async def _stored_schema(settings: Settings, clock: Clock) -> str | None:
    database = Database(settings.database_url, clock)
    try:
        return await database.read(
            lambda connection: connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        )
    except Exception:  # the driver's own, which only `storage` may name: there is no schema in this file
        return None
    finally:
        await database.close()


def _program(settings: Settings) -> ProgramFacts:
    says, error = None, ""
    try:
        result = subprocess.run(  # noqa: S603 - the program is the operator's setting, and no shell is involved
            [settings.worker_binary, "--version"], capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True
        )
        says = result.stdout.strip()
    except OSError as failure:
        error = failure.strerror or str(failure)
    except subprocess.TimeoutExpired:
        error = "it does not answer"
    except subprocess.CalledProcessError as failure:
        error = f"it ended with status {failure.returncode}"
    return ProgramFacts(
        python=sys.version_info[:2],
        version=__version__,
        worker_binary=settings.worker_binary,
        worker_says=says,
        worker_error=error,
        schema=max(path.name.partition("_")[0] for path in _MIGRATIONS.glob("[0-9]*_*.py")),
        pages_built=(STATIC_PAGES / "showcase" / "index.html").is_file(),
        in_checkout=IN_CHECKOUT,
        open_files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    )


def _mode(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None
