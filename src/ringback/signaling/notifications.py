"""Turns what happened to calls, dialogs and conferences into what each SDK session is told. Pure.

The notifier remembers who holds which call. It learns that from the events themselves, in their order, so a session
is never told of a call by an event that came before it.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias

from ringback.calls.dialogs.events import DialogEstablished, DialogParticipantJoined, DialogParticipantUpdated
from ringback.calls.events import (
    CallEstablished,
    CallFailed,
    CallFinished,
    CallRinging,
    CallStarted,
    DevicesReleased,
    MediaLost,
    SlotsChanged,
)
from ringback.calls.model import Call, Direction, EndReason, Participant, ParticipantState
from ringback.conferences.events import (
    ParticipantJoined,
    ParticipantJoining,
    ParticipantLeft,
    ParticipantUpdated,
    PresenterReplaced,
)
from ringback.conferences.model import Conference
from ringback.signaling import messages
from ringback.signaling.messages import Event

Happening: TypeAlias = (
    CallStarted
    | CallRinging
    | DevicesReleased
    | CallEstablished
    | MediaLost
    | CallFinished
    | CallFailed
    | SlotsChanged
    | DialogEstablished
    | DialogParticipantJoined
    | DialogParticipantUpdated
    | ParticipantJoining
    | ParticipantJoined
    | ParticipantUpdated
    | PresenterReplaced
    | ParticipantLeft
)
"""The events that SDK sessions hear of; all others are passed over."""

HAPPENINGS: Final[dict[str, type]] = {kind.__name__: kind for kind in Happening.__args__}


class Relation(Enum):
    """What a session has to do with a call."""

    CONCERNED = auto()
    """The call rings there, or was started there."""
    IN_CALL = auto()
    """The call is established, and the session holds it."""
    ENDED = auto()
    """Nothing more."""


class Notification(NamedTuple):
    """What one session is told, if anything, and what it has to do with the call from now on."""

    session: str
    call_id: str
    event: Event | None

    @property
    def relation(self) -> Relation:
        """What the session has to do with the call now."""
        match self.event:
            case messages.CallEnded():
                return Relation.ENDED
            case messages.CallEstablished() | messages.RoomJoined():
                return Relation.IN_CALL
            case _:
                return Relation.CONCERNED


class Notifier:
    """Knows which session holds which call."""

    def __init__(self) -> None:
        self._holders: dict[str, str] = {}

    def holder(self, call_id: str) -> str | None:
        """The session that holds a call."""
        return self._holders.get(call_id)

    def notify(self, happening: Happening) -> Iterator[Notification]:
        """Who is to be told what, in order."""
        match happening:
            case CallStarted(call) if call.session:
                self._holders[call.id] = call.session
                yield Notification(call.session, call.id, None)
            case CallStarted():
                pass
            case CallRinging(call):
                yield from _ringing(call)
            case DevicesReleased(call, sessions, reason):
                for session in sessions:
                    yield Notification(session, call.id, _ended(call.id, reason))
            case CallEstablished(call):
                if call.session:
                    self._holders[call.id] = call.session
                    yield Notification(call.session, call.id, None)
            case MediaLost(call):
                yield from self._to([call.id], lambda id: messages.MediaLost(call_id=id))
            case CallFinished(call, reason) | CallFailed(call, reason):
                yield from self._to([call.id], lambda id: _ended(id, reason))
                self._holders.pop(call.id, None)
            case DialogEstablished(dialog):
                yield from self._to(
                    [dialog.parent.id, dialog.child.id],
                    lambda id: messages.CallEstablished(
                        call_id=id,
                        participants=(dialog.other(id),),
                        slots=dialog.room.slots_of(id),
                        video_slots=dialog.room.members[id].video_slots,
                    ),
                )
            case DialogParticipantJoined(dialog, participant):
                yield from self._joined([dialog.other(participant.id).id], participant)
            case DialogParticipantUpdated(dialog, participant):
                yield from self._updated([dialog.other(participant.id).id], participant)
            case SlotsChanged(room, calls):
                yield from self._to(
                    calls,
                    lambda id: messages.SlotsChanged(
                        call_id=id, slots=room.slots_of(id), video_slots=room.members[id].video_slots
                    ),
                )
            case ParticipantJoining(conference, participant):
                yield from self._to(
                    _others(conference, participant),
                    lambda id: messages.ParticipantJoining(call_id=id, participant=participant),
                )
            case ParticipantJoined(conference, participant):
                yield from self._to([participant.id], lambda id: _room(conference, id))
                yield from self._joined(_others(conference, participant), participant)
            case ParticipantUpdated(conference, participant):
                yield from self._updated(_others(conference, participant), participant)
            case PresenterReplaced(_, participant):
                yield from self._to(
                    [participant.id],
                    lambda id: messages.ScreenStopped(call_id=id, reason="ACTIVE_PRESENTER_CHANGED"),
                )
            case ParticipantLeft(conference, participant):
                yield from self._to(
                    _others(conference, participant),
                    lambda id: messages.ParticipantLeft(call_id=id, participant_id=participant.id),
                )

    def _joined(self, calls: Iterable[str], participant: Participant) -> Iterator[Notification]:
        return self._to(calls, lambda id: messages.ParticipantJoined(call_id=id, participant=participant))

    def _updated(self, calls: Iterable[str], participant: Participant) -> Iterator[Notification]:
        return self._to(calls, lambda id: messages.ParticipantUpdated(call_id=id, participant=participant))

    def _to(self, calls: Iterable[str], event: Callable[[str], Event]) -> Iterator[Notification]:
        for call_id in calls:
            if session := self._holders.get(call_id):
                yield Notification(session, call_id, event(call_id))


def _ringing(call: Call) -> Iterator[Notification]:
    if call.direction is Direction.INBOUND and call.session:
        yield Notification(call.session, call.id, messages.CallRinging(call_id=call.id))
    for session in call.ringing:
        incoming = messages.CallIncoming(
            call_id=call.id, caller=call.caller, camera=call.camera, custom_data=call.custom_data
        )
        yield Notification(session, call.id, incoming)


def _ended(call_id: str, reason: EndReason) -> Event:
    return messages.CallEnded(call_id=call_id, reason=messages.Reason(reason.id, reason.name, reason.description))


def _room(conference: Conference, call_id: str) -> Event:
    others = tuple(participant for id, participant in conference.participants.items() if id != call_id)
    return messages.RoomJoined(
        call_id=call_id,
        name=conference.name,
        participants=others,
        slots=conference.room.slots_of(call_id),
        video_slots=conference.room.members[call_id].video_slots,
    )


def _others(conference: Conference, participant: Participant) -> list[str]:
    """Who hears of this participant: everybody else who has joined; who still joins gets the whole picture then."""
    return [
        id
        for id, other in conference.participants.items()
        if id != participant.id and other.state is ParticipantState.JOINED
    ]
