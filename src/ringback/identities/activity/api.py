"""`GET /webrtc/1/user-activity` of the public API (contract §5)."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from ringback.identities.activity.model import Activity, ActivityFilter, ActivityType
from ringback.identities.activity.service import UserActivity
from ringback.web import (
    Authenticated,
    ErrorBody,
    Moment,
    Operation,
    PageInfo,
    Paging,
    ResponseModel,
    Text,
    described,
    paging,
)


class UserActivityAnswer(ResponseModel):
    session_id: Annotated[str, Field(examples=["2c9d2a2e-9f0b-4a55-8a45-0b3c7a1d9f10"])]
    """The connection. Its beginning and its end tell the same."""

    activity_type: ActivityType
    """What happened to it."""

    timestamp: Moment
    """When it happened."""

    @classmethod
    def of(cls, activity: Activity) -> "UserActivityAnswer":
        return cls(session_id=activity.session_id, activity_type=activity.type, timestamp=activity.happened_at)


class UserActivityPage(ResponseModel):
    identity: Annotated[str, Field(examples=["anna"])]
    """Whose activity it is."""

    results: list[UserActivityAnswer]
    """The page that was asked for."""

    page_info: PageInfo
    """Which page it is, and how many there are."""


def user_activity_routes(user_activity: UserActivity) -> APIRouter:
    """The one operation."""
    router = APIRouter(prefix="/webrtc/1", tags=["webrtc-calls"], route_class=Operation)

    @router.get(
        "/user-activity",
        **described(
            "get-user-activity",
            scopes=("webrtc:manage",),
            limit="100/second",
            errors=(400,),
            body=ErrorBody.API_ERROR,
        ),
    )
    async def get_user_activity(
        principal: Authenticated,
        asked: Annotated[Paging, paging(100, smallest=0)],
        identity: Annotated[Text, Query(description="Whose activity.", examples=["anna"])],
        start_time: Annotated[
            Moment | None, Query(alias="startTime", description="Only what happened then or later.")
        ] = None,
        end_time: Annotated[
            Moment | None, Query(alias="endTime", description="Only what happened then or earlier.")
        ] = None,
        session_id: Annotated[Text | None, Query(alias="sessionId", description="Only of this connection.")] = None,
    ) -> UserActivityPage:
        """List when somebody was connected.

        The newest comes first. An identity has a connection for each of its devices; each leaves when it began and when
        it ended. A connection that was lost for less than half a minute goes on, and leaves nothing of that.
        """
        wanted = ActivityFilter(identity=identity, session_id=session_id, since=start_time, until=end_time)
        found, total = await user_activity.page(principal.account_id, wanted, asked)
        return UserActivityPage(
            identity=identity,
            results=[UserActivityAnswer.of(activity) for activity in found],
            page_info=PageInfo.of(asked, total),
        )

    return router
