"""`POST /webrtc/1/token` as the public API describes it (contract §2), and the demo's twin without a key."""

import base64
import json
import unicodedata
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.identities import TokenClaims, is_known

if TYPE_CHECKING:
    from tests.integration.conftest import Node

PATH = "/webrtc/1/token"

UNTIMED = settings(deadline=None)
"""An example that writes waits for a disk that others use as well."""


def post(node: "Node", body: object, headers: dict[str, str] | None = None) -> httpx2.Response:
    return node.client.post(PATH, headers=node.key if headers is None else headers, json=body)


def claims(node: "Node", answer: httpx2.Response) -> TokenClaims:
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"token", "expirationTime"}
    return node.platform.tokens.verify(answer.json()["token"], node.clock.now())


def refused(answer: httpx2.Response, status: int, message_id: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    (shape,) = answer.json().values()
    details = shape["serviceException"]
    assert (list(answer.json()), list(shape), details["messageId"]) == (
        ["requestError"],
        ["serviceException"],
        message_id,
    )
    assert isinstance(details, dict)
    return details


def refused_field(answer: httpx2.Response) -> set[str]:
    details = refused(answer, 400, "BAD_REQUEST")
    assert all(isinstance(text, str) for texts in details["validationErrors"].values() for text in texts)
    return set(details["validationErrors"])


def test_a_backend_gets_a_token_for_an_identity(node: "Node") -> None:
    answer = post(node, {"identity": "alice", "displayName": "Alice Doe", "timeToLive": 600})
    token = claims(node, answer)
    assert (token.identity, token.display_name) == ("alice", "Alice Doe")
    assert token.account_id == node.first_start.account.id
    assert token.expires_at == node.clock.now() + timedelta(seconds=600)


def test_the_expiration_time_is_iso_in_utc_and_agrees_with_the_token(node: "Node") -> None:
    answer = post(node, {"identity": "alice"})
    told = answer.json()["expirationTime"]
    assert told == "2030-01-01T08:00:00.000Z"
    assert datetime.fromisoformat(told) == claims(node, answer).expires_at


def test_a_token_is_a_jwt_that_fits_a_websocket_sub_protocol(node: "Node") -> None:
    token = post(node, {"identity": "王小明", "displayName": "Ελένη 😀"}).json()["token"]
    header, body, _ = token.split(".")
    assert token.isascii()
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    read = [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (header, body)]
    assert read[0] == {"alg": "HS256", "typ": "JWT"}
    assert (read[1]["identity"], read[1]["name"]) == ("王小明", "Ελένη 😀")
    assert node.first_start.api_key.reveal() not in json.dumps(read)


def test_the_account_knows_the_identity_from_then_on(node: "Node") -> None:
    def known() -> bool:
        async def ask() -> bool:
            account = node.first_start.account.id
            return await node.platform.database.read(lambda connection: is_known(connection, account, "newcomer"))

        assert node.client.portal is not None
        return node.client.portal.call(ask)

    assert not known()
    assert post(node, {"identity": "newcomer"}).status_code == 200
    assert known()


IDENTITIES = st.text(st.characters(categories=("L", "N"), include_characters="-_+=/."), min_size=3, max_size=64)
DIRECTION_MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
DISPLAY_NAMES = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters=DIRECTION_MARKS), min_size=5, max_size=50
)


@UNTIMED
@given(identity=IDENTITIES, display_name=st.none() | DISPLAY_NAMES, seconds=st.none() | st.integers(1, 86_400))
def test_every_body_that_the_contract_allows(
    node: "Node", identity: str, display_name: str | None, seconds: int | None
) -> None:
    token = claims(node, post(node, {"identity": identity, "displayName": display_name, "timeToLive": seconds}))
    assert (token.identity, token.display_name) == (identity, display_name)
    assert token.expires_at - token.issued_at == timedelta(seconds=seconds or 28_800)


