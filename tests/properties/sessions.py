"""What SDK sessions are told, held against what is so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ringback.calls.dialogs.model import Dialog
from ringback.calls.model import Participant
from ringback.conferences.model import Conference
from ringback.media.room import SlotMapping
from ringback.signaling import messages
from ringback.signaling.messages import Event
from ringback.signaling.notifications import HAPPENINGS, Notifier


@dataclass
class View:
    """What a session believes of the conversation of one call; built from its events only."""

    participants: dict[str, Participant] = field(default_factory=dict)
    slots: tuple[SlotMapping, ...] = ()
    video_slots: int = 0

    def apply(self, event: Event) -> None:
        """As an SDK does it."""
        match event:
            case messages.CallEstablished() | messages.RoomJoined():
                self.participants = {participant.id: participant for participant in event.participants}
                self.slots, self.video_slots = event.slots, event.video_slots
            case messages.ParticipantJoining(participant=participant):
                assert participant.id not in self.participants, f"{participant.id} comes in twice"
                self.participants[participant.id] = participant
            case messages.ParticipantJoined(participant=participant):
                assert participant.id in self.participants, f"{participant.id} has not come in"
                self.participants[participant.id] = participant
            case messages.ParticipantUpdated(participant=participant):
                assert participant.id in self.participants, f"{participant.id} is not in"
                self.participants[participant.id] = participant
            case messages.ParticipantLeft(participant_id=participant_id):
                del self.participants[participant_id]
            case messages.SlotsChanged(slots=slots, video_slots=video_slots):
                assert (slots, video_slots) != (self.slots, self.video_slots), "told of a change that is none"
                assert video_slots >= self.video_slots, "slots are never taken back"
                self.slots, self.video_slots = slots, video_slots


NOT_OF_THE_WHOLE: Final = (messages.CallIncoming, messages.CallRinging, messages.ScreenStopped, messages.MediaLost)
"""What a session may be told before it has the whole: it changes nothing of what it sees of others."""


class Sessions:
    """All sessions, listening to everything that happens."""

    def __init__(self) -> None:
        self._notifier = Notifier()
        self._open: set[tuple[str, str]] = set()
        """(session, call) of those who were told of a call and not yet of its end."""
        self._ended: set[tuple[str, str]] = set()
        self._views: dict[str, View] = {}
        """By call; from its establishment to its end."""

    def hear(self, event: object) -> None:
        """One event of the outbox."""
        if type(event).__name__ not in HAPPENINGS:
            return
        happening: Any = event
        for session, call_id, told in self._notifier.notify(happening):
            key = (session, call_id)
            assert key not in self._ended, f"{session} hears of {call_id} after its end: {told}"
            if isinstance(told, messages.CallEnded):
                assert key in self._open, f"{session} hears only of the end of {call_id}"
                self._open.remove(key)
                self._ended.add(key)
                if not any(call == call_id for _, call in self._open):
                    self._views.pop(call_id, None)
                continue
            self._open.add(key)
            if isinstance(told, messages.CallEstablished | messages.RoomJoined):
                assert call_id not in self._views, f"{call_id} is established twice"
                self._views[call_id] = View()
            if told is not None and not isinstance(told, NOT_OF_THE_WHOLE):
                assert call_id in self._views, f"{session} is told a change before the whole: {told}"
                self._views[call_id].apply(told)

    def require_all_ended(self) -> None:
        """Every session that was told of a call has been told of its end."""
        assert not self._open

    def require_fresh(self, owners: Mapping[str, Dialog | Conference]) -> None:
        """What sessions believe of their established calls is what a fresh snapshot would say; by call id."""
        for call_id, view in self._views.items():
            owner = owners[call_id]
            if isinstance(owner, Dialog):
                others = {owner.other(call_id).id: owner.other(call_id)}
            else:
                others = {id: participant for id, participant in owner.participants.items() if id != call_id}
            room = owner.room
            assert view == View(others, room.slots_of(call_id), room.members[call_id].video_slots), call_id
