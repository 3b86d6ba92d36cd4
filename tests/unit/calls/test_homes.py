"""The room of a dialog is lost, fails, or is not what was thought. (A conference's is the same code.)"""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from ringback.calls.commands import RunMedia
from ringback.calls.dialogs.events import DialogFinished, DialogParticipantJoined
from ringback.calls.dialogs.model import DialogState
from ringback.calls.events import (
    CallFinished,
    EndpointHungUp,
    MediaLost,
    MediaSwitched,
    RoomFailed,
    RoomFound,
    RoomLost,
    RoomMoved,
    TransportReady,
)
from ringback.calls.home import FAILURES_APART
from ringback.calls.model import Call, CallState, EndReason, Participant, ParticipantState, Place
from ringback.calls.transport import transport_id
from ringback.media.commands import CloseParticipant, CloseRoom, Command, MapSlot, OpenRoom, Publish, Unpublish
from ringback.media.model import RoomSnapshot, SlotKind, Source, TransportSnapshot, TransportState
from ringback.testing.calls import CHILD, DIALOG, PARENT
from ringback.testing.media_rules import WorkerRules
from ringback.testing.media_snapshots import transport_snapshot
from ringback.testing.playbook import Output, TreePlaybook, like, runs
from tests.unit.calls.dialogs import ringing, talking


def on(worker: int, opening: int, *commands: Command) -> Output:
    return runs(RunMedia(worker, commands, opening))


def publish(participant: str, number: int, source: Source = Source.MICROPHONE) -> Publish:
    return Publish(room="dialog", participant=participant, publication=str(number), number=number, source=source)


def hears(participant: str, number: int | None) -> MapSlot:
    publication = None if number is None else str(number)
    return MapSlot(room="dialog", participant=participant, kind=SlotKind.AUDIO, index=0, publication=publication)


ALL_OF_IT = (OpenRoom(room="dialog"), publish("parent", 1), publish("child", 2), hears("parent", 2), hears("child", 1))
"""The room of two who talk."""


def both_finish() -> tuple[Output, ...]:
    return (
        *(side.becomes(CallState.FINISHED) for side in (PARENT, CHILD)),
        DIALOG.becomes(DialogState.FINISHED),
        *(side.says(CallFinished, reason=EndReason.SERVICE_UNAVAILABLE) for side in (PARENT, CHILD)),
        DIALOG.says(DialogFinished, reason=EndReason.SERVICE_UNAVAILABLE),
    )


def connected() -> TreePlaybook:
    play = talking()
    for side in (PARENT, CHILD):
        play.given(side, TransportReady(1))
    return play


def seen(*commands: Command) -> RoomSnapshot:
    """What a worker says after these."""
    worker = WorkerRules("boot")
    for number, command in enumerate(commands):
        worker.run(str(number), command)
    return worker.room_snapshots()[0]


def test_the_room_moves_to_another_worker_and_both_have_to_come_back() -> None:
    with connected() as play:
        play.tell(DIALOG, RoomMoved(1, 1))
        play.expect(
            PARENT.says(MediaLost, call=like(Call, place=Place(1, "dialog", 2))),
            CHILD.says(MediaLost, call=like(Call, place=Place(1, "dialog", 2))),
            on(1, 2, *ALL_OF_IT),
            on(0, 1, CloseRoom(room="dialog")),
        )
        for side in (PARENT, CHILD):
            play.tell(side, TransportReady(2))
            play.expect()
        assert {play.state(DIALOG).parent.state, play.state(DIALOG).child.state} == {ParticipantState.JOINED}


def test_the_same_worker_runs_again() -> None:
    with connected() as play:
        play.tell(DIALOG, RoomMoved(0, 1))
        play.expect(PARENT.says(MediaLost), CHILD.says(MediaLost), on(0, 2, *ALL_OF_IT))


def test_cameras_keep_their_numbers() -> None:
    play = connected()
    play.given(DIALOG, MediaSwitched("child", camera=True), MediaSwitched("child", camera=False))
    play.given(DIALOG, MediaSwitched("child", camera=True))
    with play:
        slots = play.state(DIALOG).room.slots_of("parent")
        play.tell(DIALOG, RoomMoved(0, 1))
        shows = MapSlot(room="dialog", participant="parent", kind=SlotKind.VIDEO, index=0, publication="4")
        opened, parent, child, *mapped = ALL_OF_IT
        play.expect(
            PARENT.says(MediaLost),
            CHILD.says(MediaLost),
            on(0, 2, opened, parent, child, publish("child", 4, Source.CAMERA), mapped[0], shows, mapped[1]),
        )
        assert play.state(DIALOG).room.slots_of("parent") == slots