@UNTIMED
@given(identity=st.text(max_size=80))
def test_every_identity_is_taken_or_refused_by_the_rule(node: "Node", identity: str) -> None:
    allowed = 3 <= len(identity) <= 64 and all(
        character in "-_+=/." or unicodedata.category(character)[0] in "LN" for character in identity
    )
    answer = post(node, {"identity": identity})
    assert answer.status_code == 200 if allowed else refused_field(answer) == {"identity"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("identity", "displayName", "timeToLive", "capabilities", "applicationId", "unknown")


@UNTIMED
@given(body=JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON)))
def test_no_body_is_more_than_refused(node: "Node", body: object) -> None:
    answer = post(node, body)
    assert answer.status_code in (200, 400), answer.text


@UNTIMED
@given(body=st.binary(max_size=200))
def test_no_bytes_are_more_than_refused(node: "Node", body: bytes) -> None:
    answer = node.client.post(PATH, headers={**node.key, "Content-Type": "application/json"}, content=body)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "identity"),
        ({"identity": None}, "identity"),
        ({"identity": "ab"}, "identity"),
        ({"identity": "x" * 65}, "identity"),
        ({"identity": "alice bob"}, "identity"),
        ({"identity": "alice\x00"}, "identity"),
        ({"identity": "alice\n"}, "identity"),
        ({"identity": 12345}, "identity"),
        ({"identity": ["alice"]}, "identity"),
        ({"identity": "alice", "displayName": "Al"}, "displayName"),
        ({"identity": "alice", "displayName": ""}, "displayName"),
        ({"identity": "alice", "displayName": "x" * 51}, "displayName"),
        ({"identity": "alice", "displayName": "Alice\x00Doe"}, "displayName"),
        ({"identity": "alice", "displayName": 12345}, "displayName"),
        *(({"identity": "alice", "displayName": f"Alice{mark}"}, "displayName") for mark in DIRECTION_MARKS),
        ({"identity": "alice", "timeToLive": 0}, "timeToLive"),
        ({"identity": "alice", "timeToLive": -1}, "timeToLive"),
        ({"identity": "alice", "timeToLive": 86_401}, "timeToLive"),
        ({"identity": "alice", "timeToLive": 2**63}, "timeToLive"),
        ({"identity": "alice", "timeToLive": 10**400}, "timeToLive"),
        ({"identity": "alice", "timeToLive": 60.5}, "timeToLive"),
        ({"identity": "alice", "timeToLive": "60"}, "timeToLive"),
        ({"identity": "alice", "timeToLive": True}, "timeToLive"),
        ({"identity": "alice", "capabilities": "ALWAYS"}, "capabilities"),
        ({"identity": "alice", "capabilities": {"recording": "always"}}, "capabilities.recording"),
        ({"identity": "alice", "capabilities": {"recording": 1}}, "capabilities.recording"),
    ],
)
def test_what_is_refused_names_the_field(node: "Node", body: dict[str, object], field: str) -> None:
    assert refused_field(post(node, body)) == {field}


def test_all_that_is_wrong_with_a_request_is_told_at_once(node: "Node") -> None:
    body = {"identity": "a", "displayName": "b", "timeToLive": 0, "capabilities": {"recording": "maybe"}}
    assert refused_field(post(node, body)) == {"identity", "displayName", "timeToLive", "capabilities.recording"}


def test_a_token_says_whose_credentials_issued_it(node: "Node") -> None:
    login = f"{node.first_start.username}:{node.first_start.password.reveal()}"
    user = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}
    by_key = [claims(node, post(node, {"identity": "alice"})).issued_by for _ in range(2)]
    by_user = claims(node, post(node, {"identity": "alice"}, user)).issued_by
    by_nobody = claims(node, node.client.post("/demo/1/token", json={"identity": "alice"})).issued_by
    assert by_key[0] == by_key[1]
    assert len({by_key[0], by_user, by_nobody}) == 3
    assert by_nobody is None


