"""What a node writes into its log and its figures tells nothing of people: no name, number, address, token, password.

A real server at its most talkative, with its media worker, is asked everything that it can be asked; each text that a
person or a customer would choose has a canary in it. Then its log and /metrics are searched.
"""

import asyncio
import base64
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from ringback.signaling.messages import SUBPROTOCOL
from tests.integration.rest.accounts import document
from tests.integration.rest.operations import Asked, Backend, Described, described
from tests.integration.rest.recipes import IDENTITY, RECIPES
from tests.integration.rest.serving import KEY, Served, served
from tests.integration.signaling.world import OFFER, PATIENCE_SECONDS

OPERATIONS: Final = described(document())

ADDRESSES: Final = ("203.0.113.77", "203.0.113.88", "2001:db8:ca:na::7")
"""Of people's networks: in headers that proxies set, and in SDP."""

ALWAYS: Final = (r"canar", r"1555010", r"203\.0\.113\.\d", r"2001:db8:", r"eyJ[\w-]{10}", re.escape(KEY))
"""What must never be there."""

SDP: Final = OFFER.replace("o=- ", "o=canary ", 1).replace(
    "a=mid:0", f"a=candidate:1 1 udp 2113937151 {ADDRESSES[1]} 54321 typ host\r\na=mid:0", 1
)

PROXIED: Final = {"X-Forwarded-For": ADDRESSES[0], "Forwarded": f'for="[{ADDRESSES[2]}]"', "User-Agent": "canary/1.0"}


