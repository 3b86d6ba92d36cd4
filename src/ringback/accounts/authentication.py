"""Says whose credentials a request carries, and lets users sign in."""

import base64
import binascii

from ringback.accounts import store
from ringback.accounts.guesses import Guesses
from ringback.accounts.model import (
    LOGIN_LIFETIME,
    RIGHTS,
    ApiKey,
    Login,
    LoginKind,
    Rights,
    is_name,
    is_password,
    key_hash,
    parse_address,
)
from ringback.accounts.passwords import Passwords
from ringback.accounts.recent import Recent
from ringback.accounts.store import StoredUser
from ringback.kernel.clock import Clock
from ringback.kernel.errors import Unauthenticated
from ringback.kernel.ids import new_secret
from ringback.kernel.redaction import Secret
from ringback.storage import Database
from ringback.web import Principal


class Authentication:
    """One function for each way to prove who is asking.

    They take what follows the scheme's word in `Authorization`, and the client's address. All raise `Unauthenticated`,
    whatever is wrong; where a password is checked, also `TooManyRequests` for who guesses and `Unavailable`.
    """

    def __init__(self, database: Database, clock: Clock, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._guesses = Guesses(clock)
        self._keys: Recent[bytes, ApiKey] = Recent(clock)
        self._users: Recent[str, StoredUser] = Recent(clock)
        self._logins: Recent[bytes, Login] = Recent(clock)

    async def authenticate_key(self, credentials: str, address: str) -> Principal:
        """Whose API key this is."""
        wanted = key_hash(Secret(credentials))
        key = await self._keys.find(
            wanted, lambda: self._database.read(lambda connection: store.find_key_to_authenticate(connection, wanted))
        )
        if key is None or not key.admits(parse_address(address), self._clock.now()):
            raise Unauthenticated
        return _principal(key.account_id, key.id, key.rights)

    async def authenticate_user(self, credentials: str, address: str) -> Principal:
        """Whose username and password this is (Base64, RFC 7617)."""
        try:
            username, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            raise Unauthenticated from None
        user = (await self._prove(username, Secret(password), address)).user
        return _principal(user.account_id, user.id, RIGHTS[user.role])

    async def authenticate_ibsso(self, credentials: str, address: str) -> Principal:
        """Whose IBSSO token this is."""
        return await self._authenticate_login(LoginKind.IBSSO, credentials, address)

    async def authenticate_oauth2(self, credentials: str, address: str) -> Principal:
        """Whose OAuth2 access token this is."""
        return await self._authenticate_login(LoginKind.OAUTH2, credentials, address)

    async def sign_in(self, kind: LoginKind, username: str, password: Secret, address: str, *, bound: bool) -> Secret:
        """A token that stands for this user for an hour; if `bound`, from this address only."""
        proven = await self._prove(username, password, address)
        token = Secret(new_secret())
        now = self._clock.now()
        login = Login(
            user=proven.user,
            kind=kind,
            # Bound to an address that is none, it is good from nowhere.
            address=str(parse_address(address) or "") if bound else None,
            expires_at=now + LOGIN_LIFETIME,
        )
        if not await self._database.write(
            lambda connection: store.add_login(connection, login, key_hash(token), proven.password_hash, now)
        ):
            raise Unauthenticated
        return token

    async def sign_out(self, token: Secret) -> None:
        """The token is not good any more."""
        await self._database.write(lambda connection: store.remove_login(connection, key_hash(token)))
        self.forget()

    def forget(self) -> None:
        """Keys, users or logins have changed: believe nothing that was read before."""
        for recent in (self._keys, self._users, self._logins):
            recent.forget()

    async def _authenticate_login(self, kind: LoginKind, credentials: str, address: str) -> Principal:
        wanted = key_hash(Secret(credentials))
        login = await self._logins.find(
            wanted, lambda: self._database.read(lambda connection: store.find_login_to_authenticate(connection, wanted))
        )
        if login is None or not login.admits(kind, parse_address(address), self._clock.now()):
            raise Unauthenticated
        return _principal(login.user.account_id, login.user.id, RIGHTS[login.user.role])

    async def _prove(self, username: str, password: Secret, address: str) -> StoredUser:
        if not is_name(username) or not is_password(password.reveal()):
            raise Unauthenticated  # nobody can have it, so it tells nothing and needs no Argon2
        client = parse_address(address)
        self._guesses.require_patience(username, client)
        found = await self._users.find(
            username,
            lambda: self._database.read(lambda connection: store.find_user_to_authenticate(connection, username)),
        )
        right = await self._passwords.matches(username, found.password_hash if found else None, password)
        if found is None or not right:
            self._guesses.wrong(username, client)
            raise Unauthenticated
        self._guesses.right(username, client)
        return found


def _principal(account_id: str, credential_id: str, rights: Rights) -> Principal:
    return Principal(
        account_id=account_id, credential_id=credential_id, scopes=rights.scopes, reads_only=rights.reads_only
    )