def test_a_lone_surrogate_is_refused(node: "Node") -> None:
    for body in (b'{"identity":"al\\ud800ice"}', b'{"identity":"alice","displayName":"Alice\\ud800"}'):
        answer = node.client.post(PATH, headers={**node.key, "Content-Type": "application/json"}, content=body)
        refused(answer, 400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "body",
    [
        {"identity": "bob"},
        {"identity": "x" * 64, "displayName": "12345", "timeToLive": 1},
        {"identity": "a-b_c+d=e/f.g", "displayName": "x" * 50, "timeToLive": 86_400},
        {"identity": "alice", "displayName": None, "timeToLive": None, "capabilities": None, "applicationId": None},
        {"identity": "alice", "capabilities": {}},
        {"identity": "alice", "capabilities": {"recording": None, "other": True}},
        {"identity": "alice", "applicationId": "2277594c-76ea-4b8e-a299-e2b6db41b9dc"},
        {"identity": "alice", "applicationId": 7, "someday": {"a": [1]}},
    ],
)
def test_what_is_taken(node: "Node", body: dict[str, object]) -> None:
    assert claims(node, post(node, body)).identity == body["identity"]


@pytest.mark.parametrize("recording", ["ALWAYS", "ON_DEMAND", "DISABLED"])
def test_the_deprecated_recording_capability_is_kept(node: "Node", recording: str) -> None:
    token = claims(node, post(node, {"identity": "alice", "capabilities": {"recording": recording}}))
    assert token.recording == recording


def test_a_megabyte_is_too_large(node: "Node") -> None:
    refused(post(node, {"identity": "x" * 1_000_000}), 413, "REQUEST_TOO_LARGE")


def test_nobody_gets_a_token_without_credentials(node: "Node") -> None:
    for authorization in (None, "App wrong", "Basic !!!", "Bearer x", f"{node.key['Authorization']}x"):
        headers = {} if authorization is None else {"Authorization": authorization}
        assert refused(post(node, {"identity": "alice"}, headers), 401, "UNAUTHORIZED") == {
            "messageId": "UNAUTHORIZED",
            "text": "Unauthorized",
        }


def test_username_and_password_do_as_well(node: "Node") -> None:
    login = f"{node.first_start.username}:{node.first_start.password.reveal()}"
    headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}
    assert claims(node, post(node, {"identity": "alice"}, headers)).account_id == node.first_start.account.id


def test_the_same_identity_in_two_accounts_is_two_people(node: "Node") -> None:
    ours = claims(node, post(node, {"identity": "alice"}))
    theirs = claims(node, post(node, {"identity": "alice"}, node.key_of_another_account()))
    assert ours.identity == theirs.identity
    assert ours.account_id != theirs.account_id


def test_the_demo_hands_out_tokens_without_a_key(node: "Node") -> None:
    answer = node.client.post("/demo/1/token", json={"identity": "alice", "displayName": "Alice Doe"})
    token = claims(node, answer)
    assert (token.identity, token.display_name) == ("alice", "Alice Doe")
    assert token.account_id == node.first_start.account.id
    assert refused_field(node.client.post("/demo/1/token", json={"identity": "al"})) == {"identity"}


def test_without_the_demo_its_route_is_not_there(public_node: "Node") -> None:
    switched_off = public_node.client.post("/demo/1/token", json={"identity": "alice"})
    never_there = public_node.client.post("/demo/1/nowhere", json={"identity": "alice"})
    assert refused(switched_off, 404, "NOT_FOUND") == refused(never_there, 404, "NOT_FOUND")
    assert public_node.client.get("/", follow_redirects=False).status_code == 200


def test_with_the_demo_the_root_leads_to_the_showcase(node: "Node") -> None:
    assert node.client.get("/", follow_redirects=False).headers["Location"] == "/app/showcase"


def test_the_document_describes_the_endpoint(node: "Node") -> None:
    document = node.client.get("/openapi.json").json()
    operation = document["paths"][PATH]["post"]
    assert operation["operationId"] == "generate-webrtc-token"
    assert operation["responses"].keys() == {"200", "400", "401", "403", "500"}
    assert "/demo/1/token" not in document["paths"]
    assert node.client.get("/health/ready").json()["status"] == "UP"
