"""Who owns what, and who may act."""

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from ringback.kernel.redaction import Secret
from ringback.kernel.scopes import EVERY_SCOPE

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PREFIX_LENGTH: Final = 8
"""Most characters of an API key that are kept readable."""

NAME_LENGTH: Final = 100
"""Most characters in the name of an account, user or API key."""

NAME_RULE: Final = "must have 1 to 100 printable characters, and no blanks at its ends"

PASSWORD_LENGTH: Final = range(12, 1025)
"""Characters of a password: long enough not to be guessed, short enough to hash."""

NETWORKS_LIMIT: Final = 100
"""Most addresses and networks that one API key may be bound to: they are all looked at for each request."""

LOGIN_LIFETIME: Final = timedelta(minutes=60)
"""How long a login lasts (contract §1.2)."""

KEY_LIFETIME: Final = timedelta(days=365)
"""How long an API key is valid when nobody says how long (contract §1.2). Operators' own keys do not expire."""


class Scope(StrEnum):
    """What can be given to an API key: the scopes of the public API, as far as its products are ours."""

    APPLICATIONS = "application-entity:manage"
    CALL_LINKS = "calllink:manage"
    CALL_LINKS_CONFIGURATION = "calllink:configuration:manage"
    CALL_LINKS_LINK = "calllink:link:manage"
    CALL_ROUTING = "callrouting:manage"
    CALLS = "calls:manage"
    CALLS_BULK = "calls:bulk:manage"
    CALLS_CONFIGURATION = "calls:configuration:manage"
    CALLS_LOGS = "calls:logs:read"
    CALLS_MEDIA = "calls:media:manage"
    CALLS_RECORDING_DELETE = "calls:recording:delete"
    CALLS_RECORDING_READ = "calls:recording:read"
    CALLS_RECEIVE = "calls:traffic:receive"
    CALLS_RECORD = "calls:traffic:record"
    CALLS_SEND = "calls:traffic:send"
    SUBSCRIPTIONS = "subscriptions:manage"
    VOICE_RECORDING = "voice:recording:manage"
    WEBRTC = "webrtc:manage"
    WEBRTC_CONFIGURATION = "webrtc:configuration:manage"
    WEBRTC_IDENTITY = "webrtc:identity:manage"
    WEBRTC_MEDIA = "webrtc:media:manage"
    ACCOUNT = "account-management:manage"
    """Who has it gives access to others."""


PRODUCT_SCOPES: Final[frozenset[str]] = frozenset(
    {
        Scope.APPLICATIONS,
        Scope.CALL_LINKS,
        Scope.CALL_ROUTING,
        Scope.CALLS,
        Scope.SUBSCRIPTIONS,
        Scope.VOICE_RECORDING,
        Scope.WEBRTC,
    }
)
"""Everything that an application's backend does; each of them includes the narrower ones of its product."""


class Role(StrEnum):
    """What a user may do."""

    ADMIN = "ADMIN"
    DEVELOPER = "DEVELOPER"
    AGENT = "AGENT"
    VIEWER = "VIEWER"


@dataclass(frozen=True, slots=True)
class Rights:
    """What credentials open."""

    scopes: frozenset[str]
    reads_only: bool = False


RIGHTS: Final[Mapping[Role, Rights]] = {
    Role.ADMIN: Rights(EVERY_SCOPE),
    Role.DEVELOPER: Rights(PRODUCT_SCOPES),
    Role.AGENT: Rights(frozenset()),  # signs in, and takes calls; that needs no REST
    Role.VIEWER: Rights(PRODUCT_SCOPES, reads_only=True),
}


