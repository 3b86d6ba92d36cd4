"""Rooms: who comes and goes, what the others hear of it, and what they receive."""

from datetime import timedelta
from typing import get_args

import pytest

from ringback.calls.commands import RunMedia
from ringback.calls.events import (
    CallEstablished,
    CallFinished,
    CallStarted,
    EndpointHungUp,
    MediaConnected,
    MediaSwitched,
    RoomLost,
    SessionLost,
    TransportLost,
)
from ringback.calls.model import Call, CallState, Direction, EndReason, Participant, ParticipantState
from ringback.conferences.events import (
    ConferenceCreated,
    ConferenceEnded,
    ConferenceInput,
    ParticipantJoined,
    ParticipantJoining,
    ParticipantLeft,
    ParticipantUpdated,
)
from ringback.conferences.machine import TRANSITIONS
from ringback.conferences.model import Conference, ConferenceState
from ringback.kernel.errors import InvalidState, RoomFull
from ringback.media.commands import CloseParticipant, CloseRoom, Command, MapSlot, OpenRoom, Publish, Unpublish
from ringback.media.facts import TransportCloseReason
from ringback.media.model import SlotKind, Source
from ringback.media.room import SlotMapping
from ringback.testing.calls import KINDS, ROOM, WORKER, call, join, remaps
from ringback.testing.playbook import NOON, Output, TreePlaybook, like, runs


def media(*commands: Command) -> Output:
    """Commands for the room's worker."""
    return runs(RunMedia(WORKER, commands))


def publishes(participant: str, number: int, source: Source = Source.MICROPHONE) -> Command:
    return Publish(room="room", participant=participant, publication=str(number), number=number, source=source)


def hears(participant: str, index: int, publication: int) -> Command:
    return maps(participant, SlotKind.AUDIO, index, publication)


def sees(participant: str, index: int, publication: int) -> Command:
    return maps(participant, SlotKind.VIDEO, index, publication)


def maps(participant: str, kind: SlotKind, index: int, publication: int) -> Command:
    return MapSlot(room="room", participant=participant, kind=kind, index=index, publication=str(publication))


def slot(index: int, participant: str, microphone: int, camera: int | None = None) -> SlotMapping:
    return SlotMapping(index=index, participant_id=participant, microphone=microphone, camera=camera)


def comes_in(who: str) -> tuple[Output, ...]:
    """What everybody's coming in is made of, besides the room itself."""
    leg = call(who)
    started = like(
        Call, id=who, direction=Direction.INBOUND, session=f"{who}'s browser", owner=ROOM, ring_deadline=None
    )
    return leg.becomes(CallState.ESTABLISHED), leg.says(CallStarted, call=started), leg.says(CallEstablished)


def room_with(*joined: str) -> TreePlaybook:
    """These have come in, in this order, and their media is connected."""
    play = TreePlaybook(KINDS)
    for who in joined:
        play.given(ROOM, join(who), MediaConnected(who))
    return play


def test_the_table_knows_every_event() -> None:
    assert TRANSITIONS.keys() == set(get_args(ConferenceInput))


# Coming in.


def test_the_first_one_begins_the_room() -> None:
    with TreePlaybook(KINDS) as play:
        play.tell(ROOM, join("ann", camera=True))
        play.expect(
            ROOM.becomes(ConferenceState.ACTIVE),
            ROOM.says(ConferenceCreated, conference=like(Conference, name="standup", participants={})),
            ROOM.says(
                ParticipantJoining,
                participant=like(Participant, id="ann", state=ParticipantState.JOINING, microphone=True, camera=True),
            ),
            *comes_in("ann"),
            media(OpenRoom(room="room")),
            media(
                publishes("ann", 1),
                publishes("ann", 2, Source.CAMERA),
            ),
        )


def test_nobody_else_begins_a_room() -> None:
    with TreePlaybook(KINDS) as play:
        play.refuses(ROOM, MediaConnected("ann"), InvalidState)


def test_somebody_is_joined_when_the_media_is_connected() -> None:
    with room_with("ann") as play:
        play.tell(ROOM, join("ben"))
        play.expect(
            ROOM.says(ParticipantJoining, participant=like(Participant, id="ben", state=ParticipantState.JOINING)),
            remaps(ROOM, {"ann": (slot(0, "ben", 2),)}),
            *comes_in("ben"),
            media(
                publishes("ben", 2),
                hears("ann", 0, 2),
                hears("ben", 0, 1),
            ),
        )
        play.tell(ROOM, MediaConnected("ben"))
        play.expect(
            ROOM.says(ParticipantJoined, participant=like(Participant, id="ben", state=ParticipantState.JOINED))
        )
        play.tell(ROOM, MediaConnected("ben"))  # workers repeat their facts
        play.expect()


