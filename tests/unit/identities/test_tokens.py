"""Tokens of ours are believed until they expire; nothing else is ever believed."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from ringback.identities import RecordingPolicy, Revocations, TokenClaims, TokenVerifier
from ringback.identities.tokens import TOKEN_LENGTH, TokenSigner
from ringback.kernel.errors import Unauthenticated
from ringback.kernel.redaction import Secret

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SECRET = Secret("the secret key of this installation")
CLAIMS = TokenClaims(
    account_id="account-1",
    identity="alice",
    display_name="Alice Doe",
    recording=RecordingPolicy.ALWAYS,
    token_id="token-1",
    issued_by="key-1",
    issued_at=NOW + timedelta(microseconds=123_457),
    expires_at=NOW + timedelta(hours=1),
)
SIGNER = TokenSigner(SECRET)
VERIFIER = TokenVerifier(SECRET, Revocations())
TOKEN = SIGNER.sign(CLAIMS).reveal()
HEADER, BODY, SIGNATURE = TOKEN.split(".")
SIGNING_KEY = hmac.digest(SECRET.reveal().encode(), b"ringback WebRTC tokens", hashlib.sha256)
"""What an attacker would have to know. The forgeries below that use it show that the signature alone is not enough."""


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(part: str) -> dict[str, Any]:
    value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert isinstance(value, dict)
    return value


def signed(header: str, body: str, key: bytes = SIGNING_KEY, algorithm: str = "sha256") -> str:
    return f"{header}.{body}.{encoded(hmac.digest(key, f'{header}.{body}'.encode(), algorithm))}"


def with_header(**changes: Any) -> str:
    """A rightly signed token with another header."""
    return signed(encoded({"typ": "JWT", "alg": "HS256", **changes}), BODY)


def with_claims(**changes: Any) -> str:
    """A rightly signed token with other claims; None removes one."""
    claims = {name: value for name, value in {**decoded(BODY), **changes}.items() if value is not None}
    return signed(HEADER, encoded(claims))


def test_a_token_proves_what_was_signed() -> None:
    assert VERIFIER.verify(TOKEN, NOW) == CLAIMS


def test_a_token_without_the_optional_claims() -> None:
    claims = TokenClaims("account-1", "alice", None, None, "token-2", None, NOW, NOW + timedelta(seconds=1))
    token = SIGNER.sign(claims).reveal()
    assert VERIFIER.verify(token, NOW) == claims
    assert decoded(token.split(".")[1]).keys() == {"identity", "account", "iat", "exp", "jti", "caps"}


def test_a_token_holds_the_claims_that_sdks_read() -> None:
    body = decoded(BODY)
    assert decoded(HEADER) == {"alg": "HS256", "typ": "JWT"}
    assert (body["identity"], body["name"]) == ("alice", "Alice Doe")
    assert (body["exp"], body["caps"]) == (int(NOW.timestamp()) + 3600, [2])


def test_a_token_works_until_it_expires_and_not_a_moment_longer() -> None:
    assert VERIFIER.verify(TOKEN, CLAIMS.expires_at - timedelta(microseconds=1)) == CLAIMS
    with pytest.raises(Unauthenticated):
        VERIFIER.verify(TOKEN, CLAIMS.expires_at)


def test_the_longest_names_fit_into_a_token() -> None:
    claims = TokenClaims(
        "a" * 36, "𝒳" * 64, "😀" * 50, RecordingPolicy.ON_DEMAND, "t" * 36, "k" * 36, NOW, CLAIMS.expires_at
    )
    token = SIGNER.sign(claims).reveal()
    assert len(token) < 2300
    assert VERIFIER.verify(token, NOW) == claims


def test_the_helper_of_the_forgeries_signs_rightly() -> None:
    assert VERIFIER.verify(with_claims(identity="mallory"), NOW).identity == "mallory"


RSA = RSAKey.generate_key(2048)
NONE = encoded({"typ": "JWT", "alg": "none"})

FORGERIES = {
    "empty": "",
    "one part": "abc",
    "two parts": f"{HEADER}.{BODY}",
    "four parts": f"{TOKEN}.{SIGNATURE}",
    "five parts, as an encrypted token": f"{HEADER}.{BODY}.{SIGNATURE}.{BODY}.{SIGNATURE}",
    "header only": f"{HEADER}.",
    "empty parts": "..",
    "no signature": f"{HEADER}.{BODY}.",
    "alg none, no signature": f"{NONE}.{BODY}.",
    "alg none, our signature": f"{NONE}.{BODY}.{SIGNATURE}",
    "alg none, rightly signed": with_header(alg="none"),
    "alg None": with_header(alg="None"),
    "alg nOnE": with_header(alg="nOnE"),
    "alg missing": signed(encoded({"typ": "JWT"}), BODY),
    "alg null": with_header(alg=None),
    "alg is a list": with_header(alg=["HS256"]),
    "alg in lower case": with_header(alg="hs256"),
    "HS384": signed(encoded({"typ": "JWT", "alg": "HS384"}), BODY, algorithm="sha384"),
    "HS512": signed(encoded({"typ": "JWT", "alg": "HS512"}), BODY, algorithm="sha512"),
    "RS256 with a key of its own": jwt.encode({"alg": "RS256"}, decoded(BODY), RSA),
    "RS256 header, our signature": signed(encoded({"typ": "JWT", "alg": "RS256"}), BODY),
    "the public key as HMAC key": signed(HEADER, BODY, key=RSA.as_pem(private=False)),
    "jwk in the header": with_header(jwk=OctKey.import_key("a key of the attacker").as_dict()),
    "jwk in the header, signed with it": signed(
        encoded({"typ": "JWT", "alg": "HS256", "jwk": {"kty": "oct", "k": encoded(b"mine")}}), BODY, key=b"mine"
    ),
    "jku in the header": with_header(jku="https://attacker.example/keys"),
    "x5u in the header": with_header(x5u="https://attacker.example/cert"),
    "x5c in the header": with_header(x5c=["MIIB"]),
    "kid in the header": with_header(kid="other"),
    "kid that is a path": with_header(kid="../../dev/null"),
    "kid that is SQL": with_header(kid="' OR 1=1 --"),
    "crit in the header": with_header(crit=["exp"]),
    "crit with b64": with_header(crit=["b64"], b64=False),
    "compressed": with_header(zip="DEF"),
    "another typ": with_header(typ="at+jwt"),
    "header of other spacing": signed(encoded(b'{"typ": "JWT", "alg": "HS256"}'), BODY),
    "header twice": signed(encoded(b'{"typ":"JWT","alg":"none","alg":"HS256"}'), BODY),
    "header is a list": signed(encoded([]), BODY),
    "header is not JSON": signed(encoded(b"{"), BODY),
    "signed with nothing": signed(HEADER, BODY, key=b""),
    "signed with the undivided secret": signed(HEADER, BODY, key=SECRET.reveal().encode()),
    "of another installation": TokenSigner(Secret("another installation's secret key")).sign(CLAIMS).reveal(),
    "another body": f"{HEADER}.{encoded({**decoded(BODY), 'identity': 'mallory'})}.{SIGNATURE}",
    "signature cut": TOKEN[:-1],
    "body cut": f"{HEADER}.{BODY[:-1]}.{SIGNATURE}",
    "signature longer": TOKEN + "A",
    "padded": TOKEN + "=",
    "blank before": " " + TOKEN,
    "blank after": TOKEN + " ",
    "line break after": TOKEN + "\n",
    "NUL inside": TOKEN.replace(".", ".\x00", 1),
    "another alphabet": f"{HEADER}.{BODY}.é{SIGNATURE[1:]}",
    "surrogate": f"{HEADER}.{BODY}.\ud800",
    "Bearer before": f"Bearer {TOKEN}",
    "huge": f"{HEADER}.{'A' * 1_000_000}.{SIGNATURE}",
    "longer than any of ours": with_claims(padding="x" * TOKEN_LENGTH),
    "body is not UTF-8": signed(HEADER, encoded(b'{"identity":"\xff"}')),
    "body is not JSON": signed(HEADER, encoded(b"identity=alice")),
    "body is a list": signed(HEADER, encoded([decoded(BODY)])),
    "body is a text": signed(HEADER, encoded("alice")),
    "body is null": signed(HEADER, encoded(None)),
    "body is deep": signed(HEADER, encoded(b"[" * 2000)),
    "expired": with_claims(exp=int(NOW.timestamp()) - 1),
    "expires now": with_claims(exp=int(NOW.timestamp())),
    "exp missing": with_claims(exp=None),
    "exp is a text": with_claims(exp="1999999999"),
    "exp is a fraction": with_claims(exp=1999999999.5),
    "exp is true": with_claims(exp=True),
    "exp is a list": with_claims(exp=[1999999999]),
    "exp is infinite": signed(HEADER, encoded(b'{"exp":Infinity}')),
    "exp is beyond any calendar": with_claims(exp=10**30),
    "iat missing": with_claims(iat=None),
    "iat is a text": with_claims(iat="now"),
    "iat is true": with_claims(iat=True),
    "iat is no number": signed(
        HEADER, encoded(b'{"identity":"alice","account":"a","jti":"t","iat":NaN,"exp":2000000000}')
    ),
    "not valid before tomorrow": with_claims(nbf=int(NOW.timestamp()) + 86_400),
    "identity missing": with_claims(identity=None),
    "identity is a number": with_claims(identity=12345),
    "identity is a list": with_claims(identity=["alice"]),
    "identity is empty": with_claims(identity=""),
    "identity with a blank": with_claims(identity="alice bob"),
    "account missing": with_claims(account=None),
    "account is empty": with_claims(account=""),
    "account is an object": with_claims(account={"id": "account-1"}),
    "jti missing": with_claims(jti=None),
    "jti is a number": with_claims(jti=7),
    "by is a number": with_claims(by=7),
    "by is empty": with_claims(by=""),
    "name is a number": with_claims(name=12345),
    "name is too long": with_claims(name="x" * 51),
    "name has a control character": with_claims(name="Alice\x00"),
    "name turns the reading direction": with_claims(name="Alice\u202e"),
    "recording is unknown": with_claims(recording="SOMETIMES"),
    "recording is a list": with_claims(recording=["ALWAYS"]),
}


@pytest.mark.parametrize("token", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        VERIFIER.verify(token, NOW)
    assert refusal.value.message == Unauthenticated().message  # no hint at what was wrong


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="latin-1"))
def test_no_character_of_a_token_can_be_changed(place: int, character: str) -> None:
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    # The last character of a base64 text carries unused bits, so several spellings mean the same bytes.
    if changed == TOKEN or (
        place == len(TOKEN) - 1 and character.isascii() and (character.isalnum() or character in "-_")
    ):
        return
    with pytest.raises(Unauthenticated):
        VERIFIER.verify(changed, NOW)


@given(st.text(max_size=200))
def test_no_text_is_a_token(text: str) -> None:
    with pytest.raises(Unauthenticated):
        VERIFIER.verify(text, NOW)
    with pytest.raises(Unauthenticated):
        VERIFIER.verify(f"{HEADER}.{text}", NOW)
