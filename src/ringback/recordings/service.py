"""Shows and changes what an account wants to be recorded."""

from ringback.recordings import store
from ringback.recordings.model import RecordingSettings
from ringback.storage import Connection, Database
from ringback.storage.audit import AuditLog
from ringback.storage.blobs import StorageUsed
from ringback.web import Principal


class Recordings:
    """The service of this noun."""

    def __init__(self, database: Database, audit: AuditLog, storage_used: StorageUsed) -> None:
        self._database = database
        self._audit = audit
        self._storage_used = storage_used

    async def settings(self, account_id: str) -> tuple[RecordingSettings, int]:
        """What the account has chosen, and the bytes that its files take."""
        return await self._database.read(
            lambda connection: (store.load(connection, account_id), self._storage_used(connection, account_id))
        )

    async def change_settings(self, by: Principal, chosen: RecordingSettings) -> tuple[RecordingSettings, int]:
        """Put `chosen` in the place of all that was chosen before."""

        def work(connection: Connection) -> tuple[RecordingSettings, int]:
            store.save(connection, by.account_id, chosen)
            self._audit.append(
                connection,
                account_id=by.account_id,
                actor=by.credential_id,
                action="recording-settings.update",
                subject=by.account_id,
                details={
                    "recording": chosen.recording,
                    "composition": str(chosen.composition).lower(),
                    "retentionDays": str(chosen.retention_days),
                },
            )
            return chosen, self._storage_used(connection, by.account_id)

        return await self._database.write(work)
