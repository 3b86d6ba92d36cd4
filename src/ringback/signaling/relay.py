"""Carries texts from session to session. Who gets which stands in `texts.py`."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from ringback.calls import GoingOn
from ringback.kernel.clock import Clock
from ringback.kernel.waiting import wait_at_most
from ringback.signaling.messages import CallEvent
from ringback.signaling.notifications import Happening
from ringback.signaling.texts import Texts


class Sessions(Protocol):
    """Who writes, and who hears."""

    def require_in_call(self, session: str, call_id: str) -> None:
        """Raises `CallNotFound` when this session has no such call, `InvalidState` when it is not in it yet."""

    def tell_in_call(self, event: CallEvent) -> None:
        """Tell the session that holds the call, if it is in it."""


class TextRelay:
    """The texts of this node, in its memory."""

    def __init__(self, clock: Clock) -> None:
        self._texts = Texts()
        self._clock = clock
        self._first_one = asyncio.Event()

    def attach(self, sessions: Sessions) -> None:
        """Name who writes and hears."""
        self._sessions = sessions

    def restore(self, running: Iterable[GoingOn]) -> None:
        """Know the conversations of a former process. What became of its texts, nobody knows."""
        self._texts.restore(running)

    def follow(self, happening: Happening) -> None:
        """Something happened to a call or a conversation."""
        self._tell(self._texts.follow(happening, self._clock.now()))

    def send(self, session: str, call_id: str, text_id: str, text: str, to: str | None) -> None:
        """Send a text to everybody else in the conversation, or to those of them with the identity `to`.

        Raises `CallNotFound`, `InvalidState` and `TooManyTexts`.
        """
        self._sessions.require_in_call(session, call_id)
        nothing_waited = self._texts.deadline is None
        self._tell(self._texts.send(call_id, text_id, text, to, self._clock.now()))
        if nothing_waited:
            self._first_one.set()

    def confirm(self, session: str, call_id: str, text_id: str) -> None:
        """A client has this text, and those before it. Raises `CallNotFound` and `InvalidState`."""
        self._sessions.require_in_call(session, call_id)
        self._tell(self._texts.confirm(call_id, text_id, self._clock.now()))

    async def run_deadlines(self) -> None:
        """Tell senders, for ever, which texts were not confirmed in time."""
        while True:
            self._first_one.clear()
            next_one = self.pass_deadlines()
            await wait_at_most(self._first_one, next_one)

    def pass_deadlines(self) -> float | None:
        """Tell senders which texts were not confirmed in time; return the seconds until the next one is due."""
        self._tell(self._texts.expire(self._clock.now()))
        deadline = self._texts.deadline
        return None if deadline is None else max(0.0, (deadline - self._clock.now()).total_seconds())

    def _tell(self, events: Iterable[CallEvent]) -> None:
        for event in events:
            self._sessions.tell_in_call(event)