CAT_BESIDE_ANN_AND_BEN = media(
    publishes("cat", 3),
    hears("ann", 1, 3),
    hears("ben", 1, 3),
    hears("cat", 0, 1),
    hears("cat", 1, 2),
)


def test_the_third_one_is_received_in_the_next_slot_and_receives_both() -> None:
    with room_with("ann", "ben") as play:
        play.tell(ROOM, join("cat"))
        play.expect(
            ROOM.says(ParticipantJoining, participant=like(Participant, id="cat")),
            remaps(
                ROOM,
                {
                    "ann": (slot(0, "ben", 2), slot(1, "cat", 3)),
                    "ben": (slot(0, "ann", 1), slot(1, "cat", 3)),
                },
            ),
            *comes_in("cat"),
            CAT_BESIDE_ANN_AND_BEN,
        )


def test_who_is_still_joining_learns_its_slots_only_when_it_has_joined() -> None:
    play = room_with("ann")
    play.given(ROOM, join("ben"))
    with play:
        play.tell(ROOM, join("cat"))
        play.expect(
            ROOM.says(ParticipantJoining, participant=like(Participant, id="cat")),
            remaps(ROOM, {"ann": (slot(0, "ben", 2), slot(1, "cat", 3))}),
            *comes_in("cat"),
            CAT_BESIDE_ANN_AND_BEN,
        )
        play.tell(ROOM, MediaConnected("ben"))
        play.expect(ROOM.says(ParticipantJoined, participant=like(Participant, id="ben")))
        assert play.state(ROOM).room.slots_of("ben") == (slot(0, "ann", 1), slot(1, "cat", 3))


def test_whoever_comes_into_a_large_room_costs_one_row_of_commands() -> None:
    play = room_with()
    for number in range(48):
        play.given(ROOM, join(f"p{number}", camera=True))
    [(_, row)] = play.trees.tell(ROOM, join("ann", camera=True), NOON).commands
    assert isinstance(row, RunMedia)
    publications, everybody_sees_her, she_sees_everybody, she_hears_the_loudest = 2, 48, 48, 3
    assert len(row.commands) == publications + everybody_sees_her + she_sees_everybody + she_hears_the_loudest
    assert play.trees.tell(ROOM, MediaConnected("ann"), NOON).commands == []


def test_a_full_room_takes_nobody() -> None:
    with room_with("ann", "ben", "cat", "dan") as play:
        play.refuses(ROOM, join("eve", places=4), RoomFull)
        play.given(call("ben"), EndpointHungUp("ben's browser"))
        play.given(ROOM, join("eve", places=4))
        assert list(play.state(ROOM).participants) == ["ann", "cat", "dan", "eve"]


# Going.


def test_one_of_three_leaves_and_the_others_keep_their_slots() -> None:
    with room_with("ann", "ben", "cat") as play:
        play.tell(call("ben"), EndpointHungUp("ben's browser"))
        play.expect(
            call("ben").becomes(CallState.FINISHED),
            call("ben").says(CallFinished, reason=EndReason.NORMAL_HANGUP),
            ROOM.says(ParticipantLeft, participant=like(Participant, id="ben")),
            remaps(ROOM, {"ann": (slot(1, "cat", 3),), "cat": (slot(0, "ann", 1),)}),
            media(CloseParticipant(room="room", participant="ben")),
        )


def test_the_room_ends_with_the_last_one() -> None:
    with room_with("ann") as play:
        play.now = NOON + timedelta(minutes=10)
        play.tell(call("ann"), EndpointHungUp("ann's browser"))
        play.expect(
            call("ann").becomes(CallState.FINISHED),
            ROOM.becomes(ConferenceState.ENDED),
            call("ann").says(CallFinished, reason=EndReason.NORMAL_HANGUP),
            ROOM.says(ParticipantLeft, participant=like(Participant, id="ann")),
            ROOM.says(ConferenceEnded, conference=like(Conference, participants={}, ended_at=play.now)),
            media(CloseRoom(room="room")),
        )
        play.refuses(ROOM, join("ben"), InvalidState)
        for late in (MediaConnected("ann"), MediaSwitched("ann", True, True), RoomLost(1)):
            play.tell(ROOM, late)
            play.expect()


def test_somebody_leaves_before_the_media_was_ever_connected() -> None:
    play = room_with("ann")
    play.given(ROOM, join("ben"))
    with play:
        play.tell(call("ben"), SessionLost("ben's browser"))
        play.expect(
            call("ben").becomes(CallState.FINISHED),
            call("ben").says(CallFinished, reason=EndReason.NETWORK_ERROR),
            ROOM.says(ParticipantLeft, participant=like(Participant, id="ben", state=ParticipantState.JOINING)),
            remaps(ROOM, {"ann": ()}),
            media(CloseParticipant(room="room", participant="ben")),
        )