@dataclass(frozen=True, slots=True)
class Account:
    """A customer of this installation; its name is unique here."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in by name and password; the name is unique in the installation."""

    id: str
    account_id: str
    username: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A program's access. Of the key itself only the first characters and a hash are kept."""

    id: str
    account_id: str
    name: str
    prefix: str
    created_at: datetime
    valid_from: datetime
    valid_to: datetime | None = None
    """The first moment at which it is not valid any more; None: it does not expire."""

    scopes: frozenset[Scope] = frozenset()
    """None given: the product scopes, also of products that are yet to come."""

    networks: tuple[Network, ...] = ()
    """From where it may be used; none: from everywhere. A single address is a network of one."""

    enabled: bool = True
    disabled_at: datetime | None = None
    """When it was disabled last. It stays when the key is enabled again, for what the key had issued until then."""

    @property
    def rights(self) -> Rights:
        """What it opens."""
        return Rights(self.scopes or PRODUCT_SCOPES)

    def is_valid(self, now: datetime) -> bool:
        """Whether it is enabled, and `now` lies in its time."""
        return self.enabled and self.valid_from <= now and (self.valid_to is None or now < self.valid_to)

    def admits(self, address: Address | None, now: datetime) -> bool:
        """Whether somebody at `address` may use it now. An unknown address is in no network."""
        if not self.is_valid(now):
            return False
        return not self.networks or (address is not None and any(address in network for network in self.networks))


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyChange:
    """What an API key shall become; None: as it was."""

    name: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    scopes: frozenset[Scope] | None = None
    networks: tuple[Network, ...] | None = None
    enabled: bool | None = None

    def applied_to(self, key: ApiKey, now: datetime) -> ApiKey:
        """The key as it becomes."""
        changes = {field.name: getattr(self, field.name) for field in fields(self)}
        if key.enabled and self.enabled is False:
            changes["disabled_at"] = now
        return replace(key, **{name: value for name, value in changes.items() if value is not None})


class ApiKeyOrder(StrEnum):
    """What a list of API keys is ordered by, in the public API's words."""

    ID = "id"
    NAME = "name"
    VALID_FROM = "validFrom"
    VALID_TO = "validTo"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyFilter:
    """Which API keys of an account are asked for, and in which order."""

    name: str | None = None
    enabled: bool | None = None
    order_by: ApiKeyOrder = ApiKeyOrder.ID
    descending: bool = False


class LoginKind(StrEnum):
    """How a login came about, and by which scheme its token is sent."""

    IBSSO = "IBSSO"
    OAUTH2 = "OAUTH2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """That a user has signed in. Of the token that stands for it only a hash is kept."""

    user: User
    kind: LoginKind
    address: str | None
    """The only address that it may be used from; None: it is bound to none."""

    expires_at: datetime

    def admits(self, kind: LoginKind, address: Address | None, now: datetime) -> bool:
        """Whether somebody at `address` may use it now."""
        bound_elsewhere = self.address is not None and self.address != str(address)
        return self.kind is kind and now < self.expires_at and not bound_elsewhere


def api_key_from(random: bytes, unique: str) -> Secret:
    """A key in the public API's shape: 32 hex digits (of 128 random bits), `-`, and the id `unique`."""
    return Secret(f"{random.hex()}-{unique}")


def shown_of(key: Secret) -> str:
    """The characters by which people tell keys apart; never more than a quarter of one that an operator has chosen."""
    text = key.reveal()
    return text[: min(PREFIX_LENGTH, len(text) // 4)]


def key_hash(key: Secret) -> bytes:
    """What is stored of a key or token: SHA-256. A slow hash would protect only what people invent."""
    return hashlib.sha256(key.reveal().encode()).digest()


def is_name(text: str) -> bool:
    """Whether `text` may name an account, user or API key: 1 … 100 printable characters, no blanks at the ends."""
    return 0 < len(text) <= NAME_LENGTH and text.isprintable() and text.strip() == text


def is_password(text: str) -> bool:
    """Whether `text` may be a password: 12 … 1024 characters, none of them half of one (JSON can hold such)."""
    return len(text) in PASSWORD_LENGTH and not any("\ud800" <= character <= "\udfff" for character in text)


def parse_address(text: str) -> Address | None:
    """The address of a client, IPv4 also where a socket for both wraps it in IPv6; None when it is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def parse_network(text: str) -> Network:
    """An address or network as people write it: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`. Raises ValueError."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise ValueError("must be an IP address, or a network like 192.0.2.0/24 or 2001:db8::/32") from None
    if isinstance(network, IPv6Network) and (network.network_address.ipv4_mapped or network.network_address.scope_id):
        raise ValueError("must be written without zone, and as IPv4 where it means IPv4")
    return network


def show_network(network: Network) -> str:
    """As people write it: a network of one is an address."""
    return str(network.network_address) if network.num_addresses == 1 else str(network)
