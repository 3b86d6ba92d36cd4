"""Alice calls Bob: both calls and the dialog that joins them, as conversations."""

from datetime import timedelta
from typing import get_args

import pytest

from ringback.calls.commands import AlertDevices
from ringback.calls.dialogs.events import (
    DialogCreated,
    DialogEstablished,
    DialogFailed,
    DialogFinished,
    DialogInput,
    StartDialog,
)
from ringback.calls.dialogs.machine import TRANSITIONS
from ringback.calls.dialogs.model import DialogState
from ringback.calls.events import (
    CallEstablished,
    CallFailed,
    CallFinished,
    CallRinging,
    CallStarted,
    Decline,
    DevicesFound,
    DevicesReleased,
    EndpointHungUp,
    MediaConnected,
    NoDeviceFound,
    RoomLost,
    SessionLost,
    TransportLost,
)
from ringback.calls.model import Call, CallState, EndReason, Participant, ParticipantState
from ringback.kernel.errors import InvalidState
from ringback.kernel.steps import DeadlinePassed
from ringback.media.commands import OpenRoom
from ringback.media.facts import TransportCloseReason
from ringback.media.model import SlotKind, Source
from ringback.testing.calls import BOB, CHILD, DIALOG, KINDS, PARENT, RING_DEADLINE, accept, start_dialog
from ringback.testing.playbook import NOON, Actor, Output, TreePlaybook, like, runs
from tests.unit.calls.dialogs import CLOSES_THE_ROOM, calling, maps, media, publishes, ringing, talking


def released(*sessions: str, because: EndReason) -> Output:
    return CHILD.says(DevicesReleased, sessions=sessions, reason=because)


def fails(actor: Actor, because: EndReason) -> tuple[Output, Output]:
    return actor.becomes(CallState.FAILED), actor.says(CallFailed, reason=because)


def finishes(actor: Actor, because: EndReason) -> tuple[Output, Output]:
    return actor.becomes(CallState.FINISHED), actor.says(CallFinished, reason=because)


def dialog_fails(because: EndReason) -> tuple[Output, Output, Output]:
    return DIALOG.becomes(DialogState.FAILED), DIALOG.says(DialogFailed, reason=because), CLOSES_THE_ROOM


def dialog_finishes(because: EndReason) -> tuple[Output, Output, Output]:
    return DIALOG.becomes(DialogState.FINISHED), DIALOG.says(DialogFinished, reason=because), CLOSES_THE_ROOM


def test_the_table_knows_every_event() -> None:
    assert TRANSITIONS.keys() == set(get_args(DialogInput)) - {StartDialog}


# Beginning.


def test_a_dialog_begins_with_two_calls_and_the_caller_in_the_room() -> None:
    with TreePlaybook(KINDS) as play:
        play.tell(DIALOG, start_dialog())
        play.expect(
            DIALOG.becomes(DialogState.CREATED),
            PARENT.becomes(CallState.CALLING),
            CHILD.becomes(CallState.CALLING),
            DIALOG.says(DialogCreated),
            PARENT.says(CallStarted, call=like(Call, session="browser", ring_deadline=None, owner=DIALOG)),
            CHILD.says(CallStarted, call=like(Call, session=None, ring_deadline=RING_DEADLINE, owner=DIALOG)),
            media(OpenRoom(room="dialog"), publishes("parent", 1)),
            runs(AlertDevices("child")),
        )
        play.tell(DIALOG, start_dialog())
        play.expect()


def test_there_is_nothing_to_say_to_a_dialog_that_does_not_exist() -> None:
    with TreePlaybook(KINDS) as play:
        play.refuses(DIALOG, MediaConnected("parent"), InvalidState)


def test_the_caller_hears_that_it_rings() -> None:
    with calling() as play:
        play.tell(CHILD, DevicesFound(("laptop", "phone")))
        play.expect(
            CHILD.becomes(CallState.RINGING),
            PARENT.becomes(CallState.RINGING),
            CHILD.says(CallRinging, call=like(Call, ringing=("laptop", "phone"))),
            PARENT.says(CallRinging, call=like(Call, ringing=())),
        )


