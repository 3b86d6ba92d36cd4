"""Creates and changes accounts, users and API keys."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ringback.accounts import store
from ringback.accounts.authentication import Authentication
from ringback.accounts.model import (
    NAME_RULE,
    PASSWORD_LENGTH,
    Account,
    ApiKey,
    ApiKeyChange,
    ApiKeyFilter,
    Network,
    Role,
    Scope,
    User,
    api_key_from,
    is_name,
    is_password,
    key_hash,
    shown_of,
)
from ringback.accounts.passwords import Passwords
from ringback.accounts.provisioning import add_default_application
from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidRequest, NotFound
from ringback.kernel.ids import Ids, new_secret
from ringback.kernel.redaction import Secret
from ringback.storage import Connection, Database
from ringback.storage.audit import AuditLog

DEFAULT_ACCOUNT: Final = "default"
"""The account that the first start creates."""

ADMIN_USERNAME: Final = "admin"
"""The user that the first start creates in it."""

COMMAND_LINE: Final = "command line"
"""Who acts where nobody had to prove who it is: the operator of this machine."""


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What the first start has made, to be shown once: the password and the key cannot be read back."""

    account: Account
    username: str
    password: Secret
    api_key: Secret


class Accounts:
    """The service of this noun.

    `by` is who asks for a change: the id of credentials, or the command line, which alone changes accounts and users.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        audit: AuditLog,
        passwords: Passwords,
        authentication: Authentication,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._audit = audit
        self._passwords = passwords
        self._authentication = authentication

    async def bootstrap(self, api_key: Secret | None) -> FirstStart | None:
        """Make the default account, its admin and an API key (`api_key`, or a random one) in an empty installation.

        None when the installation has been started before; `api_key` then changes nothing.
        """
        if not await self._database.read(store.is_empty):
            return None
        now = self._clock.now()
        password = Secret(new_secret(15))
        key = api_key or self._new_key()
        account = Account(self._ids.new(), DEFAULT_ACCOUNT, now)
        user = User(self._ids.new(), account.id, ADMIN_USERNAME, Role.ADMIN, now)
        record = self._api_key(account.id, "first start", key)
        password_hash = await self._passwords.hash(password)

        def work(connection: Connection) -> bool:
            if not store.is_empty(connection):
                return False
            self._add_account(connection, account)
            self._add_user(connection, user, password_hash)
            self._add_api_key(connection, record, key, COMMAND_LINE)
            return True

        created = await self._database.write(work)
        return FirstStart(account, user.username, password, key) if created else None

    async def create_account(self, name: str) -> Account:
        """Raises `InvalidRequest` when the name is taken or cannot be one."""
        account = Account(self._ids.new(), _checked_name(name, "name"), self._clock.now())
        await self._database.write(lambda connection: self._add_account(connection, account))
        return account

    async def find_account(self, name: str) -> Account:
        """Raises `NotFound`."""
        account = await self._database.read(lambda connection: store.find_account_by_name(connection, name))
        if account is None:
            raise NotFound("There is no account of this name.")
        return account

    async def list_accounts(self) -> list[Account]:
        """Every account of the installation, by name."""
        return await self._database.read(store.list_accounts)

    async def create_user(self, account_id: str, username: str, password: Secret, role: Role) -> User:
        """Raises `InvalidRequest` when the username is taken or cannot be one, or the password has a wrong length."""
        user = User(self._ids.new(), account_id, _checked_name(username, "username"), role, self._clock.now())
        if ":" in username:  # Basic authentication could not carry it
            raise InvalidRequest("must not contain a colon", field="username")
        password_hash = await self._hash(password)
        await self._database.write(lambda connection: self._add_user(connection, user, password_hash))
        return user

    async def list_users(self, account_id: str) -> list[User]:
        """The users of an account, by name."""
        return await self._database.read(lambda connection: store.list_users(connection, account_id))

    async def change_password(self, username: str, password: Secret) -> User:
        """The user's logins end at once. Raises `NotFound`, and `InvalidRequest` for a password of a wrong length."""
        password_hash = await self._hash(password)

        def work(connection: Connection) -> User:
            found = store.find_user_to_authenticate(connection, username)
            if found is None:
                raise NotFound("There is no user of this name.")
            store.set_password(connection, found.user, password_hash)
            self._note(connection, found.user.account_id, COMMAND_LINE, "user.change-password", found.user.id)
            return found.user

        user = await self._database.write(work)
        self._authentication.forget()
        return user

    async def create_api_key(
        self,
        account_id: str,
        name: str,
        *,
        by: str,
        scopes: Collection[Scope] = (),
        networks: Sequence[Network] = (),
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
    ) -> tuple[ApiKey, Secret]:
        """The key's record and the key itself, which cannot be read back.

        Without scopes it has those of the products; without networks it is good everywhere; without moments it is
        valid from now on, and without an end. Raises `InvalidRequest` naming the field.
        """
        key = self._new_key()
        record = self._api_key(account_id, name, key)
        record = replace(
            record,
            scopes=frozenset(scopes),
            networks=tuple(networks),
            valid_from=valid_from or record.created_at,
            valid_to=valid_to,
        )
        _check_key(record)
        await self._database.write(lambda connection: self._add_api_key(connection, record, key, by))
        return record, key

    async def find_api_key(self, account_id: str, key_id: str) -> ApiKey:
        """Raises `NotFound`."""
        return await self._database.read(lambda connection: _existing_key(connection, account_id, key_id))

    async def list_api_keys(
        self, account_id: str, wanted: ApiKeyFilter, offset: int, limit: int
    ) -> tuple[list[ApiKey], int]:
        """Some API keys of an account, and how many there are in all."""
        return await self._database.read(
            lambda connection: store.list_api_keys(connection, account_id, wanted, offset, limit)
        )

    async def change_api_key(self, account_id: str, key_id: str, change: ApiKeyChange, *, by: str) -> ApiKey:
        """The key as it is from now on. Raises `NotFound`, and `InvalidRequest` naming the field."""

        def work(connection: Connection) -> ApiKey:
            key = change.applied_to(_existing_key(connection, account_id, key_id), self._clock.now())
            _check_key(key)
            store.change_api_key(connection, key)
            self._note(connection, account_id, by, "api-key.update", key_id, _described(change))
            return key

        changed = await self._database.write(work)
        self._authentication.forget()
        return changed

    async def _hash(self, password: Secret) -> str:
        if not is_password(password.reveal()):
            raise InvalidRequest(
                f"must have {PASSWORD_LENGTH[0]} to {PASSWORD_LENGTH[-1]} characters", field="password"
            )
        return await self._passwords.hash(password)

    def _new_key(self) -> Secret:
        return api_key_from(secrets.token_bytes(16), self._ids.new())

    def _api_key(self, account_id: str, name: str, key: Secret) -> ApiKey:
        now = self._clock.now()
        return ApiKey(
            id=self._ids.new(),
            account_id=account_id,
            name=name,
            prefix=shown_of(key),
            created_at=now,
            valid_from=now,
        )

    def _add_account(self, connection: Connection, account: Account) -> None:
        if not store.add_account(connection, account):
            raise InvalidRequest("There is already an account of this name.", field="name")
        add_default_application(connection, account.id)
        self._note(connection, account.id, COMMAND_LINE, "account.create", account.id, {"name": account.name})

    def _add_user(self, connection: Connection, user: User, password_hash: str) -> None:
        if not store.add_user(connection, user, password_hash):
            raise InvalidRequest("There is already a user of this name.", field="username")
        self._note(connection, user.account_id, COMMAND_LINE, "user.create", user.id, {"role": user.role})

    def _add_api_key(self, connection: Connection, record: ApiKey, key: Secret, by: str) -> None:
        store.add_api_key(connection, record, key_hash(key))
        self._note(connection, record.account_id, by, "api-key.create", record.id, _described(record))

    def _note(
        self,
        connection: Connection,
        account_id: str,
        actor: str,
        action: str,
        subject: str,
        details: Mapping[str, str] | None = None,
    ) -> None:
        self._audit.append(
            connection, account_id=account_id, actor=actor, action=action, subject=subject, details=details
        )


def _checked_name(name: str, field: str) -> str:
    if not is_name(name):
        raise InvalidRequest(NAME_RULE, field=field)
    return name


def _check_key(key: ApiKey) -> None:
    _checked_name(key.name, "name")
    if key.valid_to is not None and key.valid_to <= key.valid_from:
        raise InvalidRequest("must be later than validFrom", field="validTo")


def _existing_key(connection: Connection, account_id: str, key_id: str) -> ApiKey:
    key = store.find_api_key(connection, account_id, key_id)
    if key is None:
        raise NotFound("There is no such API key in this account.")
    return key


def _described(key: ApiKey | ApiKeyChange) -> dict[str, str]:
    """For the audit log. From where a key may be used is nobody's business there, only that it is bound."""
    told = {
        "name": key.name,
        "scopes": None if key.scopes is None else " ".join(sorted(key.scopes)),
        "networks": None if key.networks is None else len(key.networks),
        "validFrom": key.valid_from,
        "validTo": key.valid_to,
        "enabled": key.enabled,
    }
    return {name: str(value) for name, value in told.items() if value is not None}
