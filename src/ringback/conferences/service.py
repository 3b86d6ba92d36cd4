"""What an SDK session can do with rooms. Leaving one is hanging up its call."""

from collections.abc import Mapping

from ringback.calls.model import Endpoint
from ringback.conferences.events import Join
from ringback.conferences.model import echo_name
from ringback.conferences.store import CONFERENCES, active_by_name
from ringback.kernel.ids import Ids
from ringback.media.engine import MediaEngine
from ringback.storage.aggregates import Transaction
from ringback.storage.mailboxes import Mailboxes


class ConferenceService:
    """Rooms as an SDK session sees them."""

    def __init__(self, mailboxes: Mailboxes, engine: MediaEngine, ids: Ids, places: int) -> None:
        """`places`: how many participants a room may have."""
        self._mailboxes = mailboxes
        self._engine = engine
        self._ids = ids
        self._places = places

    async def start_echo(
        self, account_id: str, session: str, call_id: str, *, endpoint: Endpoint, microphone: bool, camera: bool
    ) -> None:
        """A room of one, who receives himself: a test of the line.

        Raises `Unavailable` when no media worker can take it.
        """
        id = self._ids.new()
        join = Join(
            conference=id,
            account_id=account_id,
            name=echo_name(id),
            worker=self._engine.choose_worker(),
            call=call_id,
            session=session,
            endpoint=endpoint,
            microphone=microphone,
            camera=camera,
            custom_data={},
            echo=True,
            places=1,
        )
        await self._mailboxes.tell(account_id, CONFERENCES.ref(id), join)

    async def join(
        self,
        account_id: str,
        session: str,
        call_id: str,
        *,
        name: str,
        endpoint: Endpoint,
        microphone: bool,
        camera: bool,
        custom_data: Mapping[str, str],
    ) -> None:
        """Come into the room of this name, which begins with whoever comes first.

        Raises `RoomFull`, and `Unavailable` when no media worker can take it.
        """
        join = Join(
            conference=self._ids.new(),
            account_id=account_id,
            name=name,
            worker=self._engine.choose_worker(),
            call=call_id,
            session=session,
            endpoint=endpoint,
            microphone=microphone,
            camera=camera,
            custom_data=dict(custom_data),
            places=self._places,
        )

        def enter(transaction: Transaction) -> None:
            active = active_by_name(transaction.connection, account_id, name)
            transaction.tell(CONFERENCES.ref(active or join.conference), join)

        await self._mailboxes.change(account_id, enter)
