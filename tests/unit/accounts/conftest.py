"""Accounts on a database of their own, at a virtual moment, with passwords that cost next to nothing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ringback.accounts import Accounts, Authentication
from ringback.accounts.passwords import Passwords
from ringback.kernel.redaction import Secret
from ringback.storage import Database
from ringback.storage.audit import AuditEntry, AuditLog, latest
from ringback.testing.clock import VirtualClock
from ringback.testing.ids import CountingIds

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass(frozen=True)
class Process:
    """What one process of an installation has: `serve`, or a command that runs beside it."""

    database: Database
    clock: VirtualClock
    accounts: Accounts
    authentication: Authentication
    passwords: Passwords

    async def audited(self) -> list[AuditEntry]:
        return await self.database.read(lambda connection: latest(connection, 100))

    async def close(self) -> None:
        await self.database.close()
        self.passwords.close()


def process(path: Path, clock: VirtualClock, ids: CountingIds) -> Process:
    database = Database(f"sqlite:///{path}")
    database.migrate()
    passwords = Passwords(clock, CHEAP)
    authentication = Authentication(database, clock, passwords)
    audit = AuditLog(Secret("a secret key"), clock)
    accounts = Accounts(database, clock, ids, audit, passwords, authentication)
    return Process(database, clock, accounts, authentication, passwords)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def ids() -> CountingIds:
    return CountingIds()


@pytest.fixture
async def server(tmp_path: Path, clock: VirtualClock, ids: CountingIds) -> AsyncIterator[Process]:
    server = process(tmp_path / "test.db", clock, ids)
    yield server
    await server.close()


@pytest.fixture
async def command(tmp_path: Path, server: Process, clock: VirtualClock, ids: CountingIds) -> AsyncIterator[Process]:
    """Another process on the data of `server`."""
    command = process(tmp_path / "test.db", clock, ids)
    yield command
    await command.close()


@pytest.fixture
def accounts(server: Process) -> Accounts:
    return server.accounts


@pytest.fixture
def authentication(server: Process) -> Authentication:
    return server.authentication
