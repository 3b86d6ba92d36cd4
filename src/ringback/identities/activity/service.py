"""Tells what is known of the sessions of an identity."""

from ringback.identities.activity import store
from ringback.identities.activity.model import Activity, ActivityFilter
from ringback.storage import Database
from ringback.web import Paging


class UserActivity:
    """The service of this noun. What it tells comes from `ActivityJournal`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, account_id: str, wanted: ActivityFilter, asked: Paging) -> tuple[list[Activity], int]:
        """Some activity of an identity, the newest first, and how much there is in all."""
        return await self._database.read(
            lambda connection: store.page(connection, account_id, wanted, asked.page * asked.size, asked.size)
        )
