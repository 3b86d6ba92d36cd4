"""Secrets at rest: what customers entrust to the platform, and what it has to be able to say again to others.

AES-256-GCM with a key that is derived from the installation's secret key for this purpose only, and a random nonce for
each value: with one key, 2^32 values are safe (NIST SP 800-38D).
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ringback.kernel.errors import RingbackError
from ringback.kernel.redaction import Secret

_FORMAT: Final = b"\x01"
"""The first byte: AES-256-GCM, nonce, ciphertext with its tag. Another way to encrypt will have another number."""

_NONCE_LENGTH: Final = 12
"""Bytes: the length that AES-GCM is made for."""


class Unreadable(RingbackError):
    """A stored secret cannot be read: it was altered, or encrypted with another RINGBACK_SECRET_KEY."""

    code = "SECRET_UNREADABLE"


class Encryption:
    """Seals values for the database. `secret_key` is the installation's."""

    def __init__(self, secret_key: Secret) -> None:
        derived = HKDF(SHA256(), length=32, salt=None, info=b"ringback secrets at rest")
        self._cipher = AESGCM(derived.derive(secret_key.reveal().encode()))

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """`plaintext` encrypted: 29 bytes longer. `context` says where it belongs, e.g. `push_configurations:<id>`."""
        nonce = os.urandom(_NONCE_LENGTH)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, plaintext, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """What was sealed for the same `context`.

        Raises `Unreadable` when it was altered or sealed for another context or with another key.
        """
        nonce, ciphertext = sealed[1 : 1 + _NONCE_LENGTH], sealed[1 + _NONCE_LENGTH :]
        if not sealed.startswith(_FORMAT) or len(nonce) != _NONCE_LENGTH:
            raise Unreadable
        try:
            return self._cipher.decrypt(nonce, ciphertext, context.encode())
        except InvalidTag:
            raise Unreadable from None
