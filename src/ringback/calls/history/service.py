"""Shows the calls that have ended."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from ringback.calls.history import store
from ringback.calls.history.model import CallFilter, CallLog
from ringback.calls.model import Call
from ringback.kernel.errors import NotFound
from ringback.storage import Connection, Database
from ringback.web import Paging

RoomNames: TypeAlias = Callable[[Connection, str, Collection[str]], Mapping[str, str]]
"""Of some conferences of an account, given by id: what those are called that were joined by name."""


class CallHistory:
    """The service of the history. Calls of another account are not found."""

    def __init__(self, database: Database, room_names: RoomNames) -> None:
        self._database = database
        self._room_names = room_names

    async def page(self, account_id: str, wanted: CallFilter, asked: Paging) -> tuple[list[CallLog], int]:
        """Some of the calls that are wanted, the newest first, and how many there are in all."""

        def work(connection: Connection) -> tuple[list[CallLog], int]:
            calls, total = store.page(connection, account_id, wanted, asked.page * asked.size, asked.size)
            return self._logs(connection, account_id, calls), total

        return await self._database.read(work)

    async def get(self, account_id: str, call_id: str) -> CallLog:
        """Raises `NotFound`, also as long as the call goes on."""

        def work(connection: Connection) -> CallLog:
            call = store.find(connection, account_id, call_id)
            if call is None:
                raise NotFound
            return self._logs(connection, account_id, [call])[0]

        return await self._database.read(work)

    def _logs(self, connection: Connection, account_id: str, calls: list[Call]) -> list[CallLog]:
        dialogs = store.dialogs_of(connection, account_id, calls)
        conferences = {call.owner.id for call in calls} - dialogs.keys()
        names = self._room_names(connection, account_id, conferences)
        return [
            CallLog(call=call, dialog=dialogs.get(call.owner.id), room_name=names.get(call.owner.id)) for call in calls
        ]
