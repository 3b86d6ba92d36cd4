"""The call machine: one leg, from its start to its end.

Contract: give it one event; store the state it returns together with what it says happened and wants done; only then
give it the next. A *request* that does not fit the state raises `InvalidState`; *news* that do not fit change nothing.
"""

from datetime import datetime
from typing import Final, assert_never

from msgspec.structs import replace

from ringback.calls.commands import AlertDevices
from ringback.calls.events import (
    Accept,
    CallEstablished,
    CallEvent,
    CallFailed,
    CallFinished,
    CallInput,
    CallRinging,
    CallStarted,
    Decline,
    DevicesFound,
    DevicesReleased,
    EndpointHungUp,
    FarSideAnswered,
    FarSideRings,
    HangUp,
    MediaConnected,
    MediaLost,
    Moved,
    NoDeviceFound,
    OfferMade,
    SessionLost,
    StartCall,
    TransportLost,
    TransportMissing,
    TransportReady,
)
from ringback.calls.model import Call, CallState, Direction, EndReason
from ringback.calls.transport import Transport
from ringback.kernel.errors import InvalidState
from ringback.kernel.steps import DeadlinePassed, Step, Tell

CALLING, RINGING, PRE_ESTABLISHED, ESTABLISHED, FINISHED, FAILED = CallState

_UNANSWERED: Final = (CALLING, RINGING, PRE_ESTABLISHED)
_LIVE: Final = (*_UNANSWERED, ESTABLISHED)

TRANSITIONS: Final[dict[type[CallInput], dict[CallState, tuple[CallState, ...]]]] = {
    # event: {state: states it may lead to}. A pair that is not here is illegal or, after the end, late.
    DevicesFound: {CALLING: (RINGING,)},
    NoDeviceFound: {CALLING: (FAILED,)},
    FarSideRings: {CALLING: (RINGING,)},
    FarSideAnswered: dict.fromkeys(_UNANSWERED, (ESTABLISHED,)),
    Accept: {RINGING: (ESTABLISHED,), PRE_ESTABLISHED: (ESTABLISHED,)},
    Decline: {RINGING: (RINGING, FAILED), PRE_ESTABLISHED: (PRE_ESTABLISHED, FAILED)},
    HangUp: {**dict.fromkeys(_UNANSWERED, (FAILED,)), ESTABLISHED: (FINISHED,)},
    EndpointHungUp: {
        CALLING: (FAILED,),
        RINGING: (RINGING, FAILED),
        PRE_ESTABLISHED: (PRE_ESTABLISHED, FAILED),
        ESTABLISHED: (FINISHED,),
    },
    SessionLost: {
        **{state: (state, FAILED) for state in _UNANSWERED},
        ESTABLISHED: (ESTABLISHED, FINISHED),
    },
    Moved: {state: (state,) for state in _LIVE},
    OfferMade: {state: (state,) for state in _LIVE},
    TransportReady: {state: (state,) for state in _LIVE},
    TransportMissing: {state: (state,) for state in _LIVE},
    TransportLost: {
        **{state: (state, FAILED) for state in _UNANSWERED},
        ESTABLISHED: (ESTABLISHED, FINISHED),
    },
    DeadlinePassed: {
        **{state: (state, FAILED) for state in _UNANSWERED},
        ESTABLISHED: (ESTABLISHED, FINISHED),
    },
}

REQUESTS: Final = (Accept, Decline, OfferMade)
"""What an endpoint asks for: it is told when it cannot be. Everything else is news."""


def step(call: Call | None, event: CallInput, now: datetime) -> Step[Call]:
    """One event in the life of a leg.

    Raises `InvalidState` when an endpoint asks for something that the state does not allow.
    """
    if call is None:
        if not isinstance(event, StartCall):
            raise InvalidState("the call does not exist")
        return _start(event, now)
    if isinstance(event, StartCall):
        return Step(call)
    if call.state not in TRANSITIONS[type(event)]:
        if isinstance(event, REQUESTS):
            raise InvalidState(f"the call is {call.state}")
        return Step(call)
    taken = _take(call, event, now)
    assert taken.state.state in TRANSITIONS[type(event)][call.state], (call.state, event)
    return taken


def _start(event: StartCall, now: datetime) -> Step[Call]:
    call = Call(
        id=event.id,
        account_id=event.account_id,
        direction=event.direction,
        endpoint=event.endpoint,
        caller=event.caller,
        owner=event.owner,
        place=event.place,
        state=CALLING,
        microphone=event.microphone,
        camera=event.camera,
        custom_data=event.custom_data,
        session=event.session,
        created_at=now,
        ring_deadline=event.ring_deadline,
    )
    commands = (AlertDevices(call.id),) if call.direction is Direction.OUTBOUND else ()
    return Step(call, events=(CallStarted(call),), commands=commands)


