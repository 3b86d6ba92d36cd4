"""Which identities an account has ever had a token for."""

from datetime import datetime

from sqlalchemy import Column, Connection, ForeignKey, String, Table, exists, select

from ringback.storage import UtcDateTime, metadata

identities = Table(
    "identities",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("identity", String(64), primary_key=True),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
)


def remember(connection: Connection, account_id: str, identity: str, now: datetime) -> None:
    """A token for `identity` has been issued at `now`."""
    row = (identities.c.account_id == account_id) & (identities.c.identity == identity)
    if connection.execute(identities.update().where(row).values(last_seen=now)).rowcount == 0:
        connection.execute(
            identities.insert().values(account_id=account_id, identity=identity, first_seen=now, last_seen=now)
        )


def is_known(connection: Connection, account_id: str, identity: str) -> bool:
    """Whether `identity` ever had a token in this account. A call to one that never had ends differently from a call
    to one that is merely not connected.
    """
    row = (identities.c.account_id == account_id) & (identities.c.identity == identity)
    return bool(connection.scalar(select(exists().where(row))))
