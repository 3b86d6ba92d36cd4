"""Accounts, users, API keys and logins in the database.

The `find_…_to_authenticate` functions have no account id: they are how it is found. What operators ask for by name
has none either.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    LargeBinary,
    RowMapping,
    String,
    Table,
    delete,
    exists,
    select,
    update,
)

from ringback.accounts.model import (
    Account,
    ApiKey,
    ApiKeyFilter,
    ApiKeyOrder,
    Login,
    LoginKind,
    Role,
    Scope,
    User,
    parse_network,
    show_network,
)
from ringback.storage import UtcDateTime, metadata
from ringback.storage.pages import page_of

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
    Column("scopes", JSON, nullable=False),
    Column("networks", JSON, nullable=False),
    Column("valid_from", UtcDateTime, nullable=False),
    Column("valid_to", UtcDateTime),
    Column("enabled", Boolean, nullable=False),
    Column("disabled_at", UtcDateTime, index=True),
)

logins = Table(
    "logins",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("address", String(64)),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

_KEY_COLUMNS: Final = [column for column in api_keys.c if column.name != "key_hash"]
_USER_COLUMNS: Final = [column for column in users.c if column.name != "password_hash"]

_ORDERS: Final = {
    ApiKeyOrder.ID: api_keys.c.id,
    ApiKeyOrder.NAME: api_keys.c.name,
    ApiKeyOrder.VALID_FROM: api_keys.c.valid_from,
    ApiKeyOrder.VALID_TO: api_keys.c.valid_to,
}


class StoredUser(NamedTuple):
    """A user, with what proves the password."""

    user: User
    password_hash: str


def add_account(connection: Connection, account: Account) -> bool:
    """Store a new account; False when the name is taken."""
    if connection.scalar(select(exists().where(accounts.c.name == account.name))):
        return False
    connection.execute(accounts.insert(), asdict(account))
    return True


def find_account_by_name(connection: Connection, name: str) -> Account | None:
    row = connection.execute(select(accounts).where(accounts.c.name == name)).one_or_none()
    return None if row is None else Account(**row._mapping)


def list_accounts(connection: Connection) -> list[Account]:
    """Every account of the installation, by name."""
    return [Account(**row._mapping) for row in connection.execute(select(accounts).order_by(accounts.c.name))]


def is_empty(connection: Connection) -> bool:
    """Whether this installation has no account yet."""
    return not connection.scalar(select(exists(select(accounts.c.id))))


def add_user(connection: Connection, user: User, password_hash: str) -> bool:
    """Store a new user in `user.account_id`; False when the username is taken in this installation."""
    if connection.scalar(select(exists().where(users.c.username == user.username))):
        return False
    connection.execute(users.insert(), {**asdict(user), "password_hash": password_hash})
    return True


def find_user_to_authenticate(connection: Connection, username: str) -> StoredUser | None:
    row = connection.execute(select(users).where(users.c.username == username)).mappings().one_or_none()
    return None if row is None else StoredUser(_user(row), row["password_hash"])


def list_users(connection: Connection, account_id: str) -> list[User]:
    """The users of an account, by name."""
    query = select(*_USER_COLUMNS).where(users.c.account_id == account_id).order_by(users.c.username)
    return [_user(row) for row in connection.execute(query).mappings()]


def set_password(connection: Connection, user: User, password_hash: str) -> None:
    """Give the user a new password, and end what was begun with the old one."""
    mine = (users.c.account_id == user.account_id) & (users.c.id == user.id)
    connection.execute(update(users).where(mine).values(password_hash=password_hash))
    connection.execute(delete(logins).where(logins.c.user_id == user.id))


def add_api_key(connection: Connection, key: ApiKey, key_hash: bytes) -> None:
    """Store a new API key in `key.account_id`."""
    connection.execute(api_keys.insert(), {**_key_row(key), "key_hash": key_hash})


def change_api_key(connection: Connection, key: ApiKey) -> None:
    """Store what `key` has become."""
    mine = (api_keys.c.account_id == key.account_id) & (api_keys.c.id == key.id)
    connection.execute(update(api_keys).where(mine).values(_key_row(key)))


def find_api_key(connection: Connection, account_id: str, key_id: str) -> ApiKey | None:
    mine = (api_keys.c.account_id == account_id) & (api_keys.c.id == key_id)
    row = connection.execute(select(*_KEY_COLUMNS).where(mine)).mappings().one_or_none()
    return None if row is None else _key(row)


def list_api_keys(
    connection: Connection, account_id: str, wanted: ApiKeyFilter, offset: int, limit: int
) -> tuple[list[ApiKey], int]:
    """Some API keys of an account, in the order that is wanted, and how many there are in all."""
    query = select(*_KEY_COLUMNS).where(api_keys.c.account_id == account_id)
    if wanted.name is not None:
        query = query.where(api_keys.c.name == wanted.name)
    if wanted.enabled is not None:
        query = query.where(api_keys.c.enabled == wanted.enabled)
    column, unique = _ORDERS[wanted.order_by], api_keys.c.id
    order = (column.desc(), unique.desc()) if wanted.descending else (column, unique)
    rows, total = page_of(connection, query.order_by(*order), offset, limit)
    return [_key(row._mapping) for row in rows], total


def keys_disabled_since(connection: Connection, since: datetime) -> list[ApiKey]:
    """The API keys that were disabled after `since`, of all accounts: what they have issued ends with them."""
    rows = connection.execute(select(*_KEY_COLUMNS).where(api_keys.c.disabled_at > since)).mappings()
    return [_key(row) for row in rows]


def find_key_to_authenticate(connection: Connection, key_hash: bytes) -> ApiKey | None:
    row = connection.execute(select(*_KEY_COLUMNS).where(api_keys.c.key_hash == key_hash)).mappings().one_or_none()
    return None if row is None else _key(row)


def add_login(connection: Connection, login: Login, token_hash: bytes, password_hash: str, now: datetime) -> bool:
    """Store a new login, and forget those that have expired. False when the user's password is not any more the one
    with this hash: it was changed while the login was under way.
    """
    same = (users.c.id == login.user.id) & (users.c.password_hash == password_hash)
    if not connection.scalar(select(exists().where(same))):
        return False
    connection.execute(delete(logins).where(logins.c.expires_at <= now))
    row = {
        "token_hash": token_hash,
        "user_id": login.user.id,
        "kind": login.kind,
        "address": login.address,
        "expires_at": login.expires_at,
    }
    connection.execute(logins.insert(), row)
    return True


def find_login_to_authenticate(connection: Connection, token_hash: bytes) -> Login | None:
    query = (
        select(*_USER_COLUMNS, logins.c.kind, logins.c.address, logins.c.expires_at)
        .join(logins, logins.c.user_id == users.c.id)
        .where(logins.c.token_hash == token_hash)
    )
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    return Login(user=_user(row), kind=LoginKind(row["kind"]), address=row["address"], expires_at=row["expires_at"])


def remove_login(connection: Connection, token_hash: bytes) -> None:
    connection.execute(delete(logins).where(logins.c.token_hash == token_hash))


def _user(row: RowMapping) -> User:
    return User(row["id"], row["account_id"], row["username"], Role(row["role"]), row["created_at"])


def _key(row: Mapping[Any, Any]) -> ApiKey:
    return ApiKey(
        **{
            **row,
            "scopes": frozenset(map(Scope, row["scopes"])),
            "networks": tuple(map(parse_network, row["networks"])),
        }
    )


def _key_row(key: ApiKey) -> dict[str, Any]:
    return {
        **asdict(key),
        "scopes": sorted(key.scopes),
        "networks": [show_network(network) for network in key.networks],
    }