def test_who_comes_back_is_somebody_new() -> None:
    with room_with("ann", "ben") as play:
        play.given(call("ben"), EndpointHungUp("ben's browser"))
        play.tell(ROOM, join("ben again"))
        play.expect(
            ROOM.says(ParticipantJoining, participant=like(Participant, id="ben again")),
            remaps(ROOM, {"ann": (slot(0, "ben again", 3),)}),
            *comes_in("ben again"),
            media(
                publishes("ben again", 3),
                hears("ann", 0, 3),
                hears("ben again", 0, 1),
            ),
        )


def test_the_same_session_can_be_in_a_room_twice() -> None:
    with room_with("ann") as play:
        play.given(ROOM, join("second tab", session="ann's browser"))
        play.tell(call("ann"), EndpointHungUp("ann's browser"))
        play.expect(
            call("ann").becomes(CallState.FINISHED),
            call("ann").says(CallFinished),
            ROOM.says(ParticipantLeft, participant=like(Participant, id="ann")),
            media(CloseParticipant(room="room", participant="ann")),
        )


def test_who_says_goodbye_ends_one_call() -> None:
    with room_with("ann", "ben") as play:
        play.tell(call("ben"), TransportLost(1, TransportCloseReason.PEER_CLOSED))
        play.expect(
            call("ben").becomes(CallState.FINISHED),
            call("ben").says(CallFinished, reason=EndReason.NETWORK_ERROR),
            ROOM.says(ParticipantLeft, participant=like(Participant, id="ben")),
            remaps(ROOM, {"ann": ()}),
            media(CloseParticipant(room="room", participant="ben")),
        )


def test_a_lost_worker_ends_all_calls_and_the_room() -> None:
    with room_with("ann", "ben") as play:
        play.tell(ROOM, RoomLost(1))
        play.expect(
            call("ann").becomes(CallState.FINISHED),
            call("ben").becomes(CallState.FINISHED),
            ROOM.becomes(ConferenceState.ENDED),
            call("ann").says(CallFinished, reason=EndReason.SERVICE_UNAVAILABLE),
            call("ben").says(CallFinished, reason=EndReason.SERVICE_UNAVAILABLE),
            ROOM.says(ParticipantLeft, participant=like(Participant, id="ann")),
            remaps(ROOM, {"ben": ()}),
            ROOM.says(ParticipantLeft, participant=like(Participant, id="ben")),
            ROOM.says(ConferenceEnded),
            media(CloseParticipant(room="room", participant="ann")),
            media(CloseRoom(room="room")),
        )


# Media.


def test_muting_changes_nothing_but_the_sign() -> None:
    with room_with("ann", "ben") as play:
        play.tell(ROOM, MediaSwitched("ben", microphone=False, camera=None))
        play.expect(ROOM.says(ParticipantUpdated, participant=like(Participant, id="ben", microphone=False)))
        play.tell(ROOM, MediaSwitched("ben", microphone=False, camera=False))
        play.expect()


def test_the_camera_goes_on_and_off_in_the_slot_of_the_microphone() -> None:
    with room_with("ann", "ben", "cat") as play:
        play.tell(ROOM, MediaSwitched("cat", microphone=None, camera=True))
        play.expect(
            ROOM.says(ParticipantUpdated, participant=like(Participant, id="cat", camera=True)),
            remaps(
                ROOM,
                {
                    "ann": (slot(0, "ben", 2), slot(1, "cat", 3, 4)),
                    "ben": (slot(0, "ann", 1), slot(1, "cat", 3, 4)),
                },
            ),
            media(
                publishes("cat", 4, Source.CAMERA),
                sees("ann", 1, 4),
                sees("ben", 1, 4),
            ),
        )
        play.tell(ROOM, MediaSwitched("cat", microphone=None, camera=False))
        play.expect(
            ROOM.says(ParticipantUpdated, participant=like(Participant, id="cat", camera=False)),
            remaps(
                ROOM,
                {
                    "ann": (slot(0, "ben", 2), slot(1, "cat", 3)),
                    "ben": (slot(0, "ann", 1), slot(1, "cat", 3)),
                },
            ),
            media(Unpublish(room="room", publication="4")),
        )


@pytest.mark.parametrize("event", [MediaSwitched("eve", True, True), MediaConnected("eve")], ids=["switch", "connect"])
def test_nothing_is_known_of_who_is_not_in(event: object) -> None:
    with room_with("ann") as play:
        play.tell(ROOM, event)
        play.expect()
