"""One leg: what each event does in each state, as short conversations."""

from datetime import timedelta
from typing import Final, get_args

import pytest
from msgspec.structs import replace

from ringback.calls.commands import AlertDevices
from ringback.calls.events import (
    CallEstablished,
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
    Moved,
    NoDeviceFound,
    OfferMade,
    SessionLost,
    StartCall,
    TransportLost,
    TransportMissing,
    TransportReady,
)
from ringback.calls.machine import REQUESTS, TRANSITIONS, step
from ringback.calls.model import Call, CallState, EndReason, Place
from ringback.calls.transport import COMEBACK
from ringback.kernel.errors import InvalidState
from ringback.kernel.steps import DeadlinePassed
from ringback.media.facts import TransportCloseReason
from ringback.testing.calls import RING_DEADLINE, accept, start_inbound, start_outbound
from ringback.testing.playbook import NOON, Playbook, becomes, like, runs, says

CALLING, RINGING, PRE_ESTABLISHED, ESTABLISHED, FINISHED, FAILED = CallState

UNANSWERED: Final = (CALLING, RINGING, PRE_ESTABLISHED)

ACCEPT: Final = accept("phone")
ELSEWHERE: Final = Place(1, "dialog", 2)
GOODBYE: Final = TransportLost(1, TransportCloseReason.PEER_CLOSED)
TRANSPORT_NEWS: Final = (
    Moved(ELSEWHERE),
    OfferMade(1),
    TransportReady(1),
    TransportMissing(),
    TransportLost(1, TransportCloseReason.FAULT),
)


def inbound(state: CallState = CALLING) -> Call:
    """Alice's leg; she called somebody from her browser."""
    return replace(step(None, start_inbound(), NOON).state, state=state)


def outbound(state: CallState = CALLING, *ringing: str) -> Call:
    """Bob's leg; it rings on these sessions."""
    return replace(step(None, start_outbound(), NOON).state, state=state, ringing=ringing)


def answered() -> Call:
    """Bob's leg after he answered on his phone."""
    return step(outbound(RINGING, "phone"), ACCEPT, NOON).state


def ended() -> Call:
    """Bob's leg after he hung up."""
    return step(answered(), EndpointHungUp("phone"), NOON).state


def away() -> Call:
    """Bob's leg when he should long have been back."""
    lost = step(answered(), Moved(ELSEWHERE), NOON - COMEBACK).state
    assert lost.transport.deadline == NOON
    return lost


# A leg begins.


def test_an_outbound_leg_looks_for_its_devices() -> None:
    with Playbook(step) as play:
        play.tell(start_outbound())
        play.expect(
            becomes(CALLING),
            says(CallStarted, call=like(Call, id="child", session=None, created_at=NOON, ring_deadline=RING_DEADLINE)),
            runs(AlertDevices("child")),
        )


def test_an_inbound_leg_has_its_session_already() -> None:
    with Playbook(step) as play:
        play.tell(start_inbound())
        play.expect(becomes(CALLING), says(CallStarted, call=like(Call, id="parent", session="browser")))


def test_nothing_happens_to_a_leg_before_it_begins() -> None:
    with Playbook(step) as play:
        for event in (ACCEPT, HangUp(EndReason.NORMAL_HANGUP), DeadlinePassed(), SessionLost("phone")):
            play.refuses(event, InvalidState)


def test_a_leg_begins_once() -> None:
    with Playbook(step, answered()) as play:
        play.tell(start_outbound())
        play.expect()


# The rows of the table: each pair of event and state with every state that it may lead to.

