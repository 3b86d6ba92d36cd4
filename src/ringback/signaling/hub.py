"""The connected sessions of this node: who is present, and how events reach them. The SDKs' `LegChannel`."""

from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from ringback.calls import CallService
from ringback.calls.model import Endpoint, EndReason
from ringback.identities.store import is_known
from ringback.kernel.errors import RingbackError
from ringback.signaling.messages import Event
from ringback.signaling.notifications import HAPPENINGS, Notification, Notifier
from ringback.storage.database import Database
from ringback.storage.outbox import OutboxEvent

log = structlog.get_logger()

Deliver = Callable[[Event], None]


class Present:
    """One connected session."""

    def __init__(self, id: str, account_id: str, identity: str, deliver: Deliver) -> None:
        self.id: Final = id
        self.account_id: Final = account_id
        self.identity: Final = identity
        self.deliver: Final = deliver
        self.calls: Final[dict[str, None]] = {}
        """The calls that this session holds or rings for."""


class Hub:
    """Presence, and the way from the outbox to the sockets."""

    def __init__(self, database: Database, calls: CallService) -> None:
        self._database = database
        self._calls = calls
        self._notifier = Notifier()
        self._sessions: dict[str, Present] = {}
        self._by_identity: dict[tuple[str, str], dict[str, None]] = {}

    def enter(self, session: Present) -> None:
        """A session is ready; from now on it can be called."""
        self._sessions[session.id] = session
        self._by_identity.setdefault((session.account_id, session.identity), {})[session.id] = None

    async def leave(self, session: Present) -> None:
        """A session is gone: its calls end, and do not ring there any more."""
        del self._sessions[session.id]
        key = (session.account_id, session.identity)
        del self._by_identity[key][session.id]
        if not self._by_identity[key]:
            del self._by_identity[key]
        for call_id in list(session.calls):
            await self._lose(session.account_id, session.id, call_id)

    async def find_devices(self, account_id: str, endpoint: Endpoint) -> tuple[str, ...] | EndReason:
        """The sessions of an identity, or why nothing can ring."""
        sessions = tuple(self._by_identity.get((account_id, endpoint.identity), ()))
        if sessions:
            return sessions
        known = await self._database.read(lambda connection: is_known(connection, account_id, endpoint.identity))
        return EndReason.TEMPORARILY_UNAVAILABLE if known else EndReason.DESTINATION_NOT_FOUND

    async def deliver(self, stored: OutboxEvent) -> None:
        """Tell the sessions that it concerns what happened."""
        kind = HAPPENINGS.get(stored.type)
        if kind is None:
            return
        for notification in self._notifier.notify(msgspec.json.decode(stored.event, type=kind)):
            await self._tell(stored.account_id, notification)

    async def _tell(self, account_id: str, notification: Notification) -> None:
        session = self._sessions.get(notification.session)
        if session is None:
            # It went while this was on its way: the call must not wait for it.
            await self._lose(account_id, notification.session, notification.call_id)
            return
        if notification.ends_for_session:
            session.calls.pop(notification.call_id, None)
        else:
            session.calls[notification.call_id] = None
        if notification.event is not None:
            session.deliver(notification.event)

    async def _lose(self, account_id: str, session: str, call_id: str) -> None:
        try:
            await self._calls.lose_session(account_id, session, call_id)
        except RingbackError:
            log.exception("session not taken off its call", call=call_id, session=session)
