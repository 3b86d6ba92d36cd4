"""`ringback audit` on a data directory."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ringback.cli import cli
from ringback.platform import open_platform
from ringback.settings import Settings
from ringback.testing.clock import VirtualClock


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data of an installation whose log has three entries."""

    async def start() -> None:
        async with open_platform(Settings(data_dir=tmp_path / "data"), clock=VirtualClock()) as platform:
            await platform.accounts.bootstrap(None)
            account = await platform.accounts.find_account("default")
            for number, account_id in ((1, account.id), (2, "gone"), (3, account.id)):
                await platform.database.write(
                    lambda connection: platform.audit.append(
                        connection,
                        account_id=account_id,  # noqa: B023 - awaited at once
                        actor="anna",
                        action="entity.create",
                        subject=f"entity-{number}",  # noqa: B023
                        details={"name": "first"},
                    )
                )

    asyncio.run(start())
    return tmp_path / "data"


def audit(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["audit", *arguments, "--data-dir", str(data)])


def change(data: Path, statement: str) -> None:
    connection = sqlite3.connect(data / "ringback.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_whole_log_is_said_to_be_whole(data: Path) -> None:
    verified = audit(data, "verify")
    assert verified.exit_code == 0
    entries, last, head = verified.output.splitlines()
    assert entries.startswith("Entries: ")
    assert last == "Last:    2030-01-01T00:00:00.000Z"
    assert audit(data, "verify", "--head", head.split()[1]).exit_code == 0


def test_a_changed_log_is_named_by_its_first_broken_entry(data: Path) -> None:
    change(data, "UPDATE audit_log SET actor = 'boris' WHERE subject = 'entity-2'")
    verified = audit(data, "verify")
    assert verified.exit_code == 1
    assert verified.stderr.startswith("ringback: Entry ")
    assert verified.stderr.endswith(" was altered, or does not belong in this place.\n")
    assert verified.stdout == ""


def test_a_cut_log_is_found_by_the_head_that_was_noted(data: Path) -> None:
    head = audit(data, "verify").output.split()[-1]
    change(data, "DELETE FROM audit_log WHERE subject = 'entity-3'")
    assert audit(data, "verify").exit_code == 0
    verified = audit(data, "verify", "--head", head)
    assert verified.exit_code == 1
    assert "missing at the end" in verified.stderr


def test_the_log_can_be_read_by_account(data: Path) -> None:
    lines = audit(data, "list", "--account", "default", "--last", "2").output.splitlines()
    assert [line.split(" ", 3)[3] for line in lines[-1:]] == ["anna entity.create entity-3 name=first"]
    assert not any("entity-2" in line for line in lines)
    assert "entity-2" in audit(data, "list", "--last", "2").output
    assert "There is no account of this name." in audit(data, "list", "--account", "nobody").stderr
