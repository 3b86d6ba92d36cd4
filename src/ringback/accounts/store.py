"""Accounts, users and API keys in the database.

The `find_…_to_authenticate` functions are the only ones without an account id: they are how it is found.
"""

from dataclasses import asdict

from sqlalchemy import Column, Connection, ForeignKey, LargeBinary, String, Table, exists, select

from ringback.accounts.model import Account, ApiKey, User
from ringback.storage import UtcDateTime, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("username", String(100), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("prefix", String(8), nullable=False),
    Column("key_hash", LargeBinary(32), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
)


def add_account(connection: Connection, account: Account) -> bool:
    """Store a new account; False when the name is taken."""
    if connection.scalar(select(exists().where(accounts.c.name == account.name))):
        return False
    connection.execute(accounts.insert(), asdict(account))
    return True


def find_account_by_name(connection: Connection, name: str) -> Account | None:
    row = connection.execute(select(accounts).where(accounts.c.name == name)).one_or_none()
    return None if row is None else Account(**row._mapping)


def is_empty(connection: Connection) -> bool:
    """Whether this installation has no account yet."""
    return not connection.scalar(select(exists(select(accounts.c.id))))


def add_first(
    connection: Connection, account: Account, user: User, password_hash: str, key: ApiKey, key_hash: bytes
) -> bool:
    """Store the first account with its admin and API key; False when there is an account already."""
    return (
        is_empty(connection)
        and add_account(connection, account)
        and add_user(connection, user, password_hash)
        and add_api_key(connection, key, key_hash)
    )


def add_user(connection: Connection, user: User, password_hash: str) -> bool:
    """Store a new user in `user.account_id`; False when the username is taken in this installation."""
    if connection.scalar(select(exists().where(users.c.username == user.username))):
        return False
    connection.execute(users.insert(), {**asdict(user), "password_hash": password_hash})
    return True


def add_api_key(connection: Connection, key: ApiKey, key_hash: bytes) -> bool:
    """Store a new API key in `key.account_id`; False when the same key exists already."""
    if connection.scalar(select(exists().where(api_keys.c.key_hash == key_hash))):
        return False
    connection.execute(api_keys.insert(), {**asdict(key), "key_hash": key_hash})
    return True


def find_key_to_authenticate(connection: Connection, key_hash: bytes) -> tuple[str, str] | None:
    """(account id, API key id) of the key with this hash."""
    query = select(api_keys.c.account_id, api_keys.c.id).where(api_keys.c.key_hash == key_hash)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.account_id, row.id)


def find_user_to_authenticate(connection: Connection, username: str) -> tuple[str, str, str] | None:
    """(account id, user id, password hash) of the user with this name."""
    query = select(users.c.account_id, users.c.id, users.c.password_hash).where(users.c.username == username)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.account_id, row.id, row.password_hash)
