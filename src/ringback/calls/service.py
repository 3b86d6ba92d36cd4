"""What an SDK session can do with its calls: load, step, store; the rules stand in the machines."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

from ringback.calls.dialogs.events import StartDialog
from ringback.calls.dialogs.store import DIALOGS, is_calling
from ringback.calls.events import (
    Accept,
    Decline,
    EndpointHungUp,
    MediaSwitched,
    NoDeviceFound,
    OfferMade,
    SessionLost,
)
from ringback.calls.model import Call, Direction, Endpoint, EndReason, WebrtcEndpoint, identity_of
from ringback.calls.store import CALLS, live_calls
from ringback.calls.transport import transport_id
from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidState, NotFound, RingbackError, Unavailable
from ringback.kernel.ids import Ids
from ringback.media.commands import AcceptOffer, Answer, PreferSlot
from ringback.media.engine import MediaEngine
from ringback.media.errors import MediaCommandRefused, WorkerGone
from ringback.media.protocol import ErrorCode
from ringback.media.room import SlotPreference
from ringback.storage import Connection
from ringback.storage.aggregates import Transaction, load
from ringback.storage.database import Database
from ringback.storage.mailboxes import Mailboxes


class CallNotFound(NotFound):
    """This session has no such call."""

    code = "CALL_NOT_FOUND"


class OfferInvalid(RingbackError):
    """The SDP offer cannot be used."""

    code = "OFFER_INVALID"


class OfferTooLarge(RingbackError):
    """The SDP offer is too large."""

    code = "OFFER_TOO_LARGE"


class MediaMoving(InvalidState):
    """The room was lost; what comes of it is told."""


OFFER_ERRORS: Final[dict[ErrorCode, type[RingbackError]]] = {
    ErrorCode.ROOM_NOT_FOUND: MediaMoving,
    ErrorCode.OFFER_INVALID: OfferInvalid,
    ErrorCode.OFFER_TOO_LARGE: OfferTooLarge,
}
"""What a worker says of an offer that is the client's to mend; anything else is ours."""


class GoingOn(NamedTuple):
    """A call that has not ended."""

    call: Call
    owner: Any
    """The state of its dialog or conference."""


