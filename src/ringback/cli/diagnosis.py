"""`ringback doctor`."""

from typing import Annotated

import typer
from rich.console import Console

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
)
from ringback.doctor import Status, as_json, examine, gather, show
from ringback.kernel.clock import SystemClock


def doctor(
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    public_url: PublicUrl = None,
    workers: Workers = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    tls_self_signed: TlsSelfSigned = None,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Examine this machine and the node on it. Give it the options that `serve` gets."""
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
    findings = examine(gather(settings, SystemClock()))
    if json:
        typer.echo(as_json(findings))
    else:
        show(findings, Console(highlight=False))
    if any(finding.status is Status.PROBLEM for finding in findings):
        raise typer.Exit(1)
