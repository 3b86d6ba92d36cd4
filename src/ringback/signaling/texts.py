"""The texts of conversations: who gets one, who has confirmed it, and what becomes of it for its sender. Pure.

Contract: tell it who comes and goes, in the order in which the sessions hear of it; tell the sessions what it returns,
in order, before the next call. It keeps no text, only that one is open: sent, and its fate not known.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ringback.calls.dialogs.events import DialogEstablished
from ringback.calls.dialogs.model import Dialog, DialogState
from ringback.calls.events import CallFailed, CallFinished
from ringback.calls.model import Call, Endpoint, ParticipantState, WebrtcEndpoint
from ringback.conferences.events import ParticipantJoined, ParticipantLeft
from ringback.conferences.model import Conference
from ringback.kernel.errors import InvalidState, Unavailable
from ringback.signaling.messages import TextDelivered, TextReceived
from ringback.signaling.notifications import Happening

CONFIRM_TIME: Final = timedelta(seconds=30)
"""How long a text waits to be confirmed: as long as a session waits for its client. Longer keeps senders in the dark;
shorter tells them that somebody in a tunnel did not get what arrives in a moment."""
OPEN_TEXTS: Final = 256
"""Texts of one sender whose fate is open. More would let one take all of `AWAITED_TEXTS` of somebody who is away; fewer
hold back who writes fast to somebody with a slow line."""
AWAITED_TEXTS: Final = 512
"""Texts that one receiver may have to confirm; others do not reach it. More would, with all else that waits for a
client that is away, be more than is kept (`EVENTS_KEPT`) and end its session; fewer lose texts in busy rooms."""


class TooManyTexts(Unavailable):
    """Too many texts of this call are on their way; wait until some are delivered."""


@dataclass(frozen=True, slots=True)
class _OpenText:
    """A text whose fate is not known."""

    sender: str
    deadline: datetime
    missing: set[str]
    """The calls that have not confirmed it."""


class Texts:
    """All conversations of this node."""

    def __init__(self) -> None:
        self._present: dict[str, dict[str, WebrtcEndpoint]] = {}
        """By conversation, the calls that can write and read."""
        self._conversations: dict[str, str] = {}
        """By call."""
        self._open: dict[str, _OpenText] = {}
        """By text, the oldest first."""
        self._sent: dict[str, set[str]] = {}
        """The open texts of each sender."""
        self._awaited: dict[str, dict[str, None]] = {}
        """The open texts that each receiver has not confirmed, in the order in which it got them."""

    @property
    def deadline(self) -> datetime | None:
        """When to call `expire` at the latest."""
        return next((text.deadline for text in self._open.values()), None)

    def restore(self, running: Iterable[tuple[Call, Dialog | Conference]]) -> None:
        """These calls, with their owners, go on after a restart."""
        for call, owner in running:
            if isinstance(owner, Dialog):
                is_in = owner.state is DialogState.ESTABLISHED
            else:
                is_in = owner.participants[call.id].state is ParticipantState.JOINED
            if is_in:
                self._enter(owner.id, call.id, call.endpoint)

    def follow(self, happening: Happening, now: datetime) -> list[TextDelivered]:
        """Something happened. Returns what becomes of texts by it."""
        match happening:
            case DialogEstablished(dialog):
                for side in (dialog.parent, dialog.child):
                    self._enter(dialog.id, side.id, side.endpoint)
            case ParticipantJoined(conference, participant):
                self._enter(conference.id, participant.id, participant.endpoint)
            case ParticipantLeft(_, participant):
                return self._leave(participant.id, now)
            case CallFinished(call) | CallFailed(call):
                return self._leave(call.id, now)
            case _:
                pass
        return []

    def send(
        self, sender: str, text_id: str, text: str, to: str | None, now: datetime
    ) -> list[TextReceived] | list[TextDelivered]:
        """A call sends a text to everybody else in its conversation, or to those of them with the identity `to`.

        Raises `InvalidState` when it is in none, and `TooManyTexts`.
        """
        if sender not in self._conversations:
            raise InvalidState("the call is not established")
        if len(self._sent[sender]) >= OPEN_TEXTS:
            raise TooManyTexts
        present = self._present[self._conversations[sender]]
        receivers = [call for call, endpoint in present.items() if call != sender and to in (None, endpoint.identity)]
        if not receivers:
            return [TextDelivered(call_id=sender, text_id=text_id, delivered=False, date=now)]
        self._open[text_id] = _OpenText(sender, now + CONFIRM_TIME, set(receivers))
        self._sent[sender].add(text_id)
        reached = [receiver for receiver in receivers if len(self._awaited[receiver]) < AWAITED_TEXTS]
        for receiver in reached:
            self._awaited[receiver][text_id] = None
        return [
            TextReceived(
                call_id=receiver,
                text_id=text_id,
                text=text,
                sender=present[sender],
                direct=to is not None,
                date=now,
            )
            for receiver in reached
        ]

    def confirm(self, receiver: str, text_id: str, now: datetime) -> list[TextDelivered]:
        """A call has this text, and every one that came to it before. What is not awaited is late, and nothing."""
        awaited = self._awaited.get(receiver, {})
        delivered: list[TextDelivered] = []
        for id in list(awaited) if text_id in awaited else ():
            del awaited[id]
            self._open[id].missing.remove(receiver)
            if not self._open[id].missing:
                delivered.append(self._close(id, now, delivered=True))
            if id == text_id:
                break
        return delivered

    def expire(self, now: datetime) -> list[TextDelivered]:
        """Time went by."""
        overdue = [id for id, text in self._open.items() if text.deadline <= now]
        return [self._close(id, now, delivered=False) for id in overdue]

    def _enter(self, conversation: str, call: str, endpoint: Endpoint) -> None:
        if isinstance(endpoint, WebrtcEndpoint):  # no other reads or writes
            self._conversations[call] = conversation
            self._present.setdefault(conversation, {})[call] = endpoint
            self._sent.setdefault(call, set())
            self._awaited.setdefault(call, {})

    def _leave(self, call: str, now: datetime) -> list[TextDelivered]:
        conversation = self._conversations.pop(call, None)
        if conversation is None:
            return []
        del self._present[conversation][call]
        if not self._present[conversation]:
            del self._present[conversation]
        for id in self._sent[call].copy():
            self._close(id, now, delivered=False)  # nobody is there any more to hear of it
        del self._sent[call]
        return [self._close(id, now, delivered=False) for id in list(self._awaited.pop(call))]

    def _close(self, id: str, now: datetime, *, delivered: bool) -> TextDelivered:
        text = self._open.pop(id)
        self._sent[text.sender].remove(id)
        for receiver in text.missing:
            self._awaited.get(receiver, {}).pop(id, None)
        return TextDelivered(call_id=text.sender, text_id=id, delivered=delivered, date=now)
