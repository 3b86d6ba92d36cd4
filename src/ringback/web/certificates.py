"""Certificates for HTTPS: the operator's own, checked before the server starts, or one that signs itself."""

import contextlib
import ipaddress
import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ringback.kernel.errors import RingbackError

VALIDITY: Final = timedelta(days=397)
"""How long a certificate of ours lasts. Browsers distrust what lasts longer than 398 days."""

RENEWAL: Final = timedelta(days=30)
"""A start that finds less than this left makes a new one."""

CERTIFICATE_FILE: Final = "self-signed.crt"
KEY_FILE: Final = "self-signed.key"
"""Names in the data directory."""


class CertificateUnusable(RingbackError):
    """The certificate for HTTPS cannot be used."""

    code = "CERTIFICATE_UNUSABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What HTTPS is served with: two PEM files that belong together, and what the first one says."""

    certificate_file: Path
    key_file: Path
    names: frozenset[str]
    """The DNS names and IP addresses it is valid for; names in lower case."""
    ends: datetime
    self_signed: bool
    """No authority vouches for it: browsers warn, and must not be told to insist on HTTPS."""

    def covers(self, host: str) -> bool:
        """Whether a browser that was sent to `host` finds that name in the certificate."""
        host = host.lower()
        _, dot, parent = host.partition(".")
        return host in self.names or (bool(dot) and not _is_address(host) and f"*.{parent}" in self.names)


def load_certificate(certificate_file: Path, key_file: Path) -> Certificate:
    """The certificate (with its chain, if it has one) and its key. Raises `CertificateUnusable` with the reason."""
    try:
        leaf = x509.load_pem_x509_certificates(_read(certificate_file))[0]
    except ValueError:
        raise CertificateUnusable(f"{certificate_file} holds no certificate in PEM form.") from None
    try:
        key = load_pem_private_key(_read(key_file), password=None)
    except TypeError:
        raise CertificateUnusable(f"The key in {key_file} needs a password; store it without one.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateUnusable(f"{key_file} holds no private key in PEM form.") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
        raise CertificateUnusable(f"The key in {key_file} is not that of the certificate in {certificate_file}.")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate_file, key_file)
    except ssl.SSLError as error:
        raise CertificateUnusable(f"OpenSSL refuses the certificate in {certificate_file}: {error.reason}.") from None
    return Certificate(
        certificate_file=certificate_file,
        key_file=key_file,
        names=_names(leaf),
        ends=leaf.not_valid_after_utc,
        self_signed=leaf.issuer == leaf.subject,
    )


def self_signed_certificate(directory: Path, names: Iterable[str], now: datetime) -> Certificate:
    """A certificate for exactly `names` (DNS names and IP addresses), kept in `directory`, which exists.

    The one that is there is taken if it is for these names and lasts; else a new one takes its place.
    """
    wanted = frozenset(name.lower() for name in names)
    certificate_file, key_file = directory / CERTIFICATE_FILE, directory / KEY_FILE
    with contextlib.suppress(CertificateUnusable):
        found = load_certificate(certificate_file, key_file)
        if found.names == wanted and found.ends - now > RENEWAL:
            return found
    key = ec.generate_private_key(ec.SECP256R1())
    # A crash between the two leaves a pair that does not match, and the next start makes a new one.
    _replace(key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _replace(certificate_file, _signed(key, sorted(wanted), now).public_bytes(Encoding.PEM))
    return load_certificate(certificate_file, key_file)


def trusting_context(directory: Path) -> ssl.SSLContext:
    """For a client on this machine: trusts whom the system trusts, and the certificate of ours in `directory`."""
    context = ssl.create_default_context()
    with contextlib.suppress(OSError):  # of which ssl.SSLError is one
        context.load_verify_locations(directory / CERTIFICATE_FILE)
    return context


def _signed(key: ec.EllipticCurvePrivateKey, names: list[str], now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ringback, self-signed")])
    usage = {
        name: name == "digital_signature"
        for name in (
            *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
            *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        )
    }
    alternatives = [x509.IPAddress(ipaddress.ip_address(n)) if _is_address(n) else x509.DNSName(n) for n in names]
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # phones whose clock is behind
        .not_valid_after(now - timedelta(days=1) + VALIDITY)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _names(certificate: x509.Certificate) -> frozenset[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    dns = {name.lower() for name in found.get_values_for_type(x509.DNSName)}
    return frozenset(dns | {str(address) for address in found.get_values_for_type(x509.IPAddress)})


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateUnusable(f"Cannot read {path}: {error.strerror}.") from None


def _replace(path: Path, content: bytes) -> None:
    """Put a file that only we can read in the place of what is there, whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)  # its mode would stay
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
