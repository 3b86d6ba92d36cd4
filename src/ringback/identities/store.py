"""Which identities an account has ever had a token for, and which tokens are revoked."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Column, Connection, ForeignKey, Integer, String, Table, bindparam, delete, exists, select

from ringback.identities.model import MAX_TIME_TO_LIVE, Revocation, RevocationKind
from ringback.storage import UtcDateTime, metadata

identities = Table(
    "identities",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("identity", String(64), primary_key=True),
    Column("first_seen", UtcDateTime, nullable=False),
)

revocations = Table(
    "revocations",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("revoked_at", UtcDateTime, nullable=False, index=True),
)


# Built once: every token asks, and to build the question takes as long as to answer it.
_IS_KNOWN = select(
    exists().where(identities.c.account_id == bindparam("account_id"), identities.c.identity == bindparam("identity"))
)


def remember(connection: Connection, account_id: str, identity: str, now: datetime) -> None:
    """A token for `identity` has been issued at `now`."""
    if not is_known(connection, account_id, identity):
        connection.execute(identities.insert(), {"account_id": account_id, "identity": identity, "first_seen": now})


def is_known(connection: Connection, account_id: str, identity: str) -> bool:
    """Whether `identity` ever had a token in this account. A call to one that never had ends differently from a call
    to one that is merely not connected.
    """
    return bool(connection.scalar(_IS_KNOWN, {"account_id": account_id, "identity": identity}))


def revoke(connection: Connection, revocation: Revocation) -> None:
    """Store a revocation, and forget those that stop nothing any more."""
    connection.execute(delete(revocations).where(revocations.c.revoked_at <= revocation.revoked_at - MAX_TIME_TO_LIVE))
    connection.execute(revocations.insert().values(asdict(revocation)))


def revoked_since(connection: Connection, since: datetime) -> list[Revocation]:
    """The revocations after `since`, of all accounts: for who checks tokens, which say themselves whose they are."""
    rows = connection.execute(select(revocations).where(revocations.c.revoked_at > since))
    return [Revocation(row.account_id, RevocationKind(row.kind), row.subject, row.revoked_at) for row in rows]