def test_while_it_rings_only_the_caller_has_to_come_back() -> None:
    with ringing() as play:
        play.tell(DIALOG, RoomMoved(1, 1))
        play.expect(
            PARENT.says(MediaLost),
            on(1, 2, OpenRoom(room="dialog"), publish("parent", 1)),
            on(0, 1, CloseRoom(room="dialog")),
        )
        assert play.state(CHILD).place == Place(1, "dialog", 2)


@pytest.mark.parametrize("late", [RoomMoved(3, 1), RoomFailed(1), RoomLost(1), RoomFound(1, seen(ALL_OF_IT[0]))])
def test_what_is_said_of_an_earlier_opening_is_late(late: object) -> None:
    play = connected()
    play.given(DIALOG, RoomMoved(1, 1))
    with play:
        play.tell(DIALOG, late)
        play.expect()


def test_what_follows_goes_to_the_new_worker() -> None:
    play = connected()
    play.given(DIALOG, RoomMoved(1, 1))
    with play:
        play.tell(DIALOG, RoomLost(2))
        play.expect(*both_finish(), on(1, 2, CloseRoom(room="dialog")))


def test_a_room_that_fails_is_opened_once_more_on_its_worker() -> None:
    with connected() as play:
        play.tell(DIALOG, RoomFailed(1))
        play.expect(PARENT.says(MediaLost), CHILD.says(MediaLost), on(0, 2, *ALL_OF_IT))
        play.now += FAILURES_APART - timedelta(seconds=1)
        play.tell(DIALOG, RoomFailed(2))
        play.expect(*both_finish(), on(0, 2, CloseRoom(room="dialog")))


def test_a_room_that_fails_long_after_is_opened_again() -> None:
    play = connected()
    play.given(DIALOG, RoomFailed(1))
    with play:
        play.now += FAILURES_APART
        play.tell(DIALOG, RoomFailed(2))
        play.expect(PARENT.says(MediaLost), CHILD.says(MediaLost), on(0, 3, *ALL_OF_IT))


def test_a_room_that_is_as_it_should_be_is_left_alone() -> None:
    with talking() as play:
        play.tell(DIALOG, RoomFound(1, seen(*ALL_OF_IT)))
        play.expect()


def test_a_room_that_differs_is_brought_to_the_plan() -> None:
    with talking() as play:
        opened, parent, _, _, hears_parent = ALL_OF_IT
        before = (parent, publish("parent", 7, Source.CAMERA), publish("stranger", 8))
        play.tell(DIALOG, RoomFound(1, seen(opened, *before)))
        play.expect(
            on(
                *(0, 1),
                CloseParticipant(room="dialog", participant="stranger"),
                publish("child", 2),
                hears("parent", 2),
                hears_parent,
                Unpublish(room="dialog", publication="7"),
            )
        )


def with_transports(parent: TransportState | None, child: TransportState | None) -> RoomSnapshot:
    """The room as it should be, with the first connection of each in these states."""
    states = {"parent": parent, "child": child}
    room = seen(*ALL_OF_IT)
    return replace(
        room,
        participants=tuple(
            replace(each, transport=transport(each.participant, states[each.participant])) for each in room.participants
        ),
    )


def transport(call_id: str, state: TransportState | None) -> TransportSnapshot | None:
    if state is None:
        return None
    return transport_snapshot(transport_id(call_id, 1), state)


@pytest.mark.parametrize("state", [TransportState.CLOSED, TransportState.NEW, None])
def test_whose_transport_is_gone_has_to_come_back(state: TransportState | None) -> None:
    with connected() as play:
        play.tell(DIALOG, RoomFound(1, with_transports(TransportState.CONNECTED, state)))
        play.expect(CHILD.says(MediaLost))


def test_a_transport_that_came_up_unheard_is_up() -> None:
    with talking() as play:
        play.tell(DIALOG, RoomFound(1, with_transports(TransportState.CONNECTED, TransportState.NEW)))
        play.expect(DIALOG.says(DialogParticipantJoined, participant=like(Participant, id="parent")))
        assert play.state(PARENT).transport.connected


def test_a_room_that_nobody_is_left_for_is_not_compared() -> None:
    play = connected()
    play.given(PARENT, EndpointHungUp("browser"))
    with play:
        play.tell(DIALOG, RoomFound(1, seen(*ALL_OF_IT)))
        play.expect()
