"""What operators see of a running node, and that nobody else does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from ringback.cli import cli
from ringback.kernel.redaction import Secret
from ringback.settings import KEY_FILE
from ringback.web.operators import operator_key
from tests.integration.rest.serving import Served, served

pytestmark = pytest.mark.worker


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    folder = tmp_path_factory.mktemp("operators")
    with served(folder) as running:
        yield running, folder / "data"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def key_of(data: Path) -> str:
    return operator_key(Secret((data / KEY_FILE).read_text().strip())).reveal()


def ask(url: str, path: str, **headers: str) -> httpx2.Response:
    with httpx2.Client(base_url=url) as client:
        return client.get(path, headers=[(name.encode(), value.encode()) for name, value in headers.items()])


def test_the_workers_are_shown_to_people(node: tuple[Served, Path]) -> None:
    server, data = node
    shown = run("worker", "status", "--url", server.url, "--data-dir", data)
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert lines[:2] == ["database: UP. Writable.", "media workers: UP. 1 of 1 connected."]
    assert lines[2].startswith("WORKER\tSTATE\tLOAD")
    assert lines[3].split("\t")[:2] == ["0", "CONNECTED"]


def test_everything_is_told_to_programs(node: tuple[Served, Path]) -> None:
    server, data = node
    told = json.loads(run("worker", "status", "--json", "--url", server.url, "--data-dir", data).stdout)
    (snapshot,) = told["snapshots"]
    assert (snapshot["number"], snapshot["snapshot"]["rooms"], snapshot["snapshot"]["next"]) == (0, [], None)
    (worker,) = told["workers"]
    assert worker["state"] == "CONNECTED"


def test_a_room_that_is_not_there_is_said_to_be_none(node: tuple[Served, Path]) -> None:
    server, data = node
    where = ("--url", server.url, "--data-dir", data)
    for command in (("status", "--room", "none"), ("capture", "none"), ("capture", "../x")):
        refused = run("worker", *command, *where)
        assert refused.exit_code == 1
        assert "room" in refused.stderr


@pytest.mark.parametrize("path", ["/operator/workers", "/operator/snapshots"])
def test_only_who_reads_the_nodes_secrets_on_its_machine_is_answered(node: tuple[Served, Path], path: str) -> None:
    server, data = node
    key = key_of(data)
    assert ask(server.url, path, Authorization=f"Operator {key}").status_code == 200
    assert ask(server.url, path).status_code == 401
    for wrong in (f"Operator {key}x", "Operator", f"App {key}", "Operator é"):
        assert ask(server.url, path, Authorization=wrong).status_code == 401
    for passed_on in ("X-Forwarded-For", "Origin", "Via"):
        sent_on = {passed_on: "203.0.113.7", "Authorization": f"Operator {key}"}
        assert ask(server.url, path, **sent_on).status_code == 404


def test_it_is_no_part_of_the_public_api(node: tuple[Served, Path]) -> None:
    server, _ = node
    paths: dict[str, Any] = ask(server.url, "/openapi.json").json()["paths"]
    assert not any(path.startswith("/operator") for path in paths)


def test_who_has_other_data_is_told_so(node: tuple[Served, Path], tmp_path: Path) -> None:
    server, _ = node
    shown = run("worker", "status", "--url", server.url, "--data-dir", tmp_path / "other")
    assert shown.exit_code == 0
    assert "--data-dir" in shown.stderr
    assert not (tmp_path / "other").exists(), "who only asks leaves nothing behind"


def test_a_worker_is_drained_and_the_next_one_takes_its_place(node: tuple[Served, Path]) -> None:
    server, data = node
    where = ("--url", server.url, "--data-dir", data)

    def worker() -> dict[str, Any]:
        told: dict[str, Any] = json.loads(run("worker", "status", "--json", *where).stdout)["workers"][0]
        return told

    before = worker()
    drained = run("worker", "drain", 0, *where)
    assert drained.exit_code == 0, drained.output
    while (after := worker())["boot_id"] in (before["boot_id"], None):
        pass  # each look is a request
    assert (after["draining"], after["restarts"]) == (False, 0)


def test_a_worker_that_is_not_there_is_not_drained(node: tuple[Served, Path]) -> None:
    server, data = node
    refused = run("worker", "drain", 7, "--url", server.url, "--data-dir", data)
    assert refused.exit_code == 1
    assert "no media worker 7" in refused.stderr
