"""`ringback serve`, and what a node says on the terminal when it has started."""

import asyncio

import segno
import structlog
import uvloop
from rich.console import Console
from rich.text import Text

from ringback.accounts import FirstStart
from ringback.app import SHOWCASE
from ringback.app import serve as serve_node
from ringback.cli.options import (
    DataDir,
    Host,
    Port,
    PublicUrl,
    TlsCert,
    TlsKey,
    TlsSelfSigned,
    Workers,
    chosen_settings,
    refuse,
)
from ringback.kernel.errors import RingbackError
from ringback.logs import configure_logging
from ringback.media.addresses import LOOPBACK, announced_addresses
from ringback.settings import DEFAULT_PORT, IN_CHECKOUT, Settings

_NO_CAMERAS = (
    "They allow them only on localhost and over HTTPS: use --tls-self-signed, --tls-cert with --tls-key, or a proxy "
    "with TLS in front whose address is RINGBACK_PUBLIC_URL."
)


def serve(
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    public_url: PublicUrl = None,
    workers: Workers = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    tls_self_signed: TlsSelfSigned = None,
) -> None:
    """Run a node."""
    settings = chosen_settings(
        host=host,
        port=port,
        data_dir=data_dir,
        public_url=public_url,
        workers=workers,
        tls_cert=tls_cert,
        tls_key=tls_key,
        tls_self_signed=tls_self_signed,
    )
    configure_logging(settings.log_level)
    structlog.get_logger(__name__).info("Starting.", **settings.described())
    try:
        uvloop.run(serve_node(settings, _announce))
    except RingbackError as error:
        refuse(error.message)
    except asyncio.CancelledError:
        structlog.get_logger(__name__).info("Stopped while starting.")


def _announce(settings: Settings, first_start: FirstStart | None) -> None:
    rows = {"Showcase" if settings.demo else "Address": settings.public_url + (SHOWCASE if settings.demo else "")}
    rows["Data"] = str(settings.data_dir)
    if first_start is not None:
        rows["Admin login"] = f"{first_start.username} / {first_start.password.reveal()}"
        rows["API key"] = first_start.api_key.reveal()
    rows |= _on_other_devices(settings)
    console = Console(highlight=False)
    for label, value in rows.items():
        # Never cut or wrapped: a key in two pieces cannot be copied.
        console.print(Text(f"{label + ':':<13}", "bold"), Text(value), sep="", soft_wrap=True)
    if console.is_terminal and not settings.local:
        segno.make(next(iter(rows.values()))).terminal(compact=True)
    if not settings.cameras_work:
        structlog.get_logger(__name__).warning("Browsers will refuse cameras and microphones.", reason=_NO_CAMERAS)


def _on_other_devices(settings: Settings) -> dict[str, str]:
    """What to know about phones and other machines, row by row."""
    rows = {}
    network = announced_addresses()[-1]
    if settings.local and settings.demo and network != LOOPBACK:
        if IN_CHECKOUT:
            port = "" if settings.port == DEFAULT_PORT else f" PORT={settings.port}"
            command = f"make run HOST=0.0.0.0{port} ARGS=--tls-self-signed RINGBACK_DEMO=true"
        else:
            command = f"RINGBACK_DEMO=true ringback serve --host 0.0.0.0 --port {settings.port} --tls-self-signed"
        authority = f"[{network}]" if ":" in network else network
        rows["On a phone"] = f"stop this, run `{command}`, and open https://{authority}:{settings.port}{SHOWCASE}"
    if not settings.cameras_work:
        rows["Warning"] = f"browsers will refuse cameras and microphones at this address. {_NO_CAMERAS}"
    if settings.tls_self_signed:
        rows["Certificate"] = "self-signed: each browser warns once, and then lets you go on"
    if not settings.local and not settings.demo:
        rows["Demo"] = "off, because it would give a token to everybody in reach; RINGBACK_DEMO=true switches it on"
    return rows
