"""Creates accounts, users and API keys, and says whose credentials a request carries."""

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import Final

from ringback.accounts import store
from ringback.accounts.model import PREFIX_LENGTH, Account, ApiKey, Role, User, api_key_from, is_name, key_hash
from ringback.accounts.passwords import Passwords
from ringback.accounts.provisioning import add_default_application
from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidRequest, NotFound, Unauthenticated
from ringback.kernel.ids import Ids, new_secret
from ringback.kernel.redaction import Secret
from ringback.storage import Database
from ringback.web import Principal

DEFAULT_ACCOUNT: Final = "default"
"""The account that the first start creates."""

ADMIN_USERNAME: Final = "admin"
"""The user that the first start creates in it."""

PASSWORD_LENGTH: Final = range(12, 1025)
"""Characters of a password: long enough not to be guessed, short enough to hash."""


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What the first start has made, to be shown once: the password and the key cannot be read back."""

    account: Account
    username: str
    password: Secret
    api_key: Secret


class Accounts:
    """The service of this noun."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._passwords = passwords

    async def bootstrap(self, api_key: Secret | None) -> FirstStart | None:
        """Make the default account, its admin and an API key (`api_key`, or a random one) in an empty installation.

        None when the installation has been started before; `api_key` then changes nothing.
        """
        if not await self._database.read(store.is_empty):
            return None
        password = Secret(new_secret(15))
        key = api_key or self._new_key()
        account = self._account(DEFAULT_ACCOUNT)
        user = self._user(account.id, ADMIN_USERNAME, Role.ADMIN)
        password_hash = await self._passwords.hash(password)

        record = self._api_key(account.id, "first start", key)
        created = await self._database.write(
            lambda connection: (
                store.add_first(connection, account, user, password_hash, record, key_hash(key))
                and add_default_application(connection, account.id)
            )
        )
        return FirstStart(account, user.username, password, key) if created else None

    async def create_account(self, name: str) -> Account:
        """Raises `InvalidRequest` when the name is taken or cannot be one."""
        account = self._account(_checked_name(name, "name"))
        if not await self._database.write(
            lambda connection: (
                store.add_account(connection, account) and add_default_application(connection, account.id)
            )
        ):
            raise InvalidRequest("There is already an account of this name.", field="name")
        return account

    async def find_account(self, name: str) -> Account:
        """Raises `NotFound`."""
        account = await self._database.read(lambda connection: store.find_account_by_name(connection, name))
        if account is None:
            raise NotFound("There is no account of this name.")
        return account

    async def create_user(self, account_id: str, username: str, password: Secret, role: Role) -> User:
        """Raises `InvalidRequest` when the username is taken or cannot be one, or the password has a wrong length."""
        user = self._user(account_id, _checked_name(username, "username"), role)
        if ":" in username:  # Basic authentication could not carry it
            raise InvalidRequest("A username has no colon.", field="username")
        if len(password.reveal()) not in PASSWORD_LENGTH:
            raise InvalidRequest(f"A password has at least {PASSWORD_LENGTH.start} characters.", field="password")
        password_hash = await self._passwords.hash(password)
        if not await self._database.write(lambda connection: store.add_user(connection, user, password_hash)):
            raise InvalidRequest("There is already a user of this name.", field="username")
        return user

    async def create_api_key(self, account_id: str, name: str) -> tuple[ApiKey, Secret]:
        """The key's record and the key itself, which cannot be read back. Raises `InvalidRequest` for the name."""
        key = self._new_key()
        record = self._api_key(account_id, _checked_name(name, "name"), key)
        await self._database.write(lambda connection: store.add_api_key(connection, record, key_hash(key)))
        return record, key

    async def authenticate_key(self, credentials: str, _address: str) -> Principal:
        """Whose API key this is. Raises `Unauthenticated`."""
        wanted = key_hash(Secret(credentials))
        found = await self._database.read(lambda connection: store.find_key_to_authenticate(connection, wanted))
        if found is None:
            raise Unauthenticated
        account_id, key_id = found
        return Principal(account_id=account_id, credential_id=key_id)

    async def authenticate_user(self, credentials: str, _address: str) -> Principal:
        """Whose username and password this is (Base64, RFC 7617). Raises `Unauthenticated`."""
        try:
            username, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            raise Unauthenticated from None
        if len(password) not in PASSWORD_LENGTH:
            raise Unauthenticated
        found = await self._database.read(lambda connection: store.find_user_to_authenticate(connection, username))
        stored = None if found is None else found[2]
        if not await self._passwords.matches(stored, Secret(password)) or found is None:
            raise Unauthenticated
        return Principal(account_id=found[0], credential_id=found[1])

    def _account(self, name: str) -> Account:
        return Account(self._ids.new(), name, self._clock.now())

    def _user(self, account_id: str, username: str, role: Role) -> User:
        return User(self._ids.new(), account_id, username, role, self._clock.now())

    def _new_key(self) -> Secret:
        return api_key_from(secrets.token_bytes(16), self._ids.new())

    def _api_key(self, account_id: str, name: str, key: Secret) -> ApiKey:
        return ApiKey(self._ids.new(), account_id, name, key.reveal()[:PREFIX_LENGTH], self._clock.now())


def _checked_name(name: str, field: str) -> str:
    if not is_name(name):
        raise InvalidRequest("A name has 1 to 100 printable characters and no blanks at its ends.", field=field)
    return name
