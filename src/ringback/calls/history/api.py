"""`/webrtc/1/call-history`: ours. What it tells is named as in `/calls/1/calls/history` of the public API."""

from datetime import timedelta
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Path, Query
from pydantic import Field

from ringback.calls.history.model import CallFilter, CallLog, FinalState
from ringback.calls.history.service import CallHistory
from ringback.calls.model import (
    ApplicationEndpoint,
    Direction,
    Endpoint,
    EndReason,
    PhoneEndpoint,
    WebrtcEndpoint,
)
from ringback.identities.model import IDENTITY_LENGTH
from ringback.web import (
    Authenticated,
    ErrorBody,
    Moment,
    Operation,
    PageInfo,
    Paging,
    ResponseModel,
    Text,
    WithPageInfo,
    described,
    paging,
)

CallId = Annotated[Text, Path(alias="callId", description="Its id.")]


class WebrtcEndpointAnswer(ResponseModel):
    type: Literal["WEBRTC"] = "WEBRTC"

    identity: Annotated[str, Field(examples=["anna"])]
    """Who it is, on whichever of its devices."""

    display_name: Annotated[str | None, Field(examples=["Anna, desk"])] = None
    """What the others saw, if its token said so."""


class PhoneEndpointAnswer(ResponseModel):
    type: Literal["PHONE"] = "PHONE"

    phone_number: Annotated[str, Field(examples=["41793026727"])]
    """International (E.164), without the plus sign."""


class ApplicationEndpointAnswer(ResponseModel):
    type: Literal["APPLICATION"] = "APPLICATION"

    calls_configuration_id: Annotated[str, Field(examples=["support"])]
    """How the backend that was called is named."""


EndpointAnswer: TypeAlias = WebrtcEndpointAnswer | PhoneEndpointAnswer | ApplicationEndpointAnswer


class EndReasonAnswer(ResponseModel):
    id: Annotated[int, Field(examples=[EndReason.NORMAL_HANGUP.id])]
    """10000 and above; each name has its own."""

    name: EndReason
    """Why the call ended."""

    description: Annotated[str, Field(examples=[EndReason.NORMAL_HANGUP.description])]
    """The same in a sentence, for people."""


class CallLogAnswer(ResponseModel):
    call_id: Annotated[str, Field(examples=["0a6b1d3c-7a52-4c1e-9b0e-5f3f6c2d8e41"])]
    """The SDK knows it by the same id."""

    endpoint: EndpointAnswer
    """Who the call connected the platform with."""

    counterpart: EndpointAnswer | None = None
    """Who called or was called by this endpoint. A call in a room has none."""

    from_: Annotated[str, Field(alias="from", examples=["anna"])]
    """The identity that called, or came into a room."""

    to: Annotated[str | None, Field(examples=["boris"])] = None
    """Who was called: an identity, a phone number or a calls configuration. A call in a room has none."""

    direction: Direction
    """Seen from the platform: `INBOUND` is the call of who called or came into a room, `OUTBOUND` of who was called."""

    state: FinalState
    """`FINISHED`: it was answered. The others: it was not, and `errorCode` says why."""

    start_time: Moment
    """When the platform heard of the call."""

    answer_time: Moment | None = None
    """Absent where nobody answered."""

    end_time: Moment
    """When it was over for this endpoint."""

    ring_duration: Annotated[int, Field(ge=0, examples=[7])]
    """Whole seconds until the answer, or the end where nobody answered."""

    duration: Annotated[int, Field(ge=0, examples=[64])]
    """Whole seconds from the answer to the end; 0 where nobody answered."""

    error_code: EndReasonAnswer
    """Why the call ended; of a call that ended as it should, this is no error."""

    dialog_id: Annotated[str | None, Field(examples=["5d0c7c8e-2f64-4f0a-8d7b-91a3e5b6c702"])] = None
    """Where one called another: the dialog of the two calls."""

    parent_call_id: str | None = None
    """For the call of who was called: the `callId` of who called."""

    conference_ids: list[str]
    """For a call in a room: its conference, which is the same for all who met there. Else empty."""

    room_name: Annotated[str | None, Field(examples=["standup"])] = None
    """The name by which the conference was joined. A test of the line is a conference without one."""

    custom_data: Annotated[dict[str, str], Field(examples=[{"order": "17"}])]
    """What the application said about the call when it began."""

    @classmethod
    def of(cls, log: CallLog) -> "CallLogAnswer":
        call, dialog = log.call, log.dialog
        assert call.ended_at is not None
        assert call.end_reason is not None
        return cls(
            call_id=call.id,
            endpoint=_endpoint(call.endpoint),
            counterpart=None if dialog is None else _endpoint(dialog.other(call.id).endpoint),
            from_=call.caller.identifier,
            to=None if dialog is None else dialog.child.endpoint.identifier,
            direction=call.direction,
            state=log.state,
            start_time=call.created_at,
            answer_time=call.established_at,
            end_time=call.ended_at,
            ring_duration=_seconds(log.ring_duration),
            duration=_seconds(log.duration),
            error_code=EndReasonAnswer(
                id=call.end_reason.id, name=call.end_reason, description=call.end_reason.description
            ),
            dialog_id=None if dialog is None else dialog.id,
            parent_call_id=None if dialog is None or call.id == dialog.parent.id else dialog.parent.id,
            conference_ids=[call.owner.id] if dialog is None else [],
            room_name=log.room_name,
            custom_data=call.custom_data,
        )


