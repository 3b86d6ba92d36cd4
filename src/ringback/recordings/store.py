"""What accounts want to be recorded, in the database."""

from dataclasses import asdict

from sqlalchemy import Boolean, Column, Connection, ForeignKey, Integer, String, Table, insert, select, update

from ringback.recordings.model import RecordingMode, RecordingSettings
from ringback.storage import metadata

recording_settings = Table(
    "recording_settings",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("recording", String(16), nullable=False),
    Column("composition", Boolean, nullable=False),
    Column("retention_days", Integer, nullable=False),
)


def load(connection: Connection, account_id: str) -> RecordingSettings:
    """What the account has chosen, or what holds without."""
    table = recording_settings
    row = connection.execute(select(table).where(table.c.account_id == account_id)).one_or_none()
    if row is None:
        return RecordingSettings()
    return RecordingSettings(
        recording=RecordingMode(row.recording), composition=row.composition, retention_days=row.retention_days
    )


def save(connection: Connection, account_id: str, chosen: RecordingSettings) -> None:
    table = recording_settings
    mine = update(table).where(table.c.account_id == account_id)
    if connection.execute(mine.values(asdict(chosen))).rowcount == 0:
        connection.execute(insert(table).values(account_id=account_id, **asdict(chosen)))
