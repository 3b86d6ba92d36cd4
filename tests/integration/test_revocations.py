"""`POST /webrtc/1/revocations`. What becomes of running sessions: tests/integration/signaling/test_revocations.py."""

import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ringback.kernel.errors import Unauthenticated
from ringback.settings import Settings
from ringback.storage.audit import latest
from tests.integration.conftest import Node, started

PATH = "/webrtc/1/revocations"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with started(Settings(data_dir=tmp_path / "data")) as node:
        yield node


def token(node: Node, identity: str = "anna", headers: dict[str, str] | None = None) -> str:
    answer = node.client.post("/webrtc/1/token", headers=headers or node.key, json={"identity": identity})
    return str(answer.json()["token"])


def revoke(node: Node, body: object, headers: dict[str, str] | None = None) -> httpx2.Response:
    return node.client.post(PATH, headers=headers or node.key, json=body)


def opens(node: Node, token: str) -> bool:
    """Whether a device could still use this token over HTTP."""

    async def authenticate() -> bool:
        try:
            await node.platform.identities.authenticate_token(token, "203.0.113.7")
        except Unauthenticated:
            return False
        return True

    return bool(run(node, authenticate))


def run(node: Node, work: Callable[[], Awaitable[Any]]) -> Any:
    assert node.client.portal is not None
    return node.client.portal.call(work)


def test_an_identity_is_revoked_with_all_its_tokens(node: Node) -> None:
    old, boriss = [token(node), token(node)], token(node, "boris")
    node.clock.advance(1.5)
    answer = revoke(node, {"identity": "anna"})
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"identity": "anna", "revokedAt": "2030-01-01T00:00:01.500+0000"}
    node.clock.advance(0.001)
    assert [opens(node, each) for each in (*old, boriss, token(node))] == [False, False, True, True]


def test_a_token_is_revoked_and_named_by_its_id_only(node: Node) -> None:
    lost, kept = token(node), token(node)
    answer = revoke(node, {"token": lost})
    assert answer.status_code == 201, answer.text
    claims = node.platform.tokens.read(lost)
    assert answer.json() == {"tokenId": claims.token_id, "revokedAt": "2030-01-01T00:00:00.000+0000"}
    assert [opens(node, each) for each in (lost, kept)] == [False, True]


def test_a_token_can_be_revoked_again_and_after_it_has_expired(node: Node) -> None:
    lost = token(node)
    assert revoke(node, {"token": lost}).status_code == 201
    assert revoke(node, {"token": lost}).status_code == 201
    node.clock.advance(timedelta(hours=9).total_seconds())
    assert revoke(node, {"token": lost}).status_code == 201


def test_a_revocation_is_in_the_audit_log(node: Node) -> None:
    token(node)
    revoke(node, {"identity": "anna"})
    account = node.first_start.account.id

    async def entries() -> list[tuple[str, str, str]]:
        found = await node.platform.database.read(lambda connection: latest(connection, 1, account))
        return [(entry.action, entry.subject, entry.details["kind"]) for entry in found]

    assert run(node, entries) == [("token.revoke", "anna", "IDENTITY")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "request"),
        ({"identity": None, "token": None}, "request"),
        ({"identity": "anna", "token": "x"}, "request"),
        ({"identity": "anna", "apiKeyId": "x"}, "request"),
        ({"token": "x", "apiKeyId": "x"}, "request"),
        ({"identity": "a b"}, "identity"),
        ({"identity": 7}, "identity"),
        ({"token": "x"}, "token"),
        ({"token": ""}, "token"),
        ({"token": "\ud800"}, "token"),
        ({"apiKeyId": "\ud800"}, "apiKeyId"),
        ({"apiKeyId": "x" * 65}, "apiKeyId"),
        ({"token": "x" * 5000}, "token"),
        ({"token": ["x"]}, "token"),
        ({"apiKeyId": 7}, "apiKeyId"),
    ],
)
def test_what_is_refused_names_the_field(node: Node, body: dict[str, object], field: str) -> None:
    answer = node.client.post(PATH, headers={**node.key, "Content-Type": "application/json"}, content=json.dumps(body))
    assert answer.status_code == 400, answer.text
    assert list(answer.json()["requestError"]["serviceException"]["validationErrors"]) == [field]


def test_what_the_account_does_not_have_is_not_found(node: Node) -> None:
    other = node.key_of_another_account()
    anna, boris = token(node, "anna"), token(node, "boris", other)
    for body in ({"identity": "boris"}, {"token": boris}, {"identity": "nobody"}, {"apiKeyId": "nobody's"}):
        answer = revoke(node, body)
        assert answer.status_code == 404, (body, answer.text)
        assert answer.json()["requestError"]["serviceException"]["messageId"] == "NOT_FOUND"
    assert revoke(node, {"identity": "anna"}, other).status_code == 404
    assert [opens(node, each) for each in (anna, boris)] == [True, True]


def test_the_same_request_twice_is_one_revocation(node: Node) -> None:
    token(node)
    once = {**node.key, "Idempotency-Key": "one"}
    first = revoke(node, {"identity": "anna"}, once)
    node.clock.advance(60)
    later = token(node)
    again = revoke(node, {"identity": "anna"}, once)
    assert (again.status_code, again.json()) == (201, first.json())
    assert opens(node, later)


def test_the_tokens_of_an_api_key_are_revoked(node: Node) -> None:
    issued = token(node)
    key_id = node.platform.tokens.read(issued).issued_by
    answer = revoke(node, {"apiKeyId": key_id})
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"apiKeyId": key_id, "revokedAt": "2030-01-01T00:00:00.000+0000"}
    assert not opens(node, issued)
    assert revoke(node, {"apiKeyId": key_id}, node.key_of_another_account()).status_code == 404


def test_a_revoked_token_uploads_nothing(node: Node) -> None:
    def upload() -> int:
        file = {"file": ("anna_screen_1.png", b"no picture", "image/png")}
        return node.client.post("/webrtc/1/files", files=file, data={"fileFormat": "PNG"}, headers=bearer).status_code

    bearer = {"Authorization": f"Bearer {token(node)}"}
    assert upload() == 415  # it was let in, and looked at
    revoke(node, {"identity": "anna"})
    assert upload() == 401


def test_a_device_cannot_revoke(node: Node) -> None:
    bearer = {"Authorization": f"Bearer {token(node)}"}
    assert revoke(node, {"identity": "anna"}, bearer).status_code == 401
