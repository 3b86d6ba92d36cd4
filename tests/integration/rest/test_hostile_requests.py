"""Whatever strangers send is answered: refused with the operation's error body, or taken. It is never our failure."""

import base64
import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any, Final

import httpx2
import pytest

from tests.contract.rest.answers import refused, told_error
from tests.integration.rest.accounts import Two, document
from tests.integration.rest.operations import FORM, JSON, MULTIPART, Asked, Described, described
from tests.integration.rest.recipes import PUSH_CONFIGURATION, RECIPES, picture

OPERATIONS: Final = described(document())
WITH_JSON: Final = sorted(id for id, operation in OPERATIONS.items() if operation.takes == JSON)
WITH_BODY: Final = sorted(id for id, operation in OPERATIONS.items() if operation.takes)
WITH_FORM: Final = sorted(id for id, operation in OPERATIONS.items() if operation.takes == FORM)
WITH_FILES: Final = sorted(id for id, operation in OPERATIONS.items() if operation.takes == MULTIPART)
WITH_IDS: Final = sorted(id for id, operation in OPERATIONS.items() if operation.parameters("path"))
WITH_QUERY: Final = sorted(id for id, operation in OPERATIONS.items() if operation.parameters("query"))
DOORS: Final = {operation.accepts: id for id, operation in OPERATIONS.items() if operation.accepts}
"""One operation for each choice of ways to sign in. Behind it the code is the same for all."""

REFUSALS: Final = frozenset({400, 401, 404, 405, 409, 413, 415})

DEEP: Final = 100_000

MALFORMED: Final[dict[str, bytes]] = {
    "nothing": b"",
    "half an object": b'{"name": ',
    "half a word": b"nul",
    "two values": b"{} {}",
    "single quotes": b"{'name': 1}",
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "half a character": b'{"name": "\xc3"}',
    "an overlong NUL": b'{"name": "\xc0\x80"}',
    "a raw NUL": b'{"name": "\x00"}',
    "only NULs": b"\x00" * 1_000,
    "deep lists": b"[" * DEEP,
    "deep objects": b'{"name":' * DEEP,
    "deep and closed": b"[" * DEEP + b"]" * DEEP,
    "a number with 100,000 digits": b'{"name": ' + b"9" * 100_000 + b"}",
}
"""No JSON, or none that anybody reads."""

NO_OBJECTS: Final[dict[str, bytes]] = {
    "null": b"null",
    "true": b"true",
    "a number": b"7",
    "a huge number": b"1e999",
    "not a number": b"NaN",
    "a text": b'"name"',
    "a list": b"[]",
    "a list of objects": b"[{}]",
}

HOSTILE: Final[dict[str, bytes]] = {
    "NUL": rb'"ab\u0000cd"',
    "a newline": rb'"ab\ncd"',
    "a mark that turns the direction": rb'"ab\u202Ecd"',
    "an isolate": rb'"ab\u2066cd"',
    "half a surrogate": rb'"ab\ud800cd"',
    "halves in the wrong order": rb'"ab\udc00\ud800cd"',
    "a long text": b'"' + b"x" * 200_000 + b'"',
}
"""Texts that nobody writes who means well."""

WRONG: Final[dict[str, bytes]] = {
    "true": b"true",
    "a number": b"7",
    "a huge number": b"1e999",
    "a huge integer": b"9" * 400,
    "a negative number": b"-1",
    "a fraction": b"0.5",
    "not a number": b"NaN",
    "infinity": b"-Infinity",
    "a list": b"[]",
    "a list of lists": b"[[[[[]]]]]",
    "an object": b"{}",
    "an unknown word": b'"no such value"',
    "an empty text": b'""',
}
"""Values that are wrong for most fields."""

UNSEEN: Final = {
    ("generate-webrtc-token", "applicationId"): "ignored (contract §2)",
    ("create-session", "username"): "compared, and nothing else",
    ("create-session", "password"): "compared, and nothing else",
    ("create-api-key", "accountId"): "compared, and nothing else",
    ("update-api-key", "accountId"): "compared, and nothing else",
    ("create-webrtc-revocation", "apiKeyId"): "looked up, and nothing else",
}
"""Texts that are never kept, so they may hold anything: (operation, field) and what becomes of them."""

NAMED_INSTEAD: Final = {"ios.apnsCertificatePassword": "ios.apnsCertificateFileContent"}
"""Any text may be a password. What is wrong is then the file that it does not open."""

