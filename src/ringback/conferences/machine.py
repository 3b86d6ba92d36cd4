"""The conference machine: who is in, and what each of them receives.

Contract as of `calls/machine.py`. A conference is told every event of its calls in the transaction in which they
happen.
"""

from datetime import datetime
from typing import Final, assert_never

from msgspec.structs import replace

from ringback.calls.commands import run_media
from ringback.calls.events import (
    CallEstablished,
    CallFailed,
    CallFinished,
    CallRinging,
    CallStarted,
    DevicesReleased,
    FarSideAnswered,
    MediaConnected,
    MediaLost,
    MediaSwitched,
    RoomFailed,
    RoomFound,
    RoomLost,
    RoomMoved,
    SlotsChanged,
    StartCall,
)
from ringback.calls.home import Home, settle
from ringback.calls.model import Direction, Participant, ParticipantState, Place
from ringback.conferences.events import (
    ConferenceCreated,
    ConferenceEnded,
    ConferenceEvent,
    ConferenceInput,
    Join,
    ParticipantJoined,
    ParticipantJoining,
    ParticipantLeft,
    ParticipantUpdated,
    PresenterReplaced,
)
from ringback.conferences.model import Conference, ConferenceState
from ringback.kernel.errors import InvalidState, RoomFull
from ringback.kernel.steps import Ref, Step, Tell
from ringback.media import room

ACTIVE, ENDED = ConferenceState

TRANSITIONS: Final[dict[type[ConferenceInput], dict[ConferenceState, tuple[ConferenceState, ...]]]] = {
    # event: {state: states it may lead to}. A pair that is not here changes nothing (or, for `Join`, is illegal).
    Join: {ACTIVE: (ACTIVE,)},
    CallFinished: {ACTIVE: (ACTIVE, ENDED)},
    CallFailed: {ACTIVE: (ACTIVE, ENDED)},
    MediaConnected: {ACTIVE: (ACTIVE,)},
    MediaSwitched: {ACTIVE: (ACTIVE,)},
    RoomMoved: {ACTIVE: (ACTIVE,)},
    RoomFailed: {ACTIVE: (ACTIVE,)},
    RoomFound: {ACTIVE: (ACTIVE,)},
    RoomLost: {ACTIVE: (ACTIVE,)},
    CallStarted: {},
    CallRinging: {},
    CallEstablished: {},
    DevicesReleased: {},
    MediaLost: {},
}


def step(conference: Conference | None, event: ConferenceInput, now: datetime) -> Step[Conference]:
    """One event in the life of a conference.

    Raises `RoomFull`, and `InvalidState` for joining what has ended.
    """
    if conference is None:
        if not isinstance(event, Join):
            raise InvalidState("the conference does not exist")
        return _begin(event, now)
    if conference.state not in TRANSITIONS[type(event)]:
        if isinstance(event, Join):
            raise InvalidState("the conference has ended")
        return Step(conference)
    taken = _take(conference, event, now)
    assert taken.state.state in TRANSITIONS[type(event)][conference.state], (conference.state, event)
    return taken


def _begin(event: Join, now: datetime) -> Step[Conference]:
    opened = room.open_room(event.conference, echo=event.echo)
    conference = Conference(
        id=event.conference,
        account_id=event.account_id,
        name=event.name,
        state=ACTIVE,
        home=Home(Place(event.worker, event.conference)),
        room=opened.plan,
        created_at=now,
    )
    joined = _join(conference, event)
    return Step(
        joined.state,
        events=(ConferenceCreated(conference), *joined.events),
        tells=joined.tells,
        commands=(*run_media(conference.home.place, opened.commands), *joined.commands),
    )