def test_answering_on_one_device_establishes_both_calls() -> None:
    with ringing() as play:
        play.now = NOON + timedelta(seconds=7)
        play.tell(CHILD, accept("phone"))
        play.expect(
            CHILD.becomes(CallState.ESTABLISHED),
            PARENT.becomes(CallState.ESTABLISHED),
            DIALOG.becomes(DialogState.ESTABLISHED),
            released("laptop", because=EndReason.ANSWERED_ELSEWHERE),
            CHILD.says(CallEstablished, call=like(Call, session="phone")),
            PARENT.says(CallEstablished, call=like(Call, session="browser")),
            DIALOG.says(DialogEstablished),
            media(
                publishes("child", 2),
                maps("parent", SlotKind.AUDIO, 2),
                maps("child", SlotKind.AUDIO, 1),
            ),
        )
        established = play.state(DIALOG)
        assert established.established_at == play.now
        assert established.child == Participant(
            id="child", endpoint=BOB, state=ParticipantState.JOINING, microphone=True, camera=False
        )
        assert established.other("parent") == established.child
        assert established.other("child") == established.parent


# Ending.


@pytest.mark.parametrize(("leaver", "session"), [(PARENT, "browser"), (CHILD, "phone")], ids=["caller", "callee"])
def test_either_side_hangs_up_and_both_calls_end(leaver: Actor, session: str) -> None:
    with talking() as play:
        play.tell(leaver, EndpointHungUp(session))
        other = CHILD if leaver == PARENT else PARENT
        play.expect(
            *finishes(leaver, EndReason.NORMAL_HANGUP),
            *dialog_finishes(EndReason.NORMAL_HANGUP),
            *finishes(other, EndReason.NORMAL_HANGUP),
        )
        assert play.state(DIALOG).end_reason is EndReason.NORMAL_HANGUP
        play.tell(other, EndpointHungUp("phone"))
        play.expect()


def test_the_callee_declines_everywhere() -> None:
    with ringing() as play:
        play.tell(CHILD, Decline("phone", on_all_devices=True))
        play.expect(
            released("laptop", "phone", because=EndReason.REJECTED),
            *fails(CHILD, EndReason.REJECTED),
            *dialog_fails(EndReason.REJECTED),
            *fails(PARENT, EndReason.REJECTED),
        )


def test_declining_on_one_device_and_answering_on_the_other() -> None:
    play = calling()
    play.given(CHILD, DevicesFound(("laptop", "phone", "tablet")))
    with play:
        play.tell(CHILD, Decline("laptop", on_all_devices=False))
        play.expect(released("laptop", because=EndReason.REJECTED))
        play.tell(CHILD, accept("phone", camera=True))
        play.expect(
            CHILD.becomes(CallState.ESTABLISHED),
            PARENT.becomes(CallState.ESTABLISHED),
            DIALOG.becomes(DialogState.ESTABLISHED),
            released("tablet", because=EndReason.ANSWERED_ELSEWHERE),
            CHILD.says(CallEstablished),
            PARENT.says(CallEstablished),
            DIALOG.says(DialogEstablished),
            media(
                publishes("child", 2),
                publishes("child", 3, Source.CAMERA),
                maps("parent", SlotKind.AUDIO, 2),
                maps("parent", SlotKind.VIDEO, 3),
                maps("child", SlotKind.AUDIO, 1),
            ),
        )
        play.refuses(CHILD, accept("tablet"), InvalidState)


def test_the_caller_cancels() -> None:
    with ringing() as play:
        play.tell(PARENT, EndpointHungUp("browser"))
        play.expect(
            *fails(PARENT, EndReason.CANCELLED),
            *dialog_fails(EndReason.CANCELLED),
            released("laptop", "phone", because=EndReason.CANCELLED),
            *fails(CHILD, EndReason.CANCELLED),
        )
        assert EndReason.CANCELLED.id == 10202
        play.refuses(CHILD, accept("phone"), InvalidState)


def test_the_caller_cancels_before_anybody_rings() -> None:
    with calling() as play:
        play.tell(PARENT, EndpointHungUp("browser"))
        play.expect(
            *fails(PARENT, EndReason.CANCELLED),
            *dialog_fails(EndReason.CANCELLED),
            *fails(CHILD, EndReason.CANCELLED),
        )
        play.tell(CHILD, DevicesFound(("phone",)))  # found too late: it must not ring
        play.expect()


def test_nobody_answers() -> None:
    with ringing() as play:
        play.tell(CHILD, DeadlinePassed())
        play.expect(
            released("laptop", "phone", because=EndReason.NO_ANSWER),
            *fails(CHILD, EndReason.NO_ANSWER),
            *dialog_fails(EndReason.NO_ANSWER),
            *fails(PARENT, EndReason.NO_ANSWER),
        )
        assert EndReason.NO_ANSWER.id == 10200


