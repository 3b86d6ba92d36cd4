"""What a media worker reports to have happened.

A worker numbers its facts from 1 in each boot and repeats them until they are acknowledged, so a listener may see one
twice. Field order is wire order (`protocol/worker/README.md`, "Facts").
"""

from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from ringback.media.model import Id


class TransportCloseReason(StrEnum):
    """Why a transport closed that nobody had told to close."""

    ICE_TIMEOUT = "ICE_TIMEOUT"
    """No path to the client, or none any more."""
    DTLS_FAILED = "DTLS_FAILED"
    """The handshake failed, or its certificate is not the one of the offer."""
    PEER_CLOSED = "PEER_CLOSED"
    """The client said goodbye (DTLS close_notify)."""
    FAULT = "FAULT"
    """A bug of the worker, fenced to this transport."""


class RoomFailReason(StrEnum):
    """Why a room ended that nobody had told to close."""

    FAULT = "FAULT"
    """A bug of the worker, fenced to this room."""


class TransportConnected(Struct, frozen=True, kw_only=True, tag_field="type", tag="transport_connected"):
    """ICE and DTLS are done; media may flow."""

    room: Id
    participant: Id
    transport: Id


class TransportClosed(Struct, frozen=True, kw_only=True, tag_field="type", tag="transport_closed"):
    """A transport closed by itself. A commanded closing is not reported."""

    room: Id
    participant: Id
    transport: Id
    reason: TransportCloseReason


class PublicationStarted(Struct, frozen=True, kw_only=True, tag_field="type", tag="publication_started"):
    """The first packet of a publication arrived."""

    room: Id
    publication: Id


class RoomFailed(Struct, frozen=True, kw_only=True, tag_field="type", tag="room_failed"):
    """A room ended by itself, with all its transports."""

    room: Id
    reason: RoomFailReason


Fact: TypeAlias = TransportConnected | TransportClosed | PublicationStarted | RoomFailed
"""Every fact there is."""
