"""`ringback worker`: media workers that somebody else starts, and how they are."""

import json
import os
import urllib.error
import urllib.request
from typing import Annotated

import typer

from ringback.app import worker_command
from ringback.cli.options import DataDir, chosen_settings, refuse
from ringback.web.certificates import trusting_context

ANSWER_SECONDS = 5.0
"""How long a running server may take to say how it is: longer than its own checks may."""

worker = typer.Typer(help="Media workers.", no_args_is_help=True)


@worker.command("run")
def run_worker(
    number: Annotated[int, typer.Option("--number", min=0, help="Which of the node's workers, from 0.")],
    data_dir: DataDir = None,
) -> None:
    """Become a media worker of the node with this data. For RINGBACK_WORKERS_EXTERNAL: systemd and containers."""
    settings = chosen_settings(data_dir=data_dir)
    if number >= settings.workers:
        refuse(f"There is no worker {number}: RINGBACK_WORKERS is {settings.workers}, and they count from 0.")
    program = worker_command(settings, number)
    try:
        os.execv(program[0], program)  # noqa: S606 - the program is the operator's setting; this process becomes it
    except OSError as error:
        refuse(f"{program[0]} cannot be run: {error.strerror}.")


@worker.command("status")
def worker_status(
    url: Annotated[str | None, typer.Option(help="The running server.", show_default="http://127.0.0.1:8080")] = None,
) -> None:
    """Say whether a running server is ready, and how many media workers are connected."""
    settings = chosen_settings(public_url=url)
    server = settings.public_url
    try:
        with urllib.request.urlopen(  # noqa: S310 - Settings takes http and https only
            f"{server}/health/ready", timeout=ANSWER_SECONDS, context=trusting_context(settings.data_dir)
        ) as answer:
            readiness = json.load(answer)
    except urllib.error.HTTPError as not_ready:
        with not_ready:
            readiness = json.load(not_ready)
    except (OSError, ValueError):
        refuse(f"No Ringback server answers at {server}.", code=1)
    for check, result in readiness["checks"].items():
        typer.echo(f"{check}: {result['status']}. {result['detail']}")
    if readiness["status"] != "UP":
        raise typer.Exit(1)