PAIRS: Final[list[tuple[Call, CallInput, CallState]]] = [
    (outbound(), DevicesFound(("laptop", "phone")), RINGING),
    (outbound(), NoDeviceFound(EndReason.DESTINATION_NOT_FOUND), FAILED),
    (inbound(), FarSideRings(), RINGING),
    (inbound(), FarSideAnswered(), ESTABLISHED),
    (inbound(RINGING), FarSideAnswered(), ESTABLISHED),
    (inbound(PRE_ESTABLISHED), FarSideAnswered(), ESTABLISHED),
    (outbound(RINGING, "phone"), ACCEPT, ESTABLISHED),
    (outbound(PRE_ESTABLISHED, "phone"), ACCEPT, ESTABLISHED),
    (outbound(RINGING, "laptop", "phone"), Decline("phone", on_all_devices=False), RINGING),
    (outbound(RINGING, "phone"), Decline("phone", on_all_devices=False), FAILED),
    (outbound(PRE_ESTABLISHED, "laptop", "phone"), Decline("phone", on_all_devices=False), PRE_ESTABLISHED),
    (outbound(PRE_ESTABLISHED, "laptop", "phone"), Decline("phone", on_all_devices=True), FAILED),
    (outbound(), HangUp(EndReason.CANCELLED), FAILED),
    (outbound(RINGING, "phone"), HangUp(EndReason.CANCELLED), FAILED),
    (outbound(PRE_ESTABLISHED, "phone"), HangUp(EndReason.CANCELLED), FAILED),
    (answered(), HangUp(EndReason.NORMAL_HANGUP), FINISHED),
    (inbound(), EndpointHungUp("browser"), FAILED),
    (inbound(RINGING), EndpointHungUp("browser"), FAILED),
    (outbound(RINGING, "laptop", "phone"), EndpointHungUp("phone"), RINGING),
    (inbound(PRE_ESTABLISHED), EndpointHungUp("browser"), FAILED),
    (outbound(PRE_ESTABLISHED, "laptop", "phone"), EndpointHungUp("phone"), PRE_ESTABLISHED),
    (answered(), EndpointHungUp("phone"), FINISHED),
    (outbound(), SessionLost("phone"), CALLING),
    (inbound(), SessionLost("browser"), FAILED),
    (outbound(RINGING, "laptop", "phone"), SessionLost("phone"), RINGING),
    (outbound(RINGING, "phone"), SessionLost("phone"), FAILED),
    (outbound(PRE_ESTABLISHED, "laptop", "phone"), SessionLost("phone"), PRE_ESTABLISHED),
    (outbound(PRE_ESTABLISHED, "phone"), SessionLost("phone"), FAILED),
    (answered(), SessionLost("another"), ESTABLISHED),
    (answered(), SessionLost("phone"), FINISHED),
    (outbound(), DeadlinePassed(), FAILED),
    (outbound(RINGING, "phone"), DeadlinePassed(), FAILED),
    (outbound(PRE_ESTABLISHED, "phone"), DeadlinePassed(), FAILED),
    *((inbound(state), DeadlinePassed(), state) for state in UNANSWERED),
    (answered(), DeadlinePassed(), ESTABLISHED),
    (away(), DeadlinePassed(), FINISHED),
    *((inbound(state), event, state) for state in UNANSWERED for event in TRANSPORT_NEWS),
    *((answered(), event, ESTABLISHED) for event in TRANSPORT_NEWS),
    *((inbound(state), GOODBYE, FAILED) for state in UNANSWERED),
    (answered(), GOODBYE, FINISHED),
]


def _pair(value: object) -> str | None:
    if isinstance(value, Call):
        return value.state.value
    return type(value).__name__ if isinstance(value, CallInput) else None


@pytest.mark.parametrize(("call", "event", "state"), PAIRS, ids=_pair)
def test_a_row_of_the_table(call: Call, event: CallInput, state: CallState) -> None:
    assert step(call, event, NOON).state.state is state


def test_the_rows_are_all_there() -> None:
    shown = {(type(event), call.state, state) for call, event, state in PAIRS}
    table = {
        (event, before, after)
        for event, pairs in TRANSITIONS.items()
        for before, allowed in pairs.items()
        for after in allowed
    }
    assert shown == table
    assert TRANSITIONS.keys() == set(get_args(CallInput)) - {StartCall}


# What does not fit.

ONE_OF_EACH: Final[dict[type, CallInput]] = {type(event): event for _, event, _ in PAIRS}


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("event", ONE_OF_EACH.values(), ids=lambda event: type(event).__name__)
def test_what_does_not_fit_is_refused_to_who_asks_and_ignored_as_news(event: CallInput, state: CallState) -> None:
    if state in TRANSITIONS[type(event)]:
        return
    with Playbook(step, outbound(state)) as play:
        if isinstance(event, REQUESTS):
            play.refuses(event, InvalidState)
        else:
            play.tell(event)
            play.expect()


@pytest.mark.parametrize("request_", [ACCEPT, Decline("phone", on_all_devices=True)], ids=["accept", "decline"])
def test_only_a_device_that_rings_can_answer_or_decline(request_: CallInput) -> None:
    with Playbook(step, outbound(RINGING, "laptop")) as play:
        play.refuses(request_, InvalidState)


@pytest.mark.parametrize("event", ONE_OF_EACH.values(), ids=lambda event: type(event).__name__)
def test_nothing_happens_to_a_leg_after_its_end(event: CallInput) -> None:
    with Playbook(step, ended()) as play:
        if isinstance(event, REQUESTS):
            play.refuses(event, InvalidState)
        else:
            play.tell(event)
            play.expect()


# What a leg says.


def test_it_rings_on_all_devices_at_once() -> None:
    with Playbook(step, outbound()) as play:
        play.tell(DevicesFound(("laptop", "phone")))
        play.expect(
            becomes(RINGING),
            says(CallRinging, call=like(Call, ringing=("laptop", "phone"), ring_deadline=RING_DEADLINE)),
        )
        play.tell(DevicesFound(("tablet",)))  # a command that was repeated after a crash found somebody new
        play.expect()