AROUND: Final[dict[tuple[str, str], Any]] = {
    ("create-webrtc-revocation", "token"): {},
    ("create-webrtc-revocation", "apiKeyId"): {},
    ("patch-push-configuration", "ios.apnsCertificateFileName"): PUSH_CONFIGURATION,
    ("patch-push-configuration", "ios.apnsCertificateFileContent"): PUSH_CONFIGURATION,
    ("patch-push-configuration", "ios.apnsCertificatePassword"): PUSH_CONFIGURATION,
}
"""The rest of the body for (operation, field), where the recipe's would be wrong with this field whatever it holds."""

BOMB: Final = gzip.compress(b"[" * 20_000_000)


@pytest.fixture(scope="module")
def bodies(two: Two) -> dict[str, Asked]:
    """For each operation with a JSON body, something that it takes."""
    return {id: RECIPES[id](two.ours) for id in WITH_JSON if id in RECIPES}


def answered(answer: httpx2.Response, operation: Described) -> None:
    """Taken or refused."""
    if not answer.is_success:
        refused(answer, operation, *REFUSALS)


def sent(two: Two, asked: Asked, id: str, body: bytes, **headers: str) -> httpx2.Response:
    operation = two.ours.operations[id]
    wanted = {"Content-Type": JSON, **two.ours.authorization(operation), **headers}
    return two.ours.asks(id, Asked(path=asked.path, query=asked.query), wanted, content=body)


def with_field(bodies: dict[str, Asked], id: str, field: str, value: bytes) -> bytes:
    """The JSON of an operation's body, in which a field, perhaps of an object inside, has this value."""
    body = AROUND.get((id, field), bodies[id].json)
    place, mark = json.loads(json.dumps(body)), "the place where the value goes"
    inside = place
    *parents, name = field.split(".")
    for parent in parents:
        inside = inside.setdefault(parent, {})
    inside[name] = mark
    return json.dumps(place).encode().replace(f'"{mark}"'.encode(), value)


@pytest.mark.parametrize("what", [*MALFORMED, *NO_OBJECTS])
@pytest.mark.parametrize("id", WITH_JSON)
def test_what_is_no_object_of_json_is_refused(two: Two, bodies: dict[str, Asked], id: str, what: str) -> None:
    body = (MALFORMED | NO_OBJECTS)[what]
    refused(sent(two, bodies[id], id, body), two.ours.operations[id], 400, 413)


def fields(*, texts: bool) -> list[tuple[str, str]]:
    return [
        (id, field)
        for id in WITH_JSON
        for field, schema in OPERATIONS[id].body_fields().items()
        if not texts or (schema.get("type") == "string" and "enum" not in schema)
    ]


@pytest.mark.parametrize(("id", "field"), fields(texts=True))
def test_hostile_text_is_refused_and_the_field_is_named(
    two: Two, bodies: dict[str, Asked], id: str, field: str
) -> None:
    for what, text in HOSTILE.items():
        answer = sent(two, bodies[id], id, with_field(bodies, id, field, text))
        if (id, field) in UNSEEN:
            answered(answer, two.ours.operations[id])
        else:
            named = refused(answer, two.ours.operations[id], 400, 413)
            expected = {field, NAMED_INSTEAD.get(field, field)}
            assert answer.status_code == 413 or expected & named.keys(), (what, named)


@pytest.mark.parametrize(("id", "field"), fields(texts=False))
def test_wrong_values_are_answered(two: Two, bodies: dict[str, Asked], id: str, field: str) -> None:
    for value in WRONG.values():
        answered(sent(two, bodies[id], id, with_field(bodies, id, field, value)), two.ours.operations[id])


@pytest.mark.parametrize("id", WITH_JSON)
def test_a_field_that_comes_twice_is_answered(two: Two, bodies: dict[str, Asked], id: str) -> None:
    once = json.dumps(bodies[id].json).encode()
    twice = once[:-1] + b", " + once[1:]
    answered(sent(two, bodies[id], id, twice), two.ours.operations[id])


def part(head: str, content: bytes = b"x") -> bytes:
    """One part of a form whose boundary is `b`."""
    return b"--b\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"


FILE: Final = 'Content-Disposition: form-data; name="file"; filename="{}"'
FIELD: Final = 'Content-Disposition: form-data; name="fileFormat"'
END: Final = b"--b--\r\n"