def call_history_routes(history: CallHistory) -> APIRouter:
    """Both operations."""
    router = APIRouter(prefix="/webrtc/1/call-history", tags=["webrtc-calls"], route_class=Operation)

    @router.get("", **_described("get-webrtc-call-history"))
    async def get_call_history(
        principal: Authenticated,
        asked: Annotated[Paging, paging(100)],
        identity: Annotated[
            Text | None,
            Query(max_length=IDENTITY_LENGTH[-1], description="Only calls of this identity.", examples=["anna"]),
        ] = None,
        direction: Annotated[Direction | None, Query(description="Only calls of this direction.")] = None,
        started_after: Annotated[
            Moment | None, Query(alias="startTimeAfter", description="Only calls that began then or later.")
        ] = None,
        started_before: Annotated[
            Moment | None, Query(alias="startTimeBefore", description="Only calls that began earlier.")
        ] = None,
    ) -> WithPageInfo[CallLogAnswer]:
        """List the calls that have ended.

        Who called last comes first. A call is what connects one endpoint with the platform: where one calls another,
        there are two of them, an inbound and an outbound one, which tell the same `dialogId`.
        """
        wanted = CallFilter(
            identity=identity, direction=direction, started_after=started_after, started_before=started_before
        )
        logs, total = await history.page(principal.account_id, wanted, asked)
        return WithPageInfo(results=[CallLogAnswer.of(log) for log in logs], page_info=PageInfo.of(asked, total))

    @router.get("/{callId}", **_described("get-webrtc-call-history-entry", 404))
    async def get_call(principal: Authenticated, call_id: CallId) -> CallLogAnswer:
        """Get a call that has ended.

        As long as it goes on it is not found here.
        """
        return CallLogAnswer.of(await history.get(principal.account_id, call_id))

    return router


def _described(operation_id: str, *errors: int) -> dict[str, Any]:
    return described(
        operation_id,
        scopes=("webrtc:manage",),
        limit="100/second",
        errors=(400, *errors),
        body=ErrorBody.API_ERROR,
    )


def _endpoint(endpoint: Endpoint) -> EndpointAnswer:
    match endpoint:
        case WebrtcEndpoint(identity, display_name):
            return WebrtcEndpointAnswer(identity=identity, display_name=display_name)
        case PhoneEndpoint(phone_number):
            return PhoneEndpointAnswer(phone_number=phone_number)
        case ApplicationEndpoint(calls_configuration_id):
            return ApplicationEndpointAnswer(calls_configuration_id=calls_configuration_id)


def _seconds(duration: timedelta) -> int:
    return max(0, int(duration.total_seconds()))  # clocks are set back sometimes, and a call lasts no less than nothing