def test_answering_on_one_device_releases_the_others() -> None:
    with Playbook(step, outbound(RINGING, "laptop", "phone", "tablet")) as play:
        play.now = NOON + timedelta(seconds=5)
        play.tell(accept("phone", microphone=False, camera=True))
        play.expect(
            becomes(ESTABLISHED),
            says(DevicesReleased, sessions=("laptop", "tablet"), reason=EndReason.ANSWERED_ELSEWHERE),
            says(
                CallEstablished,
                call=like(
                    Call,
                    session="phone",
                    microphone=False,
                    camera=True,
                    ringing=(),
                    ring_deadline=None,
                    established_at=play.now,
                    end_reason=None,
                ),
            ),
        )
        play.refuses(accept("laptop"), InvalidState)


def test_the_only_device_answers() -> None:
    with Playbook(step, outbound(RINGING, "phone")) as play:
        play.tell(ACCEPT)
        play.expect(becomes(ESTABLISHED), says(CallEstablished, call=like(Call, session="phone")))


def test_declining_is_for_one_device() -> None:
    with Playbook(step, outbound(RINGING, "laptop", "phone")) as play:
        play.tell(Decline("laptop", on_all_devices=False))
        play.expect(says(DevicesReleased, sessions=("laptop",), reason=EndReason.REJECTED))
        play.refuses(Decline("laptop", on_all_devices=False), InvalidState)
        play.tell(Decline("phone", on_all_devices=False))
        play.expect(
            becomes(FAILED),
            says(DevicesReleased, sessions=("phone",), reason=EndReason.REJECTED),
            says(CallFailed, reason=EndReason.REJECTED, call=like(Call, end_reason=EndReason.REJECTED, ended_at=NOON)),
        )


def test_declining_can_be_for_all_devices() -> None:
    with Playbook(step, outbound(RINGING, "laptop", "phone")) as play:
        play.tell(Decline("laptop", on_all_devices=True))
        play.expect(
            becomes(FAILED),
            says(DevicesReleased, sessions=("laptop", "phone"), reason=EndReason.REJECTED),
            says(CallFailed, reason=EndReason.REJECTED),
        )


def test_hanging_up_while_it_rings_here_is_declining() -> None:
    with Playbook(step, outbound(RINGING, "laptop", "phone")) as play:
        play.tell(EndpointHungUp("phone"))
        play.expect(says(DevicesReleased, sessions=("phone",), reason=EndReason.REJECTED))


def test_a_device_that_disconnects_does_not_ring_any_more() -> None:
    with Playbook(step, outbound(RINGING, "laptop", "phone")) as play:
        play.tell(SessionLost("phone"))
        play.expect(says(DevicesReleased, sessions=("phone",), reason=EndReason.TEMPORARILY_UNAVAILABLE))
        play.tell(SessionLost("phone"))
        play.expect()
        play.tell(SessionLost("laptop"))
        play.expect(
            becomes(FAILED),
            says(DevicesReleased, sessions=("laptop",), reason=EndReason.TEMPORARILY_UNAVAILABLE),
            says(CallFailed, reason=EndReason.TEMPORARILY_UNAVAILABLE),
        )


def test_nobody_answers_in_time() -> None:
    with Playbook(step, outbound(RINGING, "laptop", "phone")) as play:
        play.tell(DeadlinePassed())
        play.expect(
            becomes(FAILED),
            says(DevicesReleased, sessions=("laptop", "phone"), reason=EndReason.NO_ANSWER),
            says(CallFailed, reason=EndReason.NO_ANSWER, call=like(Call, ringing=(), ring_deadline=None)),
        )


@pytest.mark.parametrize("reason", [EndReason.TEMPORARILY_UNAVAILABLE, EndReason.DESTINATION_NOT_FOUND])
def test_nobody_can_be_alerted(reason: EndReason) -> None:
    with Playbook(step, outbound()) as play:
        play.tell(NoDeviceFound(reason))
        play.expect(becomes(FAILED), says(CallFailed, reason=reason))


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (EndpointHungUp("browser"), EndReason.CANCELLED),
        (SessionLost("browser"), EndReason.NETWORK_ERROR),
        (HangUp(EndReason.REJECTED), EndReason.REJECTED),
    ],
    ids=_pair,
)
def test_a_leg_that_was_never_established_fails(event: CallInput, reason: EndReason) -> None:
    with Playbook(step, inbound(RINGING)) as play:
        play.tell(event)
        play.expect(
            becomes(FAILED), says(CallFailed, reason=reason, call=like(Call, end_reason=reason, established_at=None))
        )


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (EndpointHungUp("phone"), EndReason.NORMAL_HANGUP),
        (SessionLost("phone"), EndReason.NETWORK_ERROR),
        (HangUp(EndReason.MEDIA_ERROR), EndReason.MEDIA_ERROR),
    ],
    ids=_pair,
)
def test_an_established_leg_finishes(event: CallInput, reason: EndReason) -> None:
    with Playbook(step, answered()) as play:
        play.tell(event)
        play.expect(
            becomes(FINISHED),
            says(CallFinished, reason=reason, call=like(Call, end_reason=reason, ended_at=NOON, session="phone")),
        )
