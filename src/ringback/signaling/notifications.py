"""Turns what happened to calls, dialogs and conferences into what each SDK session is told. Pure.

The notifier remembers who holds which call. It learns that from the events themselves, in their order, so a session
is never told of a call by an event that came before it.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias

from ringback.calls.dialogs.events import DialogEstablished, DialogParticipantJoined, DialogParticipantUpdated
from ringback.calls.dialogs.model import Dialog, DialogState
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
from ringback.calls.model import Call, CallState, Direction, EndReason, Participant, ParticipantState
from ringback.conferences.events import (
    ParticipantJoined,
    ParticipantJoining,
    ParticipantLeft,
    ParticipantUpdated,
    PresenterReplaced,
)
from ringback.conferences.model import Conference
from ringback.media.room import Seating
from ringback.signaling import messages
from ringback.signaling.messages import CallEvent

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
    event: CallEvent | None

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

    def restore(
        self, owed: Iterable[Happening], running: Iterable[tuple[Call, Dialog | Conference]]
    ) -> dict[str, list[Notification]]:
        """Begin again from what is stored: the `running` calls with their owners, and what has led there but is still
        `owed`. Returns, by session, what makes it know what it would know without the restart.

        Of what is owed that is the ends of calls. A running call is told of as to somebody who has just come to it.
        """
        told: dict[str, list[Notification]] = {}
        news = [notification for happening in owed for notification in self.notify(happening)]
        ends = [notification for notification in news if notification.relation is Relation.ENDED]
        for notification in (*ends, *(afresh for call, owner in running for afresh in self._afresh(call, owner))):
            told.setdefault(notification.session, []).append(notification)
        return told

    def _afresh(self, call: Call, owner: Dialog | Conference) -> Iterator[Notification]:
        if call.session is None:
            yield from _ringing(call)
            return
        self._holders[call.id] = call.session
        if isinstance(owner, Dialog):
            if owner.state is DialogState.ESTABLISHED:
                event: CallEvent | None = _conversation(owner, call.id)
            else:
                event = messages.CallRinging(call_id=call.id) if call.state is CallState.RINGING else None
            yield Notification(call.session, call.id, event)
        else:
            own = owner.participants[call.id]
            has_joined = own.state is ParticipantState.JOINED
            yield Notification(call.session, call.id, _room(owner, call.id) if has_joined else None)
            if not own.screen:
                # Whether it knows that another one presents is not known any more.
                yield Notification(call.session, call.id, _replaced(call.id))
        if call.transport.deadline is not None:
            yield Notification(call.session, call.id, messages.MediaLost(call_id=call.id))

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
                if call.session:
                    yield Notification(call.session, call.id, _ended(call.id, reason))
                self._holders.pop(call.id, None)
            case DialogEstablished(dialog):
                yield from self._to([dialog.parent.id, dialog.child.id], lambda id: _conversation(dialog, id))
            case DialogParticipantJoined(dialog, participant):
                yield from self._joined([dialog.other(participant.id).id], participant)
            case DialogParticipantUpdated(dialog, participant):
                yield from self._updated([dialog.other(participant.id).id], participant)
            case SlotsChanged(room, calls):
                seated = Seating(room)
                yield from self._to(
                    calls,
                    lambda id: messages.SlotsChanged(
                        call_id=id, slots=seated.slots_of(id), video_slots=room.members[id].video_slots
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
                yield from self._to([participant.id], _replaced)
            case ParticipantLeft(conference, participant):
                yield from self._to(
                    _others(conference, participant),
                    lambda id: messages.ParticipantLeft(call_id=id, participant_id=participant.id),
                )

    def _joined(self, calls: Iterable[str], participant: Participant) -> Iterator[Notification]:
        return self._to(calls, lambda id: messages.ParticipantJoined(call_id=id, participant=participant))

    def _updated(self, calls: Iterable[str], participant: Participant) -> Iterator[Notification]:
        return self._to(calls, lambda id: messages.ParticipantUpdated(call_id=id, participant=participant))

    def _to(self, calls: Iterable[str], event: Callable[[str], CallEvent]) -> Iterator[Notification]:
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


def _ended(call_id: str, reason: EndReason) -> CallEvent:
    return messages.CallEnded(call_id=call_id, reason=messages.Reason(reason.id, reason.name, reason.description))


def _replaced(call_id: str) -> CallEvent:
    return messages.ScreenStopped(call_id=call_id, reason="ACTIVE_PRESENTER_CHANGED")


def _conversation(dialog: Dialog, call_id: str) -> CallEvent:
    return messages.CallEstablished(
        call_id=call_id,
        participants=(dialog.other(call_id),),
        slots=dialog.room.slots_of(call_id),
        video_slots=dialog.room.members[call_id].video_slots,
    )


def _room(conference: Conference, call_id: str) -> CallEvent:
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
