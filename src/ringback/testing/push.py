"""Credentials for the push services that look like real ones, and open nothing."""

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID

P12_PASSWORD = "correct horse"  # noqa: S105 - it opens nothing


@cache
def apns_certificate(password: str = P12_PASSWORD, *, with_key: bool = True, rounds: int = 2048) -> str:
    """A P12 file in Base64, with a self-signed certificate and its private key; five million `rounds` take seconds."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Apple Push Services: com.example.phones")])
    begin = datetime(2030, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365))
        .sign(key, SHA256())
    )
    encryption = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(rounds).build(password.encode())
    file = pkcs12.serialize_key_and_certificates(b"phones", key if with_key else None, certificate, None, encryption)
    return base64.b64encode(file).decode()


def service_account(private_key: str = "a private key") -> str:
    """The JSON document of a Firebase service account."""
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "phones",
            "private_key_id": "1",
            "private_key": f"-----BEGIN PRIVATE KEY-----\n{private_key}\n-----END PRIVATE KEY-----\n",
            "client_email": "phones@phones.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    )
