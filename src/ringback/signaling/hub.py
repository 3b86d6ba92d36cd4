"""The sessions of this node: who is present, and how events reach them. The SDKs' `LegChannel`."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import msgspec
import structlog

from ringback.calls import CallNotFound, CallService, GoingOn
from ringback.calls.dialogs.events import DialogFailed, DialogFinished
from ringback.calls.model import Endpoint, EndReason, WebrtcEndpoint
from ringback.conferences.events import ConferenceEnded
from ringback.identities.activity import ActivityJournal
from ringback.identities.activity.model import OpenSession
from ringback.identities.activity.store import still_open
from ringback.identities.model import TokenClaims
from ringback.identities.store import is_known
from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidState, RingbackError, Unavailable
from ringback.kernel.figures import Figure
from ringback.kernel.ids import Ids
from ringback.kernel.waiting import wait_at_most
from ringback.media.model import Source
from ringback.media.speakers import Speakers
from ringback.signaling.absences import Absences
from ringback.signaling.hints import VideoHints
from ringback.signaling.live import LiveSession, Performer
from ringback.signaling.messages import CallEstablished, CallEvent, RoomJoined, SessionRestored, SpeakersChanged
from ringback.signaling.notifications import HAPPENINGS, Happening, Notification, Notifier
from ringback.signaling.relay import TextRelay
from ringback.signaling.requests import Resume
from ringback.signaling.session import GRACE_SECONDS, Session, hash_key
from ringback.storage import Connection, outbox
from ringback.storage.database import Database
from ringback.storage.outbox import OutboxEvent

log = structlog.get_logger()

ENDINGS_AT_ONCE: Final = 100
"""Sessions whose calls end side by side. More would fill the queue of writes, fewer would take longer than a second."""

OWNER_ENDED: Final = (DialogFinished.__name__, DialogFailed.__name__, ConferenceEnded.__name__)
"""The last events of what has a room."""


class Hub:
    """Presence, and the way from the outbox to the sockets."""

    def __init__(
        self,
        database: Database,
        calls: CallService,
        performer: Performer,
        clock: Clock,
        ids: Ids,
        journal: ActivityJournal,
        relay: TextRelay,
    ) -> None:
        self._database = database
        self._calls = calls
        self._performer = performer
        self._clock = clock
        self._ids = ids
        self._journal = journal
        self._relay = relay
        relay.attach(self)
        self._notifier = Notifier()
        self._sessions: dict[str, LiveSession] = {}
        self._by_identity: dict[tuple[str, str], dict[str, None]] = {}
        self._speakers: dict[str, Speakers] = {}
        self._hints = VideoHints()
        self._absences = Absences()
        self._somebody_is_away = asyncio.Event()

    async def restore(self) -> None:
        """Know the sessions of a former process again, as if all of them had just lost their sockets.

        What is still owed to them is not dispatched: it is part of what each will be told when its client is back.
        """

        def take(connection: Connection) -> tuple[list[OpenSession], list[OutboxEvent], list[GoingOn]]:
            owed = outbox.take_all(connection, outbox.SIGNALING)
            return still_open(connection), owed, self._calls.going_on(connection)

        opened, owed, running = await self._database.write(take)
        told = self._notifier.restore(filter(None, map(_happening, owed)), running)
        self._relay.restore(running)
        for kept in opened:
            session = Session(kept.id, kept.key_hash, kept.claims, restored=True)
            live = LiveSession(session, self._performer, self._clock.monotonic())
            notifications = told.get(kept.id, [])
            live.tell(SessionRestored(calls=tuple(dict.fromkeys(one.call_id for one in notifications))))
            for notification in notifications:
                live.hear(notification)
            self._add(live)
        if opened:
            log.info("sessions of a former run wait for their clients", sessions=len(opened), calls=len(running))

    async def open(self, claims: TokenClaims, resume_key: str) -> LiveSession:
        """Begin a session, which from now on can be called; it has no socket yet.

        Returns when the session can outlive this process. Raises `Unavailable`, and then there is none. When the
        caller is cancelled, the session ends like every one whose client does not come back.
        """
        session = Session(self._ids.new(), hash_key(resume_key), claims)
        live = LiveSession(session, self._performer, self._clock.monotonic())
        self._add(live)
        self._journal.connected(live.kept)
        self.wait_for(live)
        try:
            await self._journal.write()
        except Unavailable:
            await self.leave(live)
            raise
        if not self.has_session(live.id):
            raise Unavailable  # somebody has ended it meanwhile; the next attempt will be told why
        return live

    def _add(self, live: LiveSession) -> None:
        self._sessions[live.id] = live
        self._by_identity.setdefault((live.account_id, live.identity), {})[live.id] = None

    @property
    def has_room(self) -> bool:
        """Whether another session can be taken."""
        return self._journal.has_room

    @property
    def sessions(self) -> int:
        """How many there are, with or without a socket at the moment."""
        return len(self._sessions)

    def figures(self) -> list[Figure]:
        """How many sessions there are."""
        away = sum(live.away_since is not None for live in self._sessions.values())
        return [
            Figure("ringback_sessions", "Sessions of the SDKs.", count, {"state": state})
            for state, count in {"connected": self.sessions - away, "away": away}.items()
        ]

    def session(self, id: str) -> LiveSession | None:
        """The session of this id, if it is still there."""
        return self._sessions.get(id)

    def has_session(self, id: str) -> bool:
        """See `LegChannel.has_session`."""
        return id in self._sessions

    def resume(self, claims: TokenClaims, resume: Resume) -> LiveSession | None:
        """The session that a client says it had, if that is true and the session is still there."""
        live = self.session(resume.session_id)
        if live is None or (live.account_id, live.identity) != (claims.account_id, claims.identity):
            return None
        return live if live.session.opens_to(resume.resume_key) else None

    def renew(self, live: LiveSession, claims: TokenClaims) -> None:
        """A session stands on the token that its client has shown now, and on that alone."""
        if live.session.claims != claims:
            live.session.claims = claims
            self._journal.renewed(live.kept)

    def wait_for(self, live: LiveSession) -> None:
        """A session has lost its socket, and may come back."""
        self._somebody_is_away.set()

    async def leave(self, live: LiveSession) -> None:
        """A session is gone for good: its calls end, and do not ring there any more."""
        if self._sessions.pop(live.id, None) is None:
            return
        key = (live.account_id, live.identity)
        del self._by_identity[key][live.id]
        if not self._by_identity[key]:
            del self._by_identity[key]
        self._journal.disconnected(live.kept)
        live.drop()
        for call_id in list(live.calls):
            await self._lose(live.account_id, live.id, call_id)
        await live.settle()

    async def end_sessions(self, stopped: Callable[[TokenClaims], bool]) -> int:
        """End every session whose token is `stopped`, with its calls; return how many there were.

        When the caller is cancelled, they end nevertheless.
        """
        ending = [live for live in self._sessions.values() if stopped(live.session.claims)]
        for live in ending:
            live.dismiss()
        turns = asyncio.Semaphore(ENDINGS_AT_ONCE)

        async def end(live: LiveSession) -> None:
            async with turns:
                await self.leave(live)

        await asyncio.shield(asyncio.gather(*map(end, ending)))
        return len(ending)

    def end_all(self) -> None:
        """The platform and its workers stop, and all sessions with them. Their calls end at the next start."""
        for live in self._sessions.values():
            self._journal.disconnected(live.kept)
        self._sessions.clear()
        self._by_identity.clear()

    async def run_graces(self) -> None:
        """Let go, for ever, of the sessions that did not come back in time."""
        while True:
            self._somebody_is_away.clear()
            next_one = await self.pass_graces()
            await wait_at_most(self._somebody_is_away, next_one)

    async def pass_graces(self) -> float | None:
        """Let go of the sessions that did not come back in time; return the seconds until the next one is due.

        And of those that do not confirm what they are told, of which texts may be more than anything else.
        """
        now = self._clock.monotonic()
        left: list[float] = []
        for live in list(self._sessions.values()):
            if live.session.overflowed:
                await self._give_up(live)
            elif live.away_since is not None:
                seconds = live.away_since + GRACE_SECONDS - now
                if seconds > 0:
                    left.append(seconds)
                else:
                    await self.leave(live)
        return min(left, default=None)

    async def find_devices(self, account_id: str, endpoint: Endpoint) -> tuple[str, ...] | EndReason:
        """The sessions of an identity that are not in a call, or why nothing can ring."""
        if not isinstance(endpoint, WebrtcEndpoint):
            return EndReason.FEATURE_UNAVAILABLE  # until there is a channel that reaches it
        present = self._by_identity.get((account_id, endpoint.identity), {})
        free = tuple(id for id in present if not self._sessions[id].is_in_a_call)
        if free:
            return free
        if present:
            return EndReason.BUSY
        known = await self._database.read(lambda connection: is_known(connection, account_id, endpoint.identity))
        return EndReason.TEMPORARILY_UNAVAILABLE if known else EndReason.DESTINATION_NOT_FOUND

    def audio_levels(self, room: str, loudness: Mapping[str, int]) -> None:
        """How loud everybody in a room is. What sessions hear of it is not stored: it is old in a second."""
        if any(self._notifier.holder(call_id) for call_id in loudness):  # it is not just ending
            speakers = self._speakers.setdefault(room, Speakers())
            self._tell_speakers(room, loudness, speakers.hear(loudness, self._clock.monotonic()))

    def absent(self, room: str, calls: Collection[str], absent: Collection[str]) -> None:
        """From whom of everybody in a room nothing arrives at the moment."""
        if any(self._notifier.holder(call_id) for call_id in calls):  # it is not just ending
            for hint in self._absences.take(room, calls, absent):
                self.tell_in_call(hint)

    def video(self, room: str, paused: Mapping[str, Sequence[int]], wanted: Mapping[str, Mapping[Source, int]]) -> None:
        """Which video slots of everybody in a room are paused, and how many layers of what they send are wanted."""
        if any(self._notifier.holder(call_id) for call_id in (*paused, *wanted)):  # it is not just ending
            for hint in self._hints.take(room, paused, wanted):
                self.tell_in_call(hint)

    def repeat_hints(self, live: LiveSession) -> None:
        """A session is back: tell it what holds, which may have been said while it was unknown here."""
        for call_id, is_in in live.calls.items():
            if is_in:
                for hint in (*self._hints.of(call_id), *self._absences.of(call_id)):
                    live.tell(hint)

    def require_in_call(self, session: str, call_id: str) -> None:
        """Raises `CallNotFound` when this session has no such call, `InvalidState` when it is not in it yet."""
        live = self.session(session)
        if live is None or call_id not in live.calls:
            raise CallNotFound
        if not live.calls[call_id]:
            raise InvalidState("the call is not established")

    def tell_in_call(self, event: CallEvent) -> None:
        """Tell the session that holds the call, if it is in it: what is not stored."""
        live = self.session(self._notifier.holder(event.call_id) or "")
        if live and live.calls.get(event.call_id):
            live.tell(event)
            if live.session.overflowed:
                self._somebody_is_away.set()

    def _tell_speakers(self, room: str, calls: Collection[str], speaking: tuple[str, ...] | None) -> None:
        speakers = self._speakers[room]
        if speaking is not None:
            for call_id in calls:
                self.tell_in_call(SpeakersChanged(call_id=call_id, speakers=speaking))
        if speakers.deadline is not None:
            # Silence is not announced again, so somebody has to look when the pause is over.
            nap = speakers.deadline - self._clock.monotonic()
            asyncio.get_running_loop().call_later(max(nap, 0), self._recheck_speakers, room, tuple(calls))

    def _recheck_speakers(self, room: str, calls: Collection[str]) -> None:
        if speakers := self._speakers.get(room):
            self._tell_speakers(room, calls, speakers.recheck(self._clock.monotonic()))

    async def deliver(self, stored: OutboxEvent) -> None:
        """Tell the sessions that it concerns what happened."""
        happening = _happening(stored)
        if happening is None:
            if stored.type in OWNER_ENDED:
                room = stored.tree.partition(":")[2]
                self._speakers.pop(room, None)
                self._hints.forget(room)
                self._absences.forget(room)
            return
        for notification in self._notifier.notify(happening):
            await self._tell(stored.account_id, notification)
            if isinstance(notification.event, CallEstablished | RoomJoined):
                for hint in self._absences.enter(stored.tree.partition(":")[2], notification.call_id):
                    self.tell_in_call(hint)
        self._relay.follow(happening)

    async def _tell(self, account_id: str, notification: Notification) -> None:
        live = self.session(notification.session)
        if live is None:
            # It went while this was on its way: the call must not wait for it.
            await self._lose(account_id, notification.session, notification.call_id)
            return
        live.hear(notification)
        if live.session.overflowed:
            await self._give_up(live)

    async def _give_up(self, live: LiveSession) -> None:
        log.warning("session does not read what it is told", session=live.id)
        await self.leave(live)

    async def _lose(self, account_id: str, session: str, call_id: str) -> None:
        try:
            await self._calls.lose_session(account_id, session, call_id)
        except RingbackError:
            log.exception("session not taken off its call", call=call_id, session=session)


def _happening(stored: OutboxEvent) -> Happening | None:
    """The stored event, if it is one that sessions hear of."""
    kind = HAPPENINGS.get(stored.type)
    return None if kind is None else msgspec.json.decode(stored.event, type=kind)
