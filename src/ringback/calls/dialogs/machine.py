"""The dialog machine: what one side does, done to the other.

Contract as of `calls/machine.py`. A dialog is told every event of its two calls in the transaction in which they
happen.
"""

from datetime import datetime
from typing import Final, assert_never

from msgspec.structs import replace

from ringback.calls.commands import run_media
from ringback.calls.dialogs.events import (
    DialogCreated,
    DialogEstablished,
    DialogEvent,
    DialogFailed,
    DialogFinished,
    DialogInput,
    DialogParticipantJoined,
    DialogParticipantUpdated,
    StartDialog,
)
from ringback.calls.dialogs.model import Dialog, DialogState
from ringback.calls.events import (
    CallEstablished,
    CallFailed,
    CallFinished,
    CallRinging,
    CallStarted,
    DevicesReleased,
    FarSideAnswered,
    FarSideRings,
    HangUp,
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
from ringback.calls.model import Call, Direction, EndReason, Participant, ParticipantState, Place
from ringback.kernel.errors import InvalidState
from ringback.kernel.steps import Ref, Step, Tell
from ringback.media import room

CREATED, PRE_ESTABLISHED, ESTABLISHED, FINISHED, FAILED = DialogState

_LIVE: Final = (CREATED, PRE_ESTABLISHED, ESTABLISHED)

TRANSITIONS: Final[dict[type[DialogInput], dict[DialogState, tuple[DialogState, ...]]]] = {
    # event: {state: states it may lead to}. A pair that is not here changes nothing.
    CallRinging: {CREATED: (CREATED,)},
    CallEstablished: {CREATED: (CREATED, ESTABLISHED), PRE_ESTABLISHED: (PRE_ESTABLISHED, ESTABLISHED)},
    CallFinished: {CREATED: (FAILED,), PRE_ESTABLISHED: (FAILED,), ESTABLISHED: (FINISHED,)},
    CallFailed: {CREATED: (FAILED,), PRE_ESTABLISHED: (FAILED,)},
    MediaSwitched: {state: (state,) for state in _LIVE},
    MediaConnected: {state: (state,) for state in _LIVE},
    RoomMoved: {state: (state,) for state in _LIVE},
    RoomFailed: {state: (state,) for state in _LIVE},
    RoomFound: {state: (state,) for state in _LIVE},
    RoomLost: {state: (state,) for state in _LIVE},
    CallStarted: {},
    DevicesReleased: {},
    MediaLost: {},
}


def call_ref(id: str) -> Ref:
    return Ref("call", id)


def step(dialog: Dialog | None, event: DialogInput, now: datetime) -> Step[Dialog]:
    """One event in the life of a dialog."""
    if dialog is None:
        if not isinstance(event, StartDialog):
            raise InvalidState("the dialog does not exist")
        return _start(event, now)
    if isinstance(event, StartDialog) or dialog.state not in TRANSITIONS[type(event)]:
        return Step(dialog)
    taken = _take(dialog, event, now)
    assert taken.state.state in TRANSITIONS[type(event)][dialog.state], (dialog.state, event)
    return taken


def _start(event: StartDialog, now: datetime) -> Step[Dialog]:
    opened = room.open_room(event.id)
    entered = room.join(opened.plan, event.parent_call, camera=event.camera)
    dialog = Dialog(
        id=event.id,
        account_id=event.account_id,
        state=CREATED,
        parent=Participant(
            id=event.parent_call,
            endpoint=event.caller,
            state=ParticipantState.JOINING,
            microphone=event.microphone,
            camera=event.camera,
        ),
        child=Participant(
            id=event.child_call, endpoint=event.callee, state=ParticipantState.JOINING, microphone=False, camera=False
        ),
        home=Home(Place(event.worker, event.id)),
        room=entered.plan,
        created_at=now,
    )
    parent = StartCall(
        id=event.parent_call,
        account_id=event.account_id,
        direction=Direction.INBOUND,
        endpoint=event.caller,
        caller=event.caller,
        owner=Ref("dialog", event.id),
        place=dialog.home.place,
        microphone=event.microphone,
        camera=event.camera,
        custom_data=event.custom_data,
        session=event.session,
    )
    child = replace(
        parent,
        id=event.child_call,
        direction=Direction.OUTBOUND,
        endpoint=event.callee,
        session=None,
        ring_deadline=event.ring_deadline,
    )
    return Step(
        dialog,
        events=(DialogCreated(dialog),),
        tells=(Tell(call_ref(parent.id), parent), Tell(call_ref(child.id), child)),
        commands=run_media(dialog.home.place, (*opened.commands, *entered.commands)),
    )


def _take(dialog: Dialog, event: DialogInput, now: datetime) -> Step[Dialog]:
    parent, child = call_ref(dialog.parent.id), call_ref(dialog.child.id)
    match event:
        case CallRinging(call):
            return Step(dialog, tells=(Tell(parent, FarSideRings()),) if call.id == child.id else ())
        case CallEstablished(call) if call.id == child.id:
            return _answer(dialog, call)
        case CallEstablished():
            established = replace(dialog, state=ESTABLISHED, established_at=now)
            return Step(established, events=(DialogEstablished(established),))
        case CallFinished(call, reason) | CallFailed(call, reason):
            return _end(dialog, call.id, reason, now)
        case MediaSwitched(call_id, microphone, camera, screen) if call_id in dialog.room.members:
            return _update(dialog, dialog.side(call_id).switched(microphone=microphone, camera=camera, screen=screen))
        case MediaConnected(call_id) if call_id in dialog.room.members:
            return _update(dialog, dialog.side(call_id).joined())
        case RoomMoved() | RoomFailed() | RoomFound() | RoomLost():
            settled = settle(dialog.home, dialog.room, (parent.id, child.id), event, now)
            return Step(replace(dialog, home=settled.home), tells=settled.tells, commands=settled.commands)
        case StartDialog() | CallStarted() | DevicesReleased() | MediaSwitched() | MediaConnected() | MediaLost():
            return Step(dialog)
        case _:
            assert_never(event)


def _answer(dialog: Dialog, call: Call) -> Step[Dialog]:
    """The child is there: it enters the room, and the parent is answered."""
    entered = room.join(dialog.room, dialog.child.id, camera=call.camera)
    child = replace(dialog.child, endpoint=call.endpoint, microphone=call.microphone, camera=call.camera)
    answered = replace(dialog, child=child, room=entered.plan)
    return Step(
        answered,
        tells=(Tell(call_ref(dialog.parent.id), FarSideAnswered()),),
        commands=run_media(dialog.home.place, entered.commands),
    )


def _update(dialog: Dialog, after: Participant) -> Step[Dialog]:
    before = dialog.side(after.id)
    if after == before:
        return Step(dialog)
    changed = room.switch_video(dialog.room, after.id, camera=after.camera, screen=after.screen)
    remapped = tuple(changed.remapped(dialog.room))
    dialog = replace(dialog, room=changed.plan, **{"parent" if before is dialog.parent else "child": after})
    events: list[DialogEvent] = []
    if dialog.state is ESTABLISHED:
        kind = DialogParticipantJoined if after.state is not before.state else DialogParticipantUpdated
        events.append(kind(dialog, after))
        if remapped:
            events.append(SlotsChanged(changed.plan, remapped))
    return Step(dialog, events=events, commands=run_media(dialog.home.place, changed.commands))


def _end(dialog: Dialog, first: str, reason: EndReason, now: datetime) -> Step[Dialog]:
    """One call has ended; the other one follows."""
    established = dialog.state is ESTABLISHED
    # To a callee who has not answered, a caller who goes has cancelled, for whatever reason of its own.
    cancelled = not established and first == dialog.parent.id and reason is not EndReason.SERVICE_UNAVAILABLE
    follows = EndReason.CANCELLED if cancelled else reason
    closed = room.close_room(dialog.room)
    ended = replace(
        dialog,
        state=FINISHED if established else FAILED,
        room=closed.plan,
        ended_at=now,
        end_reason=reason,
    )
    event: DialogEvent = DialogFinished(ended, reason) if established else DialogFailed(ended, reason)
    return Step(
        ended,
        events=(event,),
        tells=(Tell(call_ref(dialog.other(first).id), HangUp(follows)),),
        commands=run_media(dialog.home.place, closed.commands),
    )