@pytest.mark.parametrize(
    ("reason", "id"), [(EndReason.TEMPORARILY_UNAVAILABLE, 10204), (EndReason.DESTINATION_NOT_FOUND, 10303)]
)
def test_the_callee_is_not_connected_or_not_known(reason: EndReason, id: int) -> None:
    with calling() as play:
        play.tell(CHILD, NoDeviceFound(reason))
        play.expect(*fails(CHILD, reason), *dialog_fails(reason), *fails(PARENT, reason))
        assert reason.id == id


def test_the_caller_disconnects_while_it_rings() -> None:
    with ringing() as play:
        play.tell(PARENT, SessionLost("browser"))
        play.expect(
            *fails(PARENT, EndReason.NETWORK_ERROR),
            *dialog_fails(EndReason.NETWORK_ERROR),
            released("laptop", "phone", because=EndReason.CANCELLED),
            *fails(CHILD, EndReason.CANCELLED),
        )


def test_the_last_ringing_device_disconnects() -> None:
    with ringing() as play:
        play.tell(CHILD, SessionLost("laptop"))
        play.expect(released("laptop", because=EndReason.TEMPORARILY_UNAVAILABLE))
        play.tell(CHILD, SessionLost("phone"))
        play.expect(
            released("phone", because=EndReason.TEMPORARILY_UNAVAILABLE),
            *fails(CHILD, EndReason.TEMPORARILY_UNAVAILABLE),
            *dialog_fails(EndReason.TEMPORARILY_UNAVAILABLE),
            *fails(PARENT, EndReason.TEMPORARILY_UNAVAILABLE),
        )


@pytest.mark.parametrize(("loser", "session"), [(PARENT, "browser"), (CHILD, "phone")], ids=["caller", "callee"])
def test_a_side_disconnects_in_the_call(loser: Actor, session: str) -> None:
    with talking() as play:
        play.tell(loser, SessionLost("laptop"))  # another device of somebody: nothing to do with it any more
        play.expect()
        play.tell(loser, SessionLost(session))
        play.expect(
            *finishes(loser, EndReason.NETWORK_ERROR),
            *dialog_finishes(EndReason.NETWORK_ERROR),
            *finishes(CHILD if loser == PARENT else PARENT, EndReason.NETWORK_ERROR),
        )


def test_the_worker_is_lost_while_it_rings() -> None:
    with ringing() as play:
        play.tell(DIALOG, RoomLost(1))
        play.expect(
            *fails(PARENT, EndReason.SERVICE_UNAVAILABLE),
            released("laptop", "phone", because=EndReason.SERVICE_UNAVAILABLE),
            *fails(CHILD, EndReason.SERVICE_UNAVAILABLE),
            *dialog_fails(EndReason.SERVICE_UNAVAILABLE),
        )
        assert EndReason.SERVICE_UNAVAILABLE.id == 10309


def test_the_worker_is_lost_in_the_call() -> None:
    with talking() as play:
        play.tell(DIALOG, RoomLost(1))
        play.expect(
            *finishes(PARENT, EndReason.SERVICE_UNAVAILABLE),
            *finishes(CHILD, EndReason.SERVICE_UNAVAILABLE),
            *dialog_finishes(EndReason.SERVICE_UNAVAILABLE),
        )
        play.tell(DIALOG, RoomLost(1))
        play.expect()


@pytest.mark.parametrize("loser", [PARENT, CHILD], ids=["caller", "callee"])
def test_the_browser_of_a_side_says_goodbye(loser: Actor) -> None:
    with talking() as play:
        play.tell(loser, TransportLost(1, TransportCloseReason.PEER_CLOSED))
        play.expect(
            *finishes(loser, EndReason.NETWORK_ERROR),
            *dialog_finishes(EndReason.NETWORK_ERROR),
            *finishes(CHILD if loser == PARENT else PARENT, EndReason.NETWORK_ERROR),
        )
        assert EndReason.NETWORK_ERROR.id == 10308
        play.tell(loser, TransportLost(1, TransportCloseReason.PEER_CLOSED))
        play.expect()


def test_the_caller_cannot_be_connected_while_it_rings() -> None:
    with ringing() as play:
        play.tell(PARENT, TransportLost(1, TransportCloseReason.ICE_TIMEOUT))
        play.expect(
            *fails(PARENT, EndReason.NETWORK_ERROR),
            *dialog_fails(EndReason.NETWORK_ERROR),
            released("laptop", "phone", because=EndReason.CANCELLED),
            *fails(CHILD, EndReason.CANCELLED),
        )