class Watching(Backend):
    """A backend that remembers everything secret that it was told."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.secrets: set[str] = set()

    def asks(self, id: str, asked: Asked, headers: Mapping[str, str] | None = None, **sent: Any) -> httpx2.Response:
        credentials = self.authorization(self.operations[id], asked) if headers is None else headers
        answer = super().asks(id, asked, {**PROXIED, **credentials}, **sent)
        if answer.headers.get("content-type") == "application/json":
            self._remember(answer.json())
        return answer

    def _remember(self, told: Any) -> None:
        for name, value in told.items() if isinstance(told, dict) else ():
            if name in ("token", "access_token", "apiKeySecret") and isinstance(value, str):
                self.secrets.add(value)
            self._remember(value)


def signed_in(client: httpx2.Client, node: Served) -> Watching:
    """The backend of the default account, with everything that opens it."""
    basic = base64.b64encode(":".join(node.login).encode()).decode()
    backend = Watching(client, OPERATIONS, {"APIKeyHeader": f"App {KEY}", "Basic": f"Basic {basic}"}, node.login)
    session = backend.does("create-session", RECIPES["create-session"](backend))["token"]
    access = backend.does("create-oauth2-token", RECIPES["create-oauth2-token"](backend))["access_token"]
    token = backend.does("generate-webrtc-token", RECIPES["generate-webrtc-token"](backend))["token"]
    backend.credentials = {
        **backend.credentials,
        "IBSSOTokenHeader": f"IBSSO {session}",
        "OAuth2": f"Bearer {access}",
        "WebRTCToken": f"Bearer {token}",
    }
    backend.secrets |= {basic, node.login[1]}
    return backend


def says_everything(backend: Watching) -> None:
    """Each operation once with success, by each way to sign in, and then with everything that can be wrong."""
    for id, operation in OPERATIONS.items():
        for scheme in operation.accepts or ("",):
            asked = RECIPES[id](backend)
            credentials = asked.authorization or backend.credentials.get(scheme)
            answer = backend.asks(id, asked, {"Authorization": credentials} if credentials else {})
            assert answer.is_success, f"{id}: {answer.text}"
        if asked.authorization is None:
            says_wrong_things(backend, operation)
    for path in ("/canary-path", "/webrtc/1/canary?who=canary&number=15550104711", "/app/canary.html"):
        backend.client.get(path, headers=PROXIED)


def says_wrong_things(backend: Watching, operation: Described) -> None:
    hostile = Asked(
        path=dict.fromkeys(operation.parameters("path"), "canary%00%E2%80%AE15550104711"),
        query=dict.fromkeys([*operation.parameters("query"), "canary"], "canary\u202e15550104711"),
    )
    wrong = [
        {field.split(".")[0]: "canary\x00\u202e15550104711" for field in operation.body_fields()},
        {field.split(".")[0]: ["canary 15550104711"] for field in operation.body_fields()},
    ]
    for body in wrong:
        sent: dict[str, Any] = {"json": body} if operation.takes else {}
        assert not backend.asks(operation.id, hostile, **sent).is_server_error
    for content in (b"{canary 15550104711", b'"canary"', b"canary" * 100_000):
        kind = {"Content-Type": operation.takes or "text/canary", **backend.authorization(operation)}
        assert not backend.asks(operation.id, hostile, kind, content=content).is_server_error
    for credentials in ("App canary", "Bearer eyJjYW5hcnkiOjF9.eyJjYW5hcnkiOjF9.canary", "IBSSO canary", "Canary x"):
        backend.asks(operation.id, hostile, {"Authorization": credentials})


class Device:
    """An SDK, as far as this test needs one."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._id = 0
        self._heard: list[dict[str, Any]] = []

    async def says(self, type: str, **fields: Any) -> dict[str, Any]:
        """Send a request; its `reply` or `error`."""
        self._id += 1
        await self._socket.send(json.dumps({"type": type, "id": self._id, **fields}))
        return await self._first(lambda message: message.get("id") == self._id)

    async def hears(self, type: str) -> dict[str, Any]:
        """The first event of this type that was not asked for before."""
        return await self._first(lambda message: message["type"] == type)

    async def _first(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while not (found := [message for message in self._heard if wanted(message)]):
            self._heard.append(json.loads(await asyncio.wait_for(self._socket.recv(), PATIENCE_SECONDS)))
        self._heard.remove(found[0])
        return found[0]


async def call_each_other(node: Served, tokens: list[str]) -> None:
    """Two people call each other and meet in a room; others come with what is wrong."""
    url = f"{node.url.replace('http', 'ws', 1)}/rtc/v1"

    def connected() -> Any:
        return websockets.connect(url, subprotocols=[websockets.Subprotocol(SUBPROTOCOL)], additional_headers=PROXIED)

    client = {"name": "canary", "version": "1"}
    on, note = {"microphone": True, "camera": True}, {"customData": {"note": "canary 15550104711"}}
    async with connected() as first, connected() as second:
        anna, boris = Device(first), Device(second)
        for device, token in zip((anna, boris), tokens, strict=True):
            assert (await device.says("hello", token=token, client=client))["type"] == "reply"
        callee = {"type": "WEBRTC", "identity": IDENTITY}
        call_id = (await anna.says("call.start", destination=callee, **on, **note))["result"]["callId"]
        ringing = (await boris.hears("call.incoming"))["callId"]
        assert (await anna.says("media.offer", callId=call_id, sdp=SDP))["type"] == "reply"
        assert (await boris.says("call.accept", callId=ringing, **on))["type"] == "reply"
        assert (await boris.says("media.offer", callId=ringing, sdp=SDP))["type"] == "reply"
        await anna.hears("call.established")
        await anna.says("call.hangUp", callId=call_id)
        await boris.hears("call.ended")
        room = await anna.says("room.join", name="canary room", **on, **note)
        assert (await anna.says("media.offer", callId=room["result"]["callId"], sdp=SDP))["type"] == "reply"
        for type, fields in (
            ("canary.start", {}),
            ("call.start", {"destination": {"type": "WEBRTC", "identity": "canary\u202e\0"}, **on}),
            ("call.start", {"destination": {"type": "WEBRTC", "identity": "canary-nobody"}, **on}),
            ("room.join", {"name": "canary\0room", **on}),
            ("media.offer", {"callId": room["result"]["callId"], "sdp": SDP.replace("v=0", "canary=0")}),
        ):
            await anna.says(type, **fields)
        await second.send("{canary")
    async with connected() as third:
        answer = await Device(third).says("hello", token=f"{tokens[0]}canary", client=client)
        assert answer["code"] == "UNAUTHENTICATED"


@pytest.mark.worker
def test_neither_log_nor_figures_tell_of_people(tmp_path: Path) -> None:
    with (
        served(tmp_path, {"RINGBACK_LOG_LEVEL": "debug"}) as node,
        httpx2.Client(base_url=node.url) as client,
    ):
        backend = signed_in(client, node)
        tokens = [
            backend.does("generate-webrtc-token", Asked(json={"identity": name, "displayName": "The canary"}))["token"]
            for name in ("canary-caller", IDENTITY)
        ]
        asyncio.run(call_each_other(node, tokens))
        says_everything(backend)
        figures = client.get("/metrics").text
    log = node.log.read_text("utf-8")
    assert log.count('"Answered."') > len(OPERATIONS), "it was not at its most talkative"
    assert "ringback_http_requests_total" in figures
    for forbidden in (*ALWAYS, *map(re.escape, backend.secrets)):
        for name, text in (("log", log), ("/metrics", figures)):
            told = [line for line in text.splitlines() if re.search(forbidden, line, re.IGNORECASE)]
            assert not told, f"{name} has {forbidden}: {told[:5]}"
