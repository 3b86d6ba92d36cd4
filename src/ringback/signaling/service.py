"""Carries out what a session asks: each request is one call of a noun's service."""

from typing import assert_never

import msgspec

from ringback.calls import CallService
from ringback.calls.model import ApplicationEndpoint, Endpoint, PhoneEndpoint, WebrtcEndpoint
from ringback.conferences import ConferenceService
from ringback.identities.model import TokenClaims
from ringback.kernel.clock import Clock
from ringback.kernel.errors import Unauthenticated
from ringback.kernel.ids import derived_id
from ringback.signaling.messages import Answered, CallOpened, Done, Result, TextSent
from ringback.signaling.relay import TextRelay
from ringback.signaling.requests import (
    ApplicationDestination,
    CallAccept,
    CallDecline,
    CallHangUp,
    CallStart,
    Destination,
    EchoStart,
    MediaOffer,
    MediaUpdate,
    PhoneDestination,
    Request,
    RoomJoin,
    RoomLeave,
    SlotsPrefer,
    TextConfirm,
    TextSend,
    WebrtcDestination,
)
from ringback.signaling.session import Session


class SignalingService:
    """What the SDKs can do."""

    def __init__(self, calls: CallService, conferences: ConferenceService, relay: TextRelay, clock: Clock) -> None:
        self._calls = calls
        self._conferences = conferences
        self._relay = relay
        self._clock = clock

    async def carry_out(self, asking: Session, request: Request) -> Result:
        """Do what a session asks. Raises `RingbackError`s.

        A token that expires does not end what it began; it only begins nothing new. What was asked of a former run of
        the platform, whose answer was lost with it, is answered now and not done twice: what begins a call gives it an
        id that follows from the request, and the rest finds the state in which it wants to leave things.
        """
        claims, session, account_id = asking.claims, asking.id, asking.claims.account_id
        new_call = derived_id(session, str(request.id))
        match request:
            case CallStart() | RoomJoin() | EchoStart():
                if await self._calls.has_begun(account_id, session, new_call):
                    return CallOpened(new_call)
                self._require_unexpired(claims)
            case CallAccept():
                if await self._calls.has_accepted(account_id, session, request.call_id):
                    return Done()
                self._require_unexpired(claims)
        me = WebrtcEndpoint(claims.identity, claims.display_name)
        match request:
            case CallStart():
                await self._calls.start(
                    account_id,
                    session,
                    new_call,
                    caller=me,
                    callee=_endpoint(request.destination),
                    microphone=request.microphone,
                    camera=request.camera,
                    custom_data=request.custom_data,
                )
                return CallOpened(new_call)
            case RoomJoin():
                await self._conferences.join(
                    account_id,
                    session,
                    new_call,
                    name=request.name,
                    endpoint=me,
                    microphone=request.microphone,
                    camera=request.camera,
                    custom_data=request.custom_data,
                )
                return CallOpened(new_call)
            case EchoStart():
                await self._conferences.start_echo(
                    account_id, session, new_call, endpoint=me, microphone=request.microphone, camera=request.camera
                )
                return CallOpened(new_call)
            case CallAccept():
                await self._calls.accept(
                    account_id,
                    session,
                    request.call_id,
                    endpoint=me,
                    microphone=request.microphone,
                    camera=request.camera,
                )
            case CallDecline():
                await self._calls.decline(account_id, session, request.call_id, on_all_devices=request.on_all_devices)
            case CallHangUp() | RoomLeave():
                await self._calls.hang_up(account_id, session, request.call_id)
            case MediaUpdate():
                await self._calls.switch_media(
                    account_id,
                    session,
                    request.call_id,
                    microphone=None if request.microphone is msgspec.UNSET else request.microphone,
                    camera=None if request.camera is msgspec.UNSET else request.camera,
                    screen=None if request.screen is msgspec.UNSET else request.screen,
                )
            case SlotsPrefer():
                await self._calls.prefer_slots(account_id, session, request.call_id, request.slots)
            case TextSend():
                # Carried out again after a restart it gets the same id, by which its receivers know it again.
                text_id = derived_id(session, str(request.id))
                to = request.to.identity if request.to else None
                self._relay.send(session, request.call_id, text_id, request.text, to)
                return TextSent(text_id)
            case TextConfirm():
                self._relay.confirm(session, request.call_id, request.text_id)
            case MediaOffer():
                sdp = await self._calls.accept_offer(
                    account_id,
                    session,
                    request.call_id,
                    request.sdp,
                    request.connection,
                    command_id=f"{session}:{request.id}",
                )
                return Answered(sdp)
            case _:
                assert_never(request)
        return Done()

    def _require_unexpired(self, claims: TokenClaims) -> None:
        if self._clock.now() >= claims.expires_at:
            raise Unauthenticated("The token has expired.")


def _endpoint(destination: Destination) -> Endpoint:
    match destination:
        case WebrtcDestination():
            return WebrtcEndpoint(destination.identity)
        case PhoneDestination():
            return PhoneEndpoint(destination.phone_number.removeprefix("+"))
        case ApplicationDestination():
            return ApplicationEndpoint(destination.calls_configuration_id)
