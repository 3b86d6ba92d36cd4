"""`/webrtc/1/call-history`: what backends read of calls that people had with each other."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final

import httpx2
import pytest

from ringback.accounts import COMMAND_LINE, Scope
from tests.integration.signaling.world import Somebody, World

PATH: Final = "/webrtc/1/call-history"

AUDIO: Final = {"microphone": True, "camera": False}

HANGUP: Final = {
    "id": 10000,
    "name": "NORMAL_HANGUP",
    "description": "The call was hung up by one of its sides or by the platform's API.",
}


class Backend:
    """Of one account; it asks one thing a second."""

    def __init__(self, world: World, client: httpx2.AsyncClient, account: str) -> None:
        self._world = world
        self._client = client
        self._account = account
        self._usual: dict[str, str] | None = None

    async def key(self, *scopes: Scope) -> dict[str, str]:
        accounts = self._world.platform.accounts
        account = await accounts.find_account(self._account)
        _, key = await accounts.create_api_key(account.id, "a backend", by=COMMAND_LINE, scopes=scopes)
        return {"Authorization": f"App {key.reveal()}"}

    async def asks(self, path: str = "", headers: dict[str, str] | None = None, **query: Any) -> httpx2.Response:
        await self._world.says_all()
        self._world.clock.advance(1)
        if headers is None:
            headers = self._usual = self._usual or await self.key()
        return await self._client.get(f"{PATH}{path}", params=query, headers=headers)

    async def sees(self, **query: Any) -> list[dict[str, Any]]:
        """The calls of a list that fits on one page, newest first."""
        answer = await self.asks(**query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["results"]
        assert answer.json()["pageInfo"]["totalResults"] == len(found)
        return found

    async def sees_both_sides(self, **query: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The calls of the only dialog: who called, and who was called."""
        inbound, outbound = sorted(await self.sees(**query), key=lambda log: str(log["direction"]))
        assert (inbound["direction"], outbound["direction"]) == ("INBOUND", "OUTBOUND")
        return inbound, outbound


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=world.origin) as client:
        yield client


@pytest.fixture
def backend(world: World, client: httpx2.AsyncClient) -> Backend:
    return Backend(world, client, "default")


async def calls(caller: Somebody, identity: str, **fields: Any) -> str:
    destination = {"type": "WEBRTC", "identity": identity}
    return str((await caller.does("call.start", destination=destination, **AUDIO, **fields))["callId"])