BAD_MULTIPARTS: Final[dict[str, bytes]] = {
    "nothing": b"",
    "no part": END,
    "no end": part(FILE.format("a.png")) + part(FIELD, b"PNG"),
    "no boundary": b"PNG",
    "another boundary": part(FILE.format("a.png")).replace(b"--b", b"--c") + b"--c--\r\n",
    "no name": part("Content-Disposition: form-data") + END,
    "no disposition": part("X: y") + END,
    "a head without an end": b"--b\r\n" + b"X: " + b"x" * 100_000,
    "ten thousand heads": part("\r\n".join(f"X-{n}: y" for n in range(10_000))) + END,
    "ten thousand parts": part(FIELD, b"PNG") * 10_000 + END,
    "ten thousand files": part(FILE.format("a.png")) * 10_000 + END,
    "a file where a text belongs": part(FILE.format("a.png")) + part(FIELD + '; filename="b"', b"PNG") + END,
    "a text where a file belongs": part('Content-Disposition: form-data; name="file"') + part(FIELD, b"PNG") + END,
    "a way out of the folder": part(FILE.format("../../etc/passwd")) + part(FIELD, b"PNG") + END,
    "NUL in names": part(FILE.format("a\0.png")) + part(FIELD, b"P\0NG") + END,
    "no text": part(FILE.format("a.png")) + part(FIELD, b"\xff\xfe") + END,
    "no picture": part(FILE.format("a.png"), b"GIF89a" + b"\0" * 100) + part(FIELD, b"PNG") + END,
    "an unknown format": part(FILE.format("a.png"), picture()) + part(FIELD, b"SVG") + END,
    "an encoding that nobody uses": part(FILE.format("a.png") + "\r\nContent-Transfer-Encoding: base64") + END,
}

NOT_BAD: Final = {("upload-image", "an unknown format")}
"""It is a picture, and what else the form says is ignored."""

BAD_FORMS: Final[dict[str, bytes]] = {
    "nothing": b"",
    "separators": b"&&=&&==&",
    "no UTF-8": b"grant_type=%ff%fe&client_id=%ed%a0%80&client_secret=%c0%80",
    "half an escape": b"grant_type=%&client_id=%4&client_secret=%zz",
    "NUL": b"grant_type=client_credentials&client_id=a%00b&client_secret=%00",
    "a mark that turns the direction": b"grant_type=client_credentials&client_id=%E2%80%AEb&client_secret=abcdefghijkl",
    "every field twice": b"grant_type=client_credentials&client_id=a&client_secret=b" * 2,
    "ten thousand fields": b"&".join(b"f%d=1" % number for number in range(10_000)),
    "JSON": b'{"grant_type": "client_credentials"}',
    "a long text": b"grant_type=client_credentials&client_secret=x&client_id=" + b"x" * 200_000,
}


@pytest.mark.parametrize(
    ("id", "what"), [(id, what) for id in WITH_FILES for what in BAD_MULTIPARTS if (id, what) not in NOT_BAD]
)
def test_a_form_with_files_that_is_wrong_is_refused(two: Two, id: str, what: str) -> None:
    headers = {"Content-Type": f"{MULTIPART}; boundary=b"}
    path = Asked(path=RECIPES[id](two.ours).path)
    refused(sent(two, path, id, BAD_MULTIPARTS[what], **headers), OPERATIONS[id], 400, 413, 415)


@pytest.mark.parametrize("boundary", ["", "; boundary=", '; boundary="b', "; boundary=" + "x" * 10_000])
@pytest.mark.parametrize("id", WITH_FILES)
def test_a_form_without_a_proper_boundary_is_refused(two: Two, id: str, boundary: str) -> None:
    headers = {"Content-Type": f"{MULTIPART}{boundary}"}
    path = Asked(path=RECIPES[id](two.ours).path)
    refused(sent(two, path, id, part(FIELD, b"PNG") + END, **headers), OPERATIONS[id], 400, 413, 415)


@pytest.mark.parametrize("what", BAD_FORMS)
@pytest.mark.parametrize("id", WITH_FORM)
def test_a_form_that_is_wrong_is_refused(two: Two, id: str, what: str) -> None:
    refused(sent(two, Asked(), id, BAD_FORMS[what], **{"Content-Type": FORM}), OPERATIONS[id], 400, 401, 413)


@pytest.mark.parametrize("id", WITH_BODY)
def test_what_is_too_large_is_refused(two: Two, id: str) -> None:
    operation = two.ours.operations[id]
    kind = "multipart/form-data; boundary=b" if operation.takes not in (JSON, FORM) else str(operation.takes)
    headers = {"Content-Type": kind, **two.ours.authorization(operation)}
    path = Asked(path=dict.fromkeys(operation.parameters("path"), "x"))
    start = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' if "multi" in kind else b"{"
    whole = start + b" " * 30_000_000

    def pieces() -> Iterator[bytes]:
        yield start
        for _ in range(30):
            yield b" " * 1_000_000

    refused(two.ours.asks(id, path, headers, content=whole), operation, 413)
    refused(two.ours.asks(id, path, headers, content=pieces()), operation, 413)


