"""What a push configuration is: what the push services of Apple and Google have to be shown (contract §3)."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ringback.kernel.redaction import Secret

NAME_LENGTH: Final = 255
"""Most characters of the name of a push configuration, and of a certificate's file."""

CERTIFICATE_SIZE: Final = 64 * 1024
"""Most bytes of a P12 file. With a chain of certificates they have 10 KiB."""

PASSWORD_LENGTH: Final = 1024
"""Most characters of a P12 file's password."""

SERVICE_ACCOUNT_LENGTH: Final = 32 * 1024
"""Most characters of a Firebase service account. They have some 2,400."""

_SERVICE_ACCOUNT_FIELDS: Final = ("project_id", "private_key", "client_email")
"""Without these, nothing can be sent."""


@dataclass(frozen=True, slots=True)
class AppleCredentials:
    """For iOS: a P12 file in Base64 and its password."""

    file_name: str
    certificate: Secret
    password: Secret | None

    def plaintext(self) -> bytes:
        """What is encrypted and stored."""
        password = None if self.password is None else self.password.reveal()
        content = {"fileName": self.file_name, "certificate": self.certificate.reveal(), "password": password}
        return json.dumps(content).encode()


@dataclass(frozen=True, slots=True)
class FirebaseCredentials:
    """For Android: the JSON document of a service account."""

    service_account: Secret

    def plaintext(self) -> bytes:
        """What is encrypted and stored."""
        return self.service_account.reveal().encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a caller wants a push configuration to be."""

    name: str | None
    ios: AppleCredentials | None
    android: FirebaseCredentials | None
    application_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushConfiguration:
    """What is told of a push configuration: everything but its secrets."""

    id: str
    name: str | None
    has_ios: bool
    has_android: bool
    application_id: str | None = None
    """The application that the resource association of the configuration names, if it has one."""


def certificate_from(text: Secret) -> Secret:
    """A P12 file in Base64, perhaps wrapped into lines; the same in one line. Raises ValueError."""
    try:
        content = base64.b64decode("".join(text.reveal().split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be Base64") from None
    if not 0 < len(content) <= CERTIFICATE_SIZE:
        raise ValueError(f"must have 1 to {CERTIFICATE_SIZE} bytes")
    return Secret(base64.b64encode(content).decode())


def service_account_from(text: Secret) -> Secret:
    """A service account of Firebase as the JSON that Google gives out, if it is one. Raises ValueError."""
    if len(text.reveal()) > SERVICE_ACCOUNT_LENGTH:
        raise ValueError(f"must have at most {SERVICE_ACCOUNT_LENGTH} characters")
    try:
        content = json.loads(text.reveal())
    except (ValueError, RecursionError):
        raise ValueError("must be a JSON document") from None
    if not _is_service_account(content):
        fields = ", ".join(_SERVICE_ACCOUNT_FIELDS)
        raise ValueError(f'must be a service account: an object with "type": "service_account", {fields}')
    return text


def password_from(text: Secret) -> Secret:
    """The password of a P12 file, if it can be one. Raises ValueError."""
    if len(text.reveal()) > PASSWORD_LENGTH:
        raise ValueError(f"must have at most {PASSWORD_LENGTH} characters")
    return text


def _is_service_account(content: Any) -> bool:
    return (
        isinstance(content, Mapping)
        and content.get("type") == "service_account"
        and all(isinstance(content.get(name), str) and content[name] for name in _SERVICE_ACCOUNT_FIELDS)
    )
