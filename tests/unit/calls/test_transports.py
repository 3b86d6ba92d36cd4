"""A leg whose transport is lost: it comes back with the next connection, or ends."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from ringback.calls.events import (
    CallFinished,
    EndpointHungUp,
    MediaConnected,
    MediaLost,
    Moved,
    OfferMade,
    TransportLost,
    TransportMissing,
    TransportReady,
)
from ringback.calls.machine import step
from ringback.calls.model import Call, CallState, EndReason, Place
from ringback.calls.store import CALLS
from ringback.calls.transport import COMEBACK, FAULTS_APART, Transport, connection_of, transport_id
from ringback.kernel.errors import InvalidState
from ringback.kernel.steps import DeadlinePassed
from ringback.media.facts import TransportCloseReason
from ringback.testing.calls import DIALOG, accept, start_outbound
from ringback.testing.playbook import NOON, Output, Playbook, becomes, like, says, tells

ICE_TIMEOUT, DTLS_FAILED, PEER_CLOSED, FAULT = TransportCloseReason

MINUTE = timedelta(minutes=1)


def bob() -> Call:
    """Bob's leg after he answered on his phone; nothing is connected yet."""
    rings = replace(step(None, start_outbound(), NOON).state, state=CallState.RINGING, ringing=("phone",))
    return step(rings, accept("phone"), NOON).state


def connected() -> Call:
    return step(bob(), TransportReady(1), NOON).state


def expects(connection: int, **transport: object) -> Output:
    """The client hears that it has to come back, with this connection."""
    return says(MediaLost, call=like(Call, transport=like(Transport, connection=connection, **transport)))


FINISHES = (becomes(CallState.FINISHED), says(CallFinished, reason=EndReason.NETWORK_ERROR))


@pytest.mark.parametrize("reason", [ICE_TIMEOUT, DTLS_FAILED, FAULT])
def test_a_transport_that_was_up_is_built_again(reason: TransportCloseReason) -> None:
    with Playbook(step, connected()) as play:
        play.tell(TransportLost(1, reason))
        play.expect(expects(2, connected=False, deadline=NOON + COMEBACK))
        play.now += COMEBACK / 2
        play.tell(OfferMade(2))
        play.expect()
        play.tell(TransportReady(2))
        play.expect(tells(DIALOG, MediaConnected("child")))
        assert play.state.transport == like(Transport, connection=2, connected=True, deadline=None)
        assert CALLS.deadline(play.state) is None


@pytest.mark.parametrize("reason", [ICE_TIMEOUT, DTLS_FAILED])
def test_who_never_came_through_does_not_try_again(reason: TransportCloseReason) -> None:
    with Playbook(step, bob()) as play:
        play.tell(TransportLost(1, reason))
        play.expect(*FINISHES)


def test_a_fault_is_the_worker_s_even_before_anything_is_up() -> None:
    with Playbook(step, bob()) as play:
        play.tell(TransportLost(1, FAULT))
        play.expect(expects(2))


def test_a_fault_that_comes_again_soon_ends_the_call() -> None:
    with Playbook(step, connected()) as play:
        play.tell(TransportLost(1, FAULT))
        play.expect(expects(2))
        play.tell(TransportReady(2))
        play.expect(tells(DIALOG, MediaConnected("child")))
        play.now += FAULTS_APART - timedelta(seconds=1)
        play.tell(TransportLost(2, FAULT))
        play.expect(*FINISHES)


def test_a_fault_that_comes_again_later_does_not() -> None:
    with Playbook(step, connected()) as play:
        play.tell(TransportLost(1, FAULT))
        play.expect(expects(2))
        play.tell(TransportReady(2))
        play.expect(tells(DIALOG, MediaConnected("child")))
        play.now += FAULTS_APART
        play.tell(TransportLost(2, FAULT))
        play.expect(expects(3, deadline=play.now + COMEBACK))


def test_a_client_that_says_goodbye_is_gone() -> None:
    with Playbook(step, connected()) as play:
        play.tell(TransportLost(1, PEER_CLOSED))
        play.expect(*FINISHES)


def test_who_is_lost_again_on_the_way_back_gets_no_more_time() -> None:
    with Playbook(step, connected()) as play:
        play.tell(TransportLost(1, ICE_TIMEOUT))
        play.expect(expects(2, deadline=NOON + COMEBACK))
        play.now += timedelta(seconds=5)
        play.tell(Moved(Place(1, "dialog", 2)))
        play.expect(expects(3, deadline=NOON + COMEBACK))
        play.now = NOON + COMEBACK
        play.tell(DeadlinePassed())
        play.expect(*FINISHES)


def test_a_deadline_that_was_kept_ends_nothing() -> None:
    with Playbook(step, connected()) as play:
        play.tell(TransportLost(1, ICE_TIMEOUT))
        play.expect(expects(2))
        play.tell(TransportReady(2))
        play.expect(tells(DIALOG, MediaConnected("child")))
        play.now += COMEBACK
        play.tell(DeadlinePassed())
        play.expect()


def test_an_offer_of_an_older_connection_is_refused() -> None:
    with Playbook(step, connected()) as play:
        play.tell(Moved(Place(1, "dialog", 2)))
        play.expect(expects(2))
        play.refuses(OfferMade(1), InvalidState)
        play.tell(OfferMade(2))
        play.expect()


def test_a_client_may_make_a_new_connection_by_itself() -> None:
    with Playbook(step, connected()) as play:
        play.tell(OfferMade(2))
        play.expect()
        play.tell(TransportLost(1, ICE_TIMEOUT))  # the worker has let the old one go
        play.expect()
        play.tell(TransportReady(2))
        play.expect(tells(DIALOG, MediaConnected("child")))


@pytest.mark.parametrize("late", [TransportReady(1), *(TransportLost(1, reason) for reason in TransportCloseReason)])
def test_what_is_said_of_an_older_connection_is_late(late: TransportReady | TransportLost) -> None:
    with Playbook(step, connected()) as play:
        play.tell(Moved(Place(1, "dialog", 2)))
        play.expect(expects(2))
        play.tell(late)
        play.expect()


def test_a_leg_that_still_rings_moves_without_a_word() -> None:
    rings = replace(step(None, start_outbound(), NOON).state, state=CallState.RINGING, ringing=("phone",))
    with Playbook(step, rings) as play:
        play.tell(Moved(Place(1, "dialog", 2)))
        play.expect()
        assert (play.state.place, play.state.transport) == (Place(1, "dialog", 2), Transport())


def test_a_transport_that_is_missing_was_lost_if_it_was_up() -> None:
    with Playbook(step, bob()) as play:
        play.tell(TransportMissing())  # the offer is still on its way
        play.expect()
        play.tell(TransportReady(1))
        play.expect(tells(DIALOG, MediaConnected("child")))
        play.tell(TransportMissing())
        play.expect(expects(2))
        play.tell(TransportMissing())
        play.expect()


def test_nobody_waits_for_who_hung_up_on_the_way_back() -> None:
    with Playbook(step, connected()) as play:
        play.tell(TransportLost(1, ICE_TIMEOUT))
        play.expect(expects(2))
        play.tell(EndpointHungUp("phone"))
        play.expect(becomes(CallState.FINISHED), says(CallFinished, reason=EndReason.NORMAL_HANGUP))
        assert CALLS.deadline(play.state) is None


def test_a_transport_is_named_by_its_call_and_connection() -> None:
    assert transport_id("2f1c", 12) == "2f1c:12"
    assert connection_of(transport_id("2f1c", 12)) == 12
    assert len(transport_id("0" * 36, 2**31 - 1)) <= 64