def _take(conference: Conference, event: ConferenceInput, now: datetime) -> Step[Conference]:
    match event:
        case Join():
            return _join(conference, event)
        case MediaConnected(call_id) if call_id in conference.participants:
            return _update(conference, conference.participants[call_id].joined())
        case MediaSwitched(call_id, microphone, camera, screen) if call_id in conference.participants:
            participant = conference.participants[call_id]
            after = participant.switched(microphone=microphone, camera=camera, screen=screen)
            return _present(conference, after) if screen else _update(conference, after)
        case CallFinished(call, _) | CallFailed(call, _):
            return _leave(conference, call.id, now)
        case RoomMoved() | RoomFailed() | RoomFound() | RoomLost():
            settled = settle(conference.home, conference.room, conference.participants, event, now)
            return Step(replace(conference, home=settled.home), tells=settled.tells, commands=settled.commands)
        case CallStarted() | CallRinging() | CallEstablished() | DevicesReleased() | MediaLost():
            return Step(conference)
        case MediaSwitched() | MediaConnected():  # of somebody who is not here
            return Step(conference)
        case _:
            assert_never(event)


def _join(conference: Conference, event: Join) -> Step[Conference]:
    if len(conference.participants) >= event.places:
        raise RoomFull
    participant = Participant(
        id=event.call,
        endpoint=event.endpoint,
        state=ParticipantState.JOINING,
        microphone=event.microphone,
        camera=event.camera,
    )
    change = room.join(conference.room, event.call, camera=event.camera)
    joined = replace(
        conference, room=change.plan, participants={**conference.participants, participant.id: participant}
    )
    call = Ref("call", event.call)
    start = StartCall(
        id=event.call,
        account_id=event.account_id,
        direction=Direction.INBOUND,
        endpoint=event.endpoint,
        caller=event.endpoint,
        owner=Ref("conference", conference.id),
        place=conference.home.place,
        microphone=event.microphone,
        camera=event.camera,
        custom_data=event.custom_data,
        session=event.session,
    )
    return Step(
        joined,
        events=(ParticipantJoining(joined, participant), *_remapped(conference, change, joined)),
        tells=(Tell(call, start), Tell(call, FarSideAnswered())),
        commands=run_media(conference.home.place, change.commands),
    )


def _update(conference: Conference, after: Participant) -> Step[Conference]:
    before = conference.participants[after.id]
    if after == before:
        return Step(conference)
    change = room.switch_video(conference.room, after.id, camera=after.camera, screen=after.screen)
    updated = replace(conference, room=change.plan, participants={**conference.participants, after.id: after})
    kind = ParticipantJoined if after.state is not before.state else ParticipantUpdated
    return Step(
        updated,
        events=(kind(updated, after), *_remapped(conference, change, updated)),
        commands=run_media(conference.home.place, change.commands),
    )


def _present(conference: Conference, presenter: Participant) -> Step[Conference]:
    """One presents at a time, the latest: everybody has one slot for a screen."""
    replaced = [
        participant
        for participant in conference.participants.values()
        if participant.screen and participant.id != presenter.id
    ]
    events: list[object] = []
    commands: list[object] = []
    for participant in replaced:
        ended = participant.switched(screen=False)
        step = _update(conference, ended)
        conference = step.state
        events += [*step.events, PresenterReplaced(conference, ended)]
        commands += step.commands
    step = _update(conference, presenter)
    return Step(step.state, events=(*events, *step.events), commands=(*commands, *step.commands))


def _leave(conference: Conference, call_id: str, now: datetime) -> Step[Conference]:
    gone = conference.participants[call_id]
    left = {id: participant for id, participant in conference.participants.items() if id != call_id}
    change = room.leave(conference.room, call_id) if left else room.close_room(conference.room)
    after = replace(conference, room=change.plan, participants=left)
    if left:
        events: tuple[ConferenceEvent, ...] = (
            ParticipantLeft(after, gone),
            *_remapped(conference, change, after),
        )
    else:
        after = replace(after, state=ENDED, ended_at=now)
        events = (ParticipantLeft(after, gone), ConferenceEnded(after))
    return Step(after, events=events, commands=run_media(conference.home.place, change.commands))


def _remapped(before: Conference, change: room.Change, after: Conference) -> tuple[ConferenceEvent, ...]:
    """Who still is joining learns its slots when it has joined."""
    joined = tuple(id for id in change.remapped(before.room) if after.participants[id].state is ParticipantState.JOINED)
    return (SlotsChanged(change.plan, joined),) if joined else ()
