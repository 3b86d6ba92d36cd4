"""What an account wants to be recorded: kept, and written into the audit log."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringback.accounts import store as accounts
from ringback.accounts.model import Account
from ringback.kernel.redaction import Secret
from ringback.recordings import Recordings
from ringback.recordings.model import RecordingMode, RecordingSettings
from ringback.storage import Connection, Database
from ringback.storage.audit import AuditLog, latest
from ringback.testing.clock import VirtualClock
from ringback.web import Principal

ANNA = Principal(account_id="anna's", credential_id="key of anna")
BORIS = Principal(account_id="boris's", credential_id="key of boris")
CHOSEN = RecordingSettings(recording=RecordingMode.AUDIO, composition=True, retention_days=7)
FILES = {ANNA.account_id: 4096, BORIS.account_id: 0}


def open_accounts(connection: Connection) -> None:
    for principal in (ANNA, BORIS):
        account = Account(principal.account_id, principal.account_id, datetime(2030, 1, 1, tzinfo=UTC))
        accounts.add_account(connection, account)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    database.migrate()
    await database.write(open_accounts)
    yield database
    await database.close()


@pytest.fixture
def recordings(database: Database) -> Recordings:
    audit = AuditLog(Secret("k" * 32), VirtualClock())
    return Recordings(database, audit, lambda _, account_id: FILES[account_id])


async def test_nothing_is_recorded_unless_somebody_wants_it(recordings: Recordings) -> None:
    usual = RecordingSettings(recording=RecordingMode.NO_RECORDING, composition=False, retention_days=90)
    assert await recordings.settings(ANNA.account_id) == (usual, 4096)


async def test_each_account_has_its_own_choice(recordings: Recordings) -> None:
    another = RecordingSettings(recording=RecordingMode.AUDIO_AND_VIDEO, retention_days=3650)
    assert await recordings.change_settings(ANNA, CHOSEN) == (CHOSEN, 4096)
    assert await recordings.change_settings(BORIS, another) == (another, 0)
    assert await recordings.settings(ANNA.account_id) == (CHOSEN, 4096)
    assert await recordings.change_settings(ANNA, another) == (another, 4096)
    assert await recordings.settings(ANNA.account_id) == (another, 4096)


async def test_every_change_is_in_the_audit_log(recordings: Recordings, database: Database) -> None:
    await recordings.change_settings(ANNA, CHOSEN)
    await recordings.settings(ANNA.account_id)
    (entry,) = await database.read(lambda connection: latest(connection, 10))
    assert (entry.account_id, entry.actor) == (ANNA.account_id, ANNA.credential_id)
    assert (entry.action, entry.subject) == ("recording-settings.update", ANNA.account_id)
    assert entry.details == {"recording": "AUDIO", "composition": "true", "retentionDays": "7"}
