"""`ringback worker`: media workers that somebody else starts, and how they are."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

import typer

from ringback.app import worker_command
from ringback.cli.media_tables import show_room, show_workers
from ringback.cli.operating import Node
from ringback.cli.options import DataDir, chosen_settings, refuse
from ringback.media.api import MAX_CAPTURE_SECONDS

Url = Annotated[str | None, typer.Option("--url", help="The running server.", show_default="http://127.0.0.1:8080")]

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
    url: Url = None,
    room: Annotated[str | None, typer.Option("--room", help="Show this room: transports, slots, losses.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything, for programs.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Say whether a running server is ready, how its media workers are, and what is in a room."""
    node = Node(chosen_settings(public_url=url, data_dir=data_dir))
    _, readiness = node.asks("/health/ready")
    if not as_json:
        for check, result in readiness["checks"].items():
            typer.echo(f"{check}: {result['status']}. {result['detail']}")
    status, operated = node.asks("/operator/workers")
    match status:
        case HTTPStatus.OK:
            _show(node, operated["workers"], room, as_json)
        case HTTPStatus.UNAUTHORIZED:
            typer.echo("The workers are shown to who reads the node's data: choose it with --data-dir.", err=True)
        case _ if room or as_json:
            refuse(f"{node.url} shows this only on its own machine: give --url http://127.0.0.1:PORT.", code=1)
    if readiness["status"] != "UP":
        raise typer.Exit(1)


@worker.command("capture")
def capture_packets(
    room: Annotated[str, typer.Argument(help="The room's id, as `worker status --json` shows it.")],
    seconds: Annotated[int, typer.Option("--seconds", min=1, max=MAX_CAPTURE_SECONDS)] = 30,
    payloads: Annotated[bool, typer.Option("--payloads", help="Not only headers; RTP is encrypted anyway.")] = False,
    url: Url = None,
    data_dir: DataDir = None,
) -> None:
    """Write the packets of a room to a file, and print its path. Ctrl-C ends it before its time."""
    node = Node(chosen_settings(public_url=url, data_dir=data_dir))
    status, answer = node.asks("/operator/captures", {"room": room, "seconds": seconds, "payloads": payloads})
    match status:
        case HTTPStatus.OK:
            typer.echo(answer["path"])
        case HTTPStatus.NOT_FOUND:
            refuse(f"No media worker of {node.url} has this room, or the server is not on this machine.", code=1)
        case HTTPStatus.UNAUTHORIZED:
            refuse("Packets are captured for who reads the node's data: choose it with --data-dir.", code=1)
        case HTTPStatus.CONFLICT:
            refuse("The room is being captured already, or the file cannot be made.", code=1)
        case _:
            refuse(f"The server answered {status}.", code=1)
    try:
        time.sleep(seconds)
    except KeyboardInterrupt:
        node.asks(f"/operator/captures/{room}", method="DELETE")


@worker.command("drain")
def drain_worker(
    number: Annotated[int, typer.Argument(min=0, help="Which of the node's workers, from 0.")],
    stay_down: Annotated[
        bool, typer.Option("--stay-down", help="Do not start it again before the server is started again.")
    ] = False,
    url: Url = None,
    data_dir: DataDir = None,
) -> None:
    """Give a media worker no new rooms. It ends with its last one, and starts again with the installed program."""
    node = Node(chosen_settings(public_url=url, data_dir=data_dir))
    status, answer = node.asks(f"/operator/workers/{number}/drain", {"thenRunAgain": not stay_down})
    match status:
        case HTTPStatus.NO_CONTENT:
            typer.echo(f"Worker {number} takes no new rooms. `ringback worker status` says how many it still has.")
        case HTTPStatus.NOT_FOUND:
            refuse(f"{node.url} has no media worker {number}, or the server is not on this machine.", code=1)
        case HTTPStatus.UNAUTHORIZED:
            refuse("Workers are drained for who reads the node's data: choose it with --data-dir.", code=1)
        case _:
            refuse(f"The server answered {status}: {answer}", code=1)


def _show(node: Node, workers: Sequence[Mapping[str, Any]], room: str | None, as_json: bool) -> None:
    snapshots = []
    if room is not None or as_json:
        status, answer = node.asks("/operator/snapshots" + (f"?room={quote(room)}" if room is not None else ""))
        if status != HTTPStatus.OK:
            refuse(
                f"No media worker has a room {room}." if room is not None else f"The server answered {status}.", code=1
            )
        snapshots = answer["snapshots"]
    if as_json:
        typer.echo(json.dumps({"workers": workers, "snapshots": snapshots}, indent=2))
        return
    show_workers(workers)
    for each in snapshots:
        for found in each["snapshot"]["rooms"]:
            show_room(found)
