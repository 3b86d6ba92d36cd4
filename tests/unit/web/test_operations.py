"""An operation enforces what it describes, in an order that tells strangers nothing."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, UploadFile
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from ringback.kernel.errors import InvalidState, Unauthenticated, Unavailable
from ringback.testing.clock import VirtualClock
from ringback.testing.ids import CountingIds
from ringback.web import DEVICES, Authenticated, ErrorBody, Operation, Principal, RequestModel, Scheme, described
from ringback.web.assembly import assemble
from ringback.web.idempotency import Idempotency
from ringback.web.limits import RateLimits
from ringback.web.operations import Gate

WRITER = Principal(account_id="one", credential_id="writer", scopes=frozenset({"shapes:manage", "dots:manage"}))
READER = Principal(account_id="one", credential_id="reader", scopes=frozenset({"shapes:manage"}), reads_only=True)
OTHER = Principal(account_id="one", credential_id="other", scopes=frozenset({"else:manage"}))
STRANGER = Principal(account_id="two", credential_id="stranger")
DEVICE = Principal(account_id="one", credential_id="token", scopes=frozenset(), identity="anna")


def known(**principals: Principal) -> Callable[[str, str], Any]:
    async def authenticate(credentials: str, _address: str) -> Principal:
        if credentials not in principals:
            raise Unauthenticated
        return principals[credentials]

    return authenticate


def revoked_meanwhile(account: Principal) -> Callable[[str, str], Any]:
    """Good once, and no more when it is looked at again."""
    looks = iter([account])

    async def authenticate(_credentials: str, _address: str) -> Principal:
        for principal in looks:
            return principal
        raise Unauthenticated

    return authenticate


@dataclass
class Stored:
    fingerprint: bytes
    status: int | None = None
    content_type: str | None = None
    body: bytes | None = None


@dataclass
class Memory:
    """Receipts that are claimed when `write` is called inside."""

    receipts: dict[tuple[str, str], Stored] = field(default_factory=dict)
    claim: tuple[str, str, bytes] | None = None
    forgets_answers: bool = False

    def write(self) -> None:
        if self.claim is not None:
            account_id, key, fingerprint = self.claim
            self.receipts[account_id, key] = Stored(fingerprint)
            self.claim = None

    async def find(self, account_id: str, key: str) -> Stored | None:
        return self.receipts.get((account_id, key))

    @contextmanager
    def claiming(self, account_id: str, key: str, fingerprint: bytes) -> Iterator[Callable[[], bool]]:
        self.claim = (account_id, key, fingerprint)
        yield lambda: (account_id, key) in self.receipts
        self.claim = None

    async def complete(self, account_id: str, key: str, status: int, content_type: str, body: bytes) -> None:
        if self.forgets_answers:
            raise Unavailable
        self.receipts[account_id, key] = Stored(self.receipts[account_id, key].fingerprint, status, content_type, body)


class Shape(RequestModel):
    edge_count: int


@dataclass
class World:
    client: TestClient
    memory: Memory
    clock: VirtualClock
    made: list[int]

    def post(
        self, path: str = "/shapes", *, who: str = "writer", key: str | None = None, **body: Any
    ) -> httpx2.Response:
        headers = {"Authorization": f"App {who}"} | ({"Idempotency-Key": key} if key is not None else {})
        return self.client.post(path, headers=headers, json=body or {"edgeCount": 3})

    def get(self, path: str, authorization: str) -> httpx2.Response:
        return self.client.get(path, headers={"Authorization": authorization})


@pytest.fixture
def world() -> Iterator[World]:
    memory, clock, made = Memory(), VirtualClock(), list[int]()
    router = APIRouter(route_class=Operation)
    manage = ("shapes:manage", "shapes:create")

    @router.post("/shapes", status_code=201, **described("create-shape", scopes=manage, errors=(400,), repeatable=True))
    async def create(_principal: Authenticated, shape: Shape) -> dict[str, int]:
        if shape.edge_count < 3:
            raise InvalidState("A shape has three edges.")
        memory.write()
        made.append(shape.edge_count)
        if shape.edge_count == 13:
            raise KeyError("after the write")
        await asyncio.sleep(0)
        return {"number": len(made)}

    @router.get("/shapes", **described("get-shapes", scopes=manage, limit="2/second"))
    async def read() -> list[int]:
        return made

    @router.post("/dots", **described("create-dot", scopes=("dots:manage",), errors=(400,), body=ErrorBody.API_ERROR))
    async def create_dot(shape: Shape) -> None:
        raise KeyError(shape.edge_count)

    @router.delete("/login", **described("sign-out"))
    async def sign_out() -> None:
        """Needs no scope: it is about nobody but the caller."""

    @router.post("/photos", **described("upload-photo"))
    async def upload(photo: UploadFile) -> int | None:
        return photo.size

    @router.get("/mine", **described("get-mine", accepts=DEVICES))
    async def mine(principal: Authenticated) -> str | None:
        return principal.identity

    gate = Gate(
        authenticators={
            Scheme.API_KEY: known(writer=WRITER, reader=READER, other=OTHER, stranger=STRANGER),
            Scheme.OAUTH2: known(access=WRITER),
            Scheme.IBSSO: revoked_meanwhile(WRITER),
            Scheme.WEBRTC_TOKEN: known(jwt=DEVICE),
        },
        limits=RateLimits(),
        idempotency=Idempotency(memory),
        clock=clock,
    )
    app = assemble(gate=gate, ids=CountingIds(), routers=[router], checks={}, home=None)
    with TestClient(app) as client:
        yield World(client, memory, clock, made)


def test_credentials_come_before_scopes_before_limits_before_the_body(world: World) -> None:
    assert world.post(who="nobody", edgeCount="many").status_code == 401
    assert world.post(who="other", edgeCount="many").status_code == 403
    assert world.post(who="writer", edgeCount="many").status_code == 400
    for _ in range(2):
        assert world.get("/shapes", "App writer").status_code == 200
    assert world.get("/shapes", "App other").status_code == 403
    assert world.get("/shapes", "App nobody").status_code == 401
    refused = world.get("/shapes", "App writer")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k"}])
def test_credentials_that_are_revoked_while_the_body_arrives_change_nothing(world: World, key: dict[str, str]) -> None:
    refused = world.client.post("/shapes", headers={"Authorization": "IBSSO x", **key}, json={"edgeCount": 3})
    assert refused.status_code == 401
    assert world.made == []
    assert world.memory.receipts == {}


def test_a_limit_is_of_the_account_and_ends(world: World) -> None:
    assert [world.get("/shapes", "App writer").status_code for _ in range(3)] == [200, 200, 429]
    assert world.get("/shapes", "App reader").status_code == 429  # another key of the same account
    assert world.get("/shapes", "App stranger").status_code == 200
    world.clock.advance(1)
    assert world.get("/shapes", "App writer").status_code == 200


def test_who_may_only_read_may_read(world: World) -> None:
    assert world.get("/shapes", "App reader").status_code == 200
    assert world.post(who="reader").status_code == 403


def test_what_needs_no_scope_is_open_to_everybody_who_is_known(world: World) -> None:
    answers = [world.client.delete("/login", headers={"Authorization": f"App {who}"}) for who in ("reader", "other")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert world.client.delete("/login").status_code == 401


def test_a_token_of_a_device_opens_only_what_is_for_devices(world: World) -> None:
    assert world.get("/mine", "Bearer jwt").json() == "anna"
    assert world.get("/mine", "Bearer access").status_code == 401
    assert world.get("/mine", "App writer").status_code == 401
    assert world.get("/shapes", "Bearer access").status_code == 200
    assert world.get("/shapes", "Bearer jwt").status_code == 401


@pytest.mark.parametrize("authorization", ["", "App", "Apple writer", "writer", "Bearer", "Digest writer", "App  "])
def test_what_is_no_credential_is_a_401(world: World, authorization: str) -> None:
    assert world.get("/shapes", authorization).status_code == 401


def test_a_body_of_another_kind_than_described_is_a_415(world: World) -> None:
    def send(path: str, kind: str | None, body: bytes) -> int:
        headers = {"Authorization": "App writer"} | ({"Content-Type": kind} if kind else {})
        return world.client.post(path, content=body, headers=headers).status_code

    shape = b'{"edgeCount": 3}'
    photo = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n...\r\n--b--\r\n'
    for json in ("application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"):
        assert send("/shapes", json, shape) == 201
    for other in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "image/svg+json"):
        assert send("/shapes", other, shape) == 415
    assert send("/photos", "multipart/form-data; boundary=b", photo) == 200
    for kind in (None, "application/json", "application/x-www-form-urlencoded", "multipart/mixed; boundary=b"):
        assert send("/photos", kind, photo) == 415


def test_each_operation_has_its_error_body(world: World) -> None:
    missing = world.post("/dots", who="writer", colour="RED")
    assert (missing.status_code, missing.json()) == (
        400,
        {
            "errorCode": "E400",
            "description": "Bad request",
            "action": "Correct the fields that are named.",
            "violations": [{"property": "edgeCount", "violation": "must not be null"}],
            "resources": [],
        },
    )
    assert world.post("/dots", who="nobody").json()["errorCode"] == "E401"
    assert world.post("/dots", who="other").json()["errorCode"] == "E403"
    with capture_logs():
        assert world.post("/dots", who="writer", edgeCount=1).json()["errorCode"] == "E500"
    too_large = world.post("/dots", who="writer", edgeCount=1, padding="x" * 300_000)
    assert (too_large.status_code, too_large.json()["errorCode"]) == (413, "E413")


def test_a_repeated_request_is_answered_again_and_carried_out_once(world: World) -> None:
    first, second, other_key = (world.post(key=key) for key in ("k1", "k1", "k2"))
    assert (first.status_code, first.json()) == (201, {"number": 1})
    assert (second.status_code, second.json()) == (201, {"number": 1})
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert other_key.json() == {"number": 2}


def test_a_key_is_of_its_account(world: World) -> None:
    assert [world.post(who=who, key="k").json()["number"] for who in ("writer", "stranger")] == [1, 2]


def test_a_key_for_another_request_is_a_422(world: World) -> None:
    world.post(key="k", edgeCount=3)
    reused = world.post(key="k", edgeCount=4)
    assert reused.status_code == 422
    assert reused.json()["requestError"]["serviceException"]["messageId"] == "IDEMPOTENCY_KEY_REUSED"
    assert world.made == [3]


def test_what_was_refused_may_be_corrected_under_the_same_key(world: World) -> None:
    assert world.post(key="k", edgeCount="many").status_code == 400
    assert world.post(key="k", edgeCount=2).status_code == 409
    assert world.post(key="k", edgeCount=3).status_code == 201


def test_a_request_that_failed_after_its_write_is_not_carried_out_again(world: World) -> None:
    with capture_logs():
        assert world.post(key="k", edgeCount=13).status_code == 500
    again = world.post(key="k", edgeCount=13)
    assert again.status_code == 409
    assert "not known" in again.json()["requestError"]["serviceException"]["text"]
    assert world.made == [13]


def test_an_answer_that_could_not_be_stored_does_not_make_a_second_object(world: World) -> None:
    world.memory.forgets_answers = True
    assert world.post(key="k").status_code == 503
    assert world.post(key="k").status_code == 409
    assert world.made == [3]


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "\t"])
def test_a_key_that_cannot_be_one_is_a_400_that_names_the_header(world: World, key: str) -> None:
    refused = world.post(key=key)
    assert refused.status_code == 400
    assert refused.json()["requestError"]["serviceException"]["validationErrors"].keys() == {"Idempotency-Key"}


def test_the_document_says_what_is_enforced(world: World) -> None:
    document = world.client.get("/openapi.json").json()
    read, create = document["paths"]["/shapes"]["get"], document["paths"]["/shapes"]["post"]
    assert read["security"] == [{"APIKeyHeader": []}, {"Basic": []}, {"IBSSOTokenHeader": []}, {"OAuth2": []}]
    assert read["x-scopes"] == ["shapes:manage", "shapes:create"]
    assert read["x-rate-limit"] == "2/second"
    assert read["responses"].keys() == {"200", "401", "403", "429", "500"}
    assert create["responses"].keys() == {"201", "400", "401", "403", "409", "422", "500"}
    assert [parameter["name"] for parameter in create["parameters"]] == ["Idempotency-Key"]
    assert document["components"]["securitySchemes"].keys() == {scheme.value for scheme in Scheme}


def test_pages_of_other_origins_may_ask(world: World) -> None:
    asked = world.client.options(
        "/shapes",
        headers={
            "Origin": "https://shop.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
        },
    )
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert "Access-Control-Allow-Credentials" not in asked.headers
    refused = world.client.get("/shapes", headers={"Origin": "https://shop.example"})
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, "*")