class CallService:
    """Calls as an SDK session sees them. A session reaches only the calls it holds or rings for."""

    def __init__(
        self,
        database: Database,
        mailboxes: Mailboxes,
        engine: MediaEngine,
        clock: Clock,
        ids: Ids,
        ring_timeout: timedelta,
    ) -> None:
        self._database = database
        self._mailboxes = mailboxes
        self._engine = engine
        self._clock = clock
        self._ids = ids
        self._ring_timeout = ring_timeout

    def going_on(self, connection: Connection) -> list[GoingOn]:
        """All calls of this node that have not ended, the oldest first."""
        calls = live_calls(connection)
        accounts = {call.owner: call.account_id for call in calls}
        owners = {owner: self._mailboxes.state(connection, account, owner) for owner, account in accounts.items()}
        return [GoingOn(call, owners[call.owner]) for call in calls]

    async def has_begun(self, account_id: str, session: str, call_id: str) -> bool:
        """Whether this session has started this call, or entered a room with it; it may have ended since."""
        return await self._holds(account_id, session, call_id, Direction.INBOUND)

    async def has_accepted(self, account_id: str, session: str, call_id: str) -> bool:
        """Whether this session has answered this call; it may have ended since."""
        return await self._holds(account_id, session, call_id, Direction.OUTBOUND)

    async def _holds(self, account_id: str, session: str, call_id: str, direction: Direction) -> bool:
        found = await self._database.read(lambda connection: load(connection, CALLS, account_id, call_id))
        return found is not None and (found[0].session, found[0].direction) == (session, direction)

    async def start(
        self,
        account_id: str,
        session: str,
        call_id: str,
        *,
        caller: WebrtcEndpoint,
        callee: Endpoint,
        microphone: bool,
        camera: bool,
        custom_data: Mapping[str, str],
    ) -> None:
        """Call an endpoint: a dialog of two calls, of which `call_id` is the caller's own.

        Raises `Unavailable` when no media worker can take it.
        """
        dialog = StartDialog(
            id=self._ids.new(),
            account_id=account_id,
            worker=self._engine.choose_worker(),
            session=session,
            caller=caller,
            callee=callee,
            parent_call=call_id,
            child_call=self._ids.new(),
            microphone=microphone,
            camera=camera,
            custom_data=dict(custom_data),
            ring_deadline=self._clock.now() + self._ring_timeout,
        )

        def begin(transaction: Transaction) -> None:
            glare = is_calling(transaction.connection, account_id, identity_of(callee), caller.identity)
            transaction.tell(DIALOGS.ref(dialog.id), dialog)
            if glare:
                # Both call each other: whoever came first rings, the second one hears that the other is busy.
                transaction.tell(CALLS.ref(dialog.child_call), NoDeviceFound(EndReason.BUSY))

        await self._mailboxes.change(account_id, begin)

    async def accept(
        self, account_id: str, session: str, call_id: str, *, endpoint: Endpoint, microphone: bool, camera: bool
    ) -> None:
        """Answer a call that rings on this session. Raises `CallNotFound`, `InvalidState`."""
        await self._tell(account_id, session, call_id, Accept(session, endpoint, microphone, camera))

    async def decline(self, account_id: str, session: str, call_id: str, *, on_all_devices: bool) -> None:
        """Refuse a call that rings on this session. Raises `CallNotFound`, `InvalidState`."""
        await self._tell(account_id, session, call_id, Decline(session, on_all_devices))

    async def hang_up(self, account_id: str, session: str, call_id: str) -> None:
        """End a call, or leave a room. Hanging up twice is no error. Raises `CallNotFound`."""
        await self._tell(account_id, session, call_id, EndpointHungUp(session))

    async def lose_session(self, account_id: str, session: str, call_id: str) -> None:
        """The session is gone for good; the call does not ring there any more, or ends."""
        await self._mailboxes.tell(account_id, CALLS.ref(call_id), SessionLost(session))

    async def switch_media(
        self,
        account_id: str,
        session: str,
        call_id: str,
        *,
        microphone: bool | None,
        camera: bool | None,
        screen: bool | None,
    ) -> None:
        """Say that the microphone is (un)muted, the camera or the screen share on or off. Raises `CallNotFound`."""

        def switch(transaction: Transaction) -> None:
            call = _mine(transaction.state(CALLS.ref(call_id)), session)
            transaction.tell(call.owner, MediaSwitched(call_id, microphone, camera, screen))

        await self._mailboxes.change(account_id, switch)

    async def accept_offer(
        self, account_id: str, session: str, call_id: str, sdp: str, connection: int, *, command_id: str
    ) -> str:
        """Negotiate the media of a call that this session holds, on a connection of its own. Returns the SDP answer.

        An offer that comes again with the same `command_id` is answered as the first time.

        Raises `CallNotFound`, `InvalidState` (it has ended, or only rings here, or the connection is an older one, or
        the room is just lost), `OfferInvalid`, `OfferTooLarge` and `Unavailable`.
        """
        call = await self._call_in_hand(account_id, session, call_id)
        if connection != call.transport.connection:
            await self._tell(account_id, session, call_id, OfferMade(connection))
        call = await self._call_in_hand(account_id, session, call_id)  # where it is by now
        offer = AcceptOffer(
            room=call.place.room, participant=call_id, transport=transport_id(call_id, connection), sdp=sdp
        )
        try:
            answer = await self._engine.run(call.place.worker, command_id, offer)
        except MediaCommandRefused as refused:
            raise OFFER_ERRORS.get(refused.reason, Unavailable)(refused.message) from None
        except WorkerGone:
            raise MediaMoving from None
        assert isinstance(answer, Answer)
        return answer.sdp

    async def prefer_slots(
        self, account_id: str, session: str, call_id: str, preferences: Iterable[SlotPreference]
    ) -> None:
        """Say how large the client shows its video slots; that is not stored.

        Raises `CallNotFound`, `InvalidState` (it has ended, or only rings here) and `Unavailable`.
        """
        call = await self._call_in_hand(account_id, session, call_id)
        commands = [
            PreferSlot(
                room=call.place.room,
                participant=call_id,
                index=slot.index,
                width=slot.width,
                height=slot.height,
                pinned=slot.pinned,
            )
            for slot in preferences
        ]
        try:
            await self._engine.run_all(call.place.worker, self._ids.new(), commands)
        except MediaCommandRefused as refused:
            raise Unavailable(refused.message) from None

    async def _call_in_hand(self, account_id: str, session: str, call_id: str) -> Call:
        """A call that this session holds, and whose room is there."""
        found = await self._database.read(lambda connection: load(connection, CALLS, account_id, call_id))
        call = _mine(found[0] if found else None, session)
        if call.session != session or call.state.is_terminal:
            raise InvalidState(f"the call is {call.state}")
        await self._mailboxes.settled(call.owner)
        return call

    async def _tell(self, account_id: str, session: str, call_id: str, event: object) -> None:
        def tell(transaction: Transaction) -> None:
            _mine(transaction.state(CALLS.ref(call_id)), session)
            transaction.tell(CALLS.ref(call_id), event)

        await self._mailboxes.change(account_id, tell)


def _mine(call: Call | None, session: str) -> Call:
    if call is None or (session != call.session and session not in call.ringing):
        raise CallNotFound
    return call