@pytest.mark.parametrize("id", WITH_BODY)
def test_other_kinds_of_data_are_refused(two: Two, id: str) -> None:
    operation = two.ours.operations[id]
    for kind in (
        "text/plain",
        "application/xml",
        "image/png",
        "application/octet-stream",
        "nonsense",
        "multipart/mixed",
    ):
        headers = {"Content-Type": kind, **two.ours.authorization(operation)}
        path = Asked(path=dict.fromkeys(operation.parameters("path"), "x"))
        refused(two.ours.asks(id, path, headers, content=b"{}"), operation, 415)


@pytest.mark.parametrize("id", WITH_JSON)
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip", "identity, nonsense"])
def test_compressed_bodies_are_refused_unopened(two: Two, bodies: dict[str, Asked], id: str, encoding: str) -> None:
    content = zlib.compress(b"{}") if encoding == "deflate" else BOMB
    answer = sent(two, bodies[id], id, content, **{"Content-Encoding": encoding})
    refused(answer, two.ours.operations[id], 400, 413, 415)


PATHS: Final = (
    "x" * 10_000,
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "..%5c..",
    "%00",
    "a%00b",
    "%ff%fe",
    "%ed%a0%80",
    "%E2%80%AEcba",
    "%252e%252e%252f",
    "'%20OR%201=1--",
    "%7B%7B7*7%7D%7D",
    "%F0%9F%98%80",
    "%20",
    "0",
    "-1",
    "null",
)


@pytest.mark.parametrize("id", WITH_IDS)
def test_hostile_ids_in_paths_are_not_found(two: Two, id: str) -> None:
    operation = two.ours.operations[id]
    files = RECIPES[id](two.ours).files if id in WITH_FILES else None
    for hostile in PATHS:
        path = dict.fromkeys(operation.parameters("path"), hostile)
        answer = two.ours.asks(id, Asked(path=path, json={} if operation.takes == JSON else None, files=files))
        if answer.status_code == 404 and "errorCode" not in answer.json() and operation.error_body == "ApiError":
            told_error(answer, "ApiException")  # the path leads to no operation at all
        else:
            refused(answer, operation, 400, 404, 405)


QUERIES: Final = (
    "",
    "-1",
    "1e3",
    "1.5",
    "9" * 400,
    "NaN",
    "x" * 20_000,
    "\x00",
    "a\x00b",
    "\u202eabc",
    "'; DROP TABLE accounts; --",
    "2030-01-01",
    "2030-13-01T00:00:00.000+0000",
    "9999-12-31T23:59:59.999-2359",
    "0001-01-01T00:00:00.000+2359",
    "[]",
    "null",
)


@pytest.mark.parametrize("id", WITH_QUERY)
def test_hostile_queries_are_answered(two: Two, id: str) -> None:
    operation = two.ours.operations[id]
    asked = RECIPES[id](two.ours)
    for name in operation.parameters("query"):
        for value in QUERIES:
            query = {**asked.query, name: value}
            answered(two.ours.asks(id, Asked(path=asked.path, query=query)), operation)
        for raw in (f"{name}=%ff%fe", f"{name}=%", f"{name}=1&{name}=2", f"{name}[]=1", f"{name}%00=1", "&&=&=="):
            answered(two.ours.asks(id, Asked(path=asked.path), params=raw), operation)


FORGED: Final = ".".join(
    base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
    for part in ({"alg": "none", "typ": "JWT"}, {"identity": "anna", "exp": 4_000_000_000}, {})
)

GARBAGE: Final = (
    "",
    " ",
    "x",
    "x" * 60_000,
    ":",
    "....",
    "a.b.c",
    FORGED,
    FORGED.rpartition(".")[0] + ".",
    base64.b64encode(b"no colon").decode(),
    base64.b64encode(b"\xff\xfe:\xff").decode(),
    base64.b64encode(b"a\x00b:c\x00d").decode(),
    base64.b64encode(b":").decode(),
    base64.b64encode(b"a" * 5_000 + b":" + b"b" * 5_000).decode(),
    "é".encode("latin-1").decode("latin-1"),
    "'; DROP TABLE accounts; --",
    "null",
)


@pytest.mark.parametrize("scheme", ["App", "Basic", "IBSSO", "Bearer", "Digest", "app", ""])
@pytest.mark.parametrize("id", DOORS.values())
def test_garbage_opens_nothing(two: Two, id: str, scheme: str) -> None:
    operation = two.ours.operations[id]
    path = Asked(path=dict.fromkeys(operation.parameters("path"), "x"))
    for garbage in GARBAGE:
        authorization = f"{scheme} {garbage}".encode("latin-1")
        answer = two.ours.asks(id, path, {"Authorization": authorization})  # type: ignore[dict-item]  # bytes do, too
        refused(answer, operation, 401, *([429] if scheme == "Basic" else []))