def moment(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def how_it_ended(log: dict[str, Any]) -> tuple[Any, ...]:
    """State, end reason, seconds of ringing and of talking, whether it was answered."""
    error = log["errorCode"]
    return log["state"], error["id"], error["name"], log["ringDuration"], log["duration"], "answerTime" in log


async def test_an_answered_call_is_told_from_both_sides(world: World, backend: Backend) -> None:
    anna, boris = await world.connects("anna", "Anna, desk"), await world.connects("boris", "Boris, home")
    begin = world.clock.now()
    annas = await calls(anna, "boris", customData={"order": "17"})
    boriss = (await boris.hears("call.incoming"))["callId"]
    world.clock.advance(7.9)
    await boris.does("call.accept", callId=boriss, **AUDIO)
    assert await backend.sees() == [], "the call goes on"
    world.clock.advance(63.5)
    await anna.does("call.hangUp", callId=annas)

    by_anna, by_boris = await backend.sees_both_sides()
    anna_is = {"type": "WEBRTC", "identity": "anna", "displayName": "Anna, desk"}
    boris_is = {"type": "WEBRTC", "identity": "boris", "displayName": "Boris, home"}
    told_by_both = {
        "from": "anna",
        "to": "boris",
        "state": "FINISHED",
        "startTime": moment(begin),
        "answerTime": moment(begin + timedelta(seconds=7.9)),
        "endTime": moment(begin + timedelta(seconds=7.9 + 1 + 63.5)),
        "ringDuration": 7,
        "duration": 64,
        "errorCode": HANGUP,
        "dialogId": by_anna["dialogId"],
        "conferenceIds": [],
        "customData": {"order": "17"},
    }
    assert by_anna == {
        **told_by_both,
        "callId": annas,
        "endpoint": anna_is,
        "counterpart": boris_is,
        "direction": "INBOUND",
    }
    assert by_boris == {
        **told_by_both,
        "callId": boriss,
        "endpoint": boris_is,
        "counterpart": anna_is,
        "direction": "OUTBOUND",
        "parentCallId": annas,
    }
    for log in (by_anna, by_boris):
        assert (await backend.asks(f"/{log['callId']}")).json() == log


@pytest.mark.parametrize(
    ("destination", "endpoint", "called"),
    [
        (
            {"type": "PHONE", "phoneNumber": "+41793026727"},
            {"type": "PHONE", "phoneNumber": "41793026727"},
            "41793026727",
        ),
        (
            {"type": "APPLICATION", "callsConfigurationId": "support"},
            {"type": "APPLICATION", "callsConfigurationId": "support"},
            "support",
        ),
    ],
)
async def test_who_was_called_need_not_be_an_identity(
    world: World, backend: Backend, destination: dict[str, str], endpoint: dict[str, str], called: str
) -> None:
    anna = await world.connects("anna")
    await anna.does("call.start", destination=destination, **AUDIO)
    by_anna, by_the_called = await backend.sees_both_sides()
    assert (by_anna["to"], by_anna["counterpart"], by_the_called["endpoint"]) == (called, endpoint, endpoint)
    assert (by_anna["state"], by_anna["errorCode"]["name"]) == ("FAILED", "FEATURE_UNAVAILABLE")
    assert len(await backend.sees(identity="anna")) == 1
    assert await backend.sees(identity=called) == []


async def test_a_call_that_goes_on_is_not_found(world: World, backend: Backend) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas = await calls(anna, "boris")
    assert (await backend.asks(f"/{annas}")).status_code == 404
    await boris.does("call.accept", callId=(await boris.hears("call.incoming"))["callId"], **AUDIO)
    assert (await backend.asks(f"/{annas}")).status_code == 404
    await anna.does("call.hangUp", callId=annas)
    assert (await backend.asks(f"/{annas}")).status_code == 200


async def test_a_declined_call_has_failed(world: World, backend: Backend) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await calls(anna, "boris")
    boriss = (await boris.hears("call.incoming"))["callId"]
    world.clock.advance(3)
    await boris.does("call.decline", callId=boriss)
    for log in await backend.sees_both_sides():
        assert how_it_ended(log) == ("FAILED", 10203, "REJECTED", 3, 0, False)


async def test_a_call_that_nobody_answered_says_so(world: World, backend: Backend) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await calls(anna, "boris")
    await boris.hears("call.incoming")
    await world.time_passes(61)
    for log in await backend.sees_both_sides():
        assert how_it_ended(log) == ("NO_ANSWER", 10200, "NO_ANSWER", 61, 0, False)


async def test_a_call_that_the_caller_gave_up_is_cancelled(world: World, backend: Backend) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas = await calls(anna, "boris")
    await boris.hears("call.incoming")
    world.clock.advance(5)
    await anna.does("call.hangUp", callId=annas)
    for log in await backend.sees_both_sides():
        assert how_it_ended(log) == ("CANCELLED", 10202, "CANCELLED", 5, 0, False)


async def test_who_talks_to_another_is_busy(world: World, backend: Backend) -> None:
    anna, boris, clara = [await world.connects(name) for name in ("anna", "boris", "clara")]
    await calls(anna, "boris")
    await boris.does("call.accept", callId=(await boris.hears("call.incoming"))["callId"], **AUDIO)
    await calls(clara, "boris")
    await clara.hears_of_end("BUSY")
    for log in await backend.sees_both_sides():
        assert how_it_ended(log) == ("BUSY", 10201, "BUSY", 0, 0, False)
        assert (log["from"], log["to"]) == ("clara", "boris")


async def test_a_call_to_somebody_who_is_not_there_failed(world: World, backend: Backend) -> None:
    anna = await world.connects("anna")
    await calls(anna, "nobody")
    await anna.hears_of_end("DESTINATION_NOT_FOUND")
    by_anna, to_nobody = await backend.sees_both_sides()
    assert how_it_ended(by_anna) == how_it_ended(to_nobody) == ("FAILED", 10303, "DESTINATION_NOT_FOUND", 0, 0, False)
    assert to_nobody["endpoint"] == {"type": "WEBRTC", "identity": "nobody"}


async def test_whoever_loses_the_network_in_a_call_has_finished_it(world: World, backend: Backend) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await calls(anna, "boris")
    await boris.does("call.accept", callId=(await boris.hears("call.incoming"))["callId"], **AUDIO)
    await boris.goes()
    await anna.hears("call.ringing")
    await anna.hears("call.established")
    await anna.hears_of_end("NETWORK_ERROR")
    for log in await backend.sees_both_sides():
        assert how_it_ended(log) == ("FINISHED", 10308, "NETWORK_ERROR", 0, 0, True)


async def test_everybody_who_was_in_a_room_has_a_call(world: World, backend: Backend) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    begin = world.clock.now()
    annas = (await anna.does("room.join", name="standup", **AUDIO))["callId"]
    world.clock.advance(10)
    boriss = (await boris.does("room.join", name="standup", customData={"seat": "4"}, **AUDIO))["callId"]
    world.clock.advance(20)
    await boris.does("room.leave", callId=boriss)
    (by_boris,) = await backend.sees()
    assert by_boris == {
        "callId": boriss,
        "endpoint": {"type": "WEBRTC", "identity": "boris"},
        "from": "boris",
        "direction": "INBOUND",
        "state": "FINISHED",
        "startTime": moment(begin + timedelta(seconds=10)),
        "answerTime": moment(begin + timedelta(seconds=10)),
        "endTime": moment(begin + timedelta(seconds=30)),
        "ringDuration": 0,
        "duration": 20,
        "errorCode": HANGUP,
        "conferenceIds": by_boris["conferenceIds"],
        "roomName": "standup",
        "customData": {"seat": "4"},
    }
    await anna.does("room.leave", callId=annas)
    newest, oldest = await backend.sees()
    assert (newest["callId"], oldest["callId"]) == (boriss, annas)
    assert newest["conferenceIds"] == oldest["conferenceIds"]
    assert (await backend.asks(f"/{annas}")).json() == oldest


async def test_a_test_of_the_line_is_in_no_room(world: World, backend: Backend) -> None:
    anna = await world.connects("anna")
    await anna.does("call.hangUp", callId=(await anna.does("echo.start", **AUDIO))["callId"])
    (log,) = await backend.sees()
    assert "roomName" not in log
    assert len(log["conferenceIds"]) == 1


async def ends_some(world: World) -> None:
    """In four minutes, Anna calls Boris three times, and then Clara, and they decline at once."""
    anna, boris, clara = [await world.connects(name) for name in ("anna", "boris", "clara")]
    for callee, identity in ((boris, "boris"), (boris, "boris"), (boris, "boris"), (clara, "clara")):
        await calls(anna, identity)
        await callee.does("call.decline", callId=(await callee.hears("call.incoming"))["callId"])
        await callee.hears_of_end("REJECTED")
        await world.time_passes(60)


async def test_pages_meet(world: World, backend: Backend) -> None:
    await ends_some(world)
    whole = await backend.sees()
    assert len(whole) == 8
    assert [log["startTime"] for log in whole] == sorted((log["startTime"] for log in whole), reverse=True)
    paged = []
    for number in range(3):
        answer = (await backend.asks(page=number, size=3)).json()
        assert answer["pageInfo"] == {"page": number, "size": 3, "totalPages": 3, "totalResults": 8}
        paged += answer["results"]
    assert paged == whole
    assert (await backend.asks(page=3, size=3)).json()["results"] == []
    assert (await backend.asks(size=100)).json()["results"] == whole
    usual = (await backend.asks()).json()["pageInfo"]
    assert (usual["page"], usual["size"]) == (0, 20)


async def test_filters_leave_out_the_others(world: World, backend: Backend) -> None:
    begin = world.clock.now()
    await ends_some(world)
    assert {log["to"] for log in await backend.sees(identity="clara")} == {"clara"}
    assert len(await backend.sees(identity="anna")) == 4
    assert len(await backend.sees(identity="boris", direction="OUTBOUND")) == 3
    assert await backend.sees(identity="boris", direction="INBOUND") == []
    assert await backend.sees(identity="nobody") == []
    first, second = moment(begin), moment(begin + timedelta(minutes=1))
    assert {log["startTime"] for log in await backend.sees(startTimeBefore=second)} == {first}
    assert len(await backend.sees(startTimeAfter=second)) == 6
    between = await backend.sees(startTimeAfter=first, startTimeBefore=second, identity="boris")
    assert [log["startTime"] for log in between] == [first]
    assert await backend.sees(startTimeAfter=second, startTimeBefore=first) == []


async def test_moments_may_be_written_as_official_clients_do(world: World, backend: Backend) -> None:
    begin = world.clock.now()
    await ends_some(world)
    for form in ("%Y-%m-%dT%H:%M:%S.%f+0000", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S+00:00"):
        assert len(await backend.sees(startTimeBefore=(begin + timedelta(minutes=1)).strftime(form))) == 2


WRONG: Final = {
    "page": ["-1", "x", "9" * 30],
    "size": ["0", "101", "1.5"],
    "direction": ["inbound", ""],
    "identity": ["a" * 65, "a\x00b", "a\u202eb"],
    "startTimeAfter": ["yesterday", "2030-13-01T00:00:00.000+0000", ""],
    "startTimeBefore": ["1893456000000", "2030-01-01T00:00:00\x00", "0000-00-00T00:00:00Z"],
}


async def test_what_cannot_be_is_refused_by_name(backend: Backend) -> None:
    for name, values in WRONG.items():
        for value in values:
            answer = await backend.asks(**{name: value})  # type: ignore[arg-type]  # none of them is called headers
            assert answer.status_code == 400, (name, value, answer.text)
            assert answer.json()["errorCode"] == "E400"
            assert [violation["property"] for violation in answer.json()["violations"]] == [name]


async def test_what_never_was_is_not_found(backend: Backend) -> None:
    for id in ("nothing", "00000000-0000-4000-8000-000000000000", "%20", "a" * 500):
        answer = await backend.asks(f"/{id}")
        assert (answer.status_code, answer.json()["errorCode"]) == (404, "E404")
    answer = await backend.asks("/a%00b")
    assert answer.status_code == 400
    assert [violation["property"] for violation in answer.json()["violations"]] == ["callId"]


async def test_another_account_sees_nothing(world: World, backend: Backend, client: httpx2.AsyncClient) -> None:
    await world.platform.accounts.create_account("another")
    stranger = Backend(world, client, "another")
    await ends_some(world)
    ours = await backend.sees()
    assert await stranger.sees() == []
    assert await stranger.sees(identity="anna") == []
    for log in ours:
        theirs, nothing = await stranger.asks(f"/{log['callId']}"), await stranger.asks("/nothing")
        assert (theirs.status_code, theirs.json()) == (nothing.status_code, nothing.json())
        assert theirs.status_code == 404


async def test_credentials_with_the_scope_are_needed(world: World, backend: Backend) -> None:
    await ends_some(world)
    (first, *_) = await backend.sees()
    for path in ("", f"/{first['callId']}"):
        assert (await backend.asks(path, {})).status_code == 401
        a_device = {"Authorization": f"Bearer {await world.token('anna')}"}
        assert (await backend.asks(path, a_device)).status_code == 401
        others = await backend.key(*set(Scope) - {Scope.WEBRTC})
        answer = await backend.asks(path, others)
        assert (answer.status_code, answer.json()["errorCode"]) == (403, "E403")
        assert (await backend.asks(path, await backend.key(Scope.WEBRTC))).status_code == 200