def _take(call: Call, event: CallInput, now: datetime) -> Step[Call]:
    match event:
        case DevicesFound(sessions):
            ringing = replace(call, state=RINGING, ringing=sessions)
            return Step(ringing, events=(CallRinging(ringing),))
        case FarSideRings():
            ringing = replace(call, state=RINGING)
            return Step(ringing, events=(CallRinging(ringing),))
        case FarSideAnswered():
            return _establish(call, now)
        case Accept(session, endpoint, microphone, camera):
            if session not in call.ringing:
                raise InvalidState("the call does not ring on this device")
            answered = replace(call, session=session, endpoint=endpoint, microphone=microphone, camera=camera)
            return _establish(answered, now)
        case Decline(session, on_all_devices):
            if session not in call.ringing:
                raise InvalidState("the call does not ring on this device")
            released = call.ringing if on_all_devices else (session,)
            return _release(call, released, EndReason.REJECTED, now)
        case EndpointHungUp(session):
            if session in call.ringing:
                return _release(call, (session,), EndReason.REJECTED, now)
            return _end(call, EndReason.NORMAL_HANGUP if call.state is ESTABLISHED else EndReason.CANCELLED, now)
        case SessionLost(session):
            if session in call.ringing:
                return _release(call, (session,), EndReason.TEMPORARILY_UNAVAILABLE, now)
            if session == call.session:
                return _end(call, EndReason.NETWORK_ERROR, now)
            return Step(call)
        case NoDeviceFound(reason) | HangUp(reason):
            return _end(call, reason, now)
        case Moved(place):
            moved = replace(call, place=place)
            # Whoever still rings somewhere has no transport to lose.
            return _lose_media(moved, call.transport.lost(now)) if call.session else Step(moved)
        case OfferMade(connection):
            if connection < call.transport.connection:
                raise InvalidState("the connection is an older one")
            return Step(replace(call, transport=call.transport.offered(connection)))
        case TransportReady() | TransportLost() | TransportMissing():
            return _follow_transport(call, event, now)
        case DeadlinePassed():
            if call.transport.overdue(now):
                return _end(call, EndReason.NETWORK_ERROR, now)
            return _end(call, EndReason.NO_ANSWER, now) if call.ring_deadline else Step(call)
        case StartCall():
            return Step(call)
        case _:
            assert_never(event)


def _follow_transport(
    call: Call, event: TransportReady | TransportLost | TransportMissing, now: datetime
) -> Step[Call]:
    """What the worker says of the leg's transport; of an older connection than the expected one it is late."""
    match event:
        case TransportReady(connection) if connection == call.transport.connection:
            ready = replace(call, transport=call.transport.ready())
            return Step(ready, tells=(Tell(call.owner, MediaConnected(call.id)),))
        case TransportLost(connection, reason) if connection == call.transport.connection:
            transport = call.transport.closed(reason, now)
            return _lose_media(call, transport) if transport else _end(call, EndReason.NETWORK_ERROR, now)
        case TransportMissing() if call.transport.connected:
            return _lose_media(call, call.transport.lost(now))
        case _:
            return Step(call)


def _lose_media(call: Call, transport: Transport) -> Step[Call]:
    lost = replace(call, transport=transport)
    return Step(lost, events=(MediaLost(lost),))


def _establish(call: Call, now: datetime) -> Step[Call]:
    others = tuple(session for session in call.ringing if session != call.session)
    established = replace(call, state=ESTABLISHED, ringing=(), ring_deadline=None, established_at=now)
    events: tuple[CallEvent, ...] = (CallEstablished(established),)
    if others:
        events = (DevicesReleased(established, others, EndReason.ANSWERED_ELSEWHERE), *events)
    return Step(established, events=events)


def _release(call: Call, sessions: tuple[str, ...], reason: EndReason, now: datetime) -> Step[Call]:
    """Some devices stop ringing; without any the call has failed."""
    left = tuple(session for session in call.ringing if session not in sessions)
    if not left:
        return _end(call, reason, now)
    released = replace(call, ringing=left)
    return Step(released, events=(DevicesReleased(released, sessions, reason),))


def _end(call: Call, reason: EndReason, now: datetime) -> Step[Call]:
    established = call.state is ESTABLISHED
    ended = replace(
        call,
        state=FINISHED if established else FAILED,
        ringing=(),
        ring_deadline=None,
        transport=call.transport.given_up(),
        ended_at=now,
        end_reason=reason,
    )
    events: tuple[CallEvent, ...] = ((CallFinished if established else CallFailed)(ended, reason),)
    if call.ringing:
        events = (DevicesReleased(ended, call.ringing, reason), *events)
    return Step(ended, events=events)
