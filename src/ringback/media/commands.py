"""What the control plane can tell a media worker to do, and what a worker answers.

Creating what exists and closing what is gone both succeed and change nothing, so every command is safe to repeat.
Field order is wire order (`protocol/worker/README.md`, "Commands").
"""

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from ringback.media.model import Id, Pixels, PublicationNumber, SlotIndex, SlotKind, Snapshot, Source


class OpenRoom(Struct, frozen=True, kw_only=True, tag_field="type", tag="open_room"):
    """Make a room, with nobody in it. Answered by `Done`."""

    room: Id


class CloseRoom(Struct, frozen=True, kw_only=True, tag_field="type", tag="close_room"):
    """Close a room and the participants in it. Answered by `Done`."""

    room: Id


class AcceptOffer(Struct, frozen=True, kw_only=True, tag_field="type", tag="accept_offer"):
    """Negotiate a participant's transport from its SDP offer. Answered by `Answer`.

    The participant is created if it is new. A new `transport` id replaces the transport it had; a known one negotiates
    again (more slots, ICE restart). Refused as `OFFER_INVALID` or `OFFER_TOO_LARGE` (over 128 KiB or 64 m-lines).
    """

    room: Id
    participant: Id
    transport: Id
    sdp: str


class CloseParticipant(Struct, frozen=True, kw_only=True, tag_field="type", tag="close_participant"):
    """Close a participant's transport, publications and slots. Answered by `Done`."""

    room: Id
    participant: Id


class Publish(Struct, frozen=True, kw_only=True, tag_field="type", tag="publish"):
    """Let what arrives from a participant's source be this publication. Answered by `Done`.

    Allowed before the participant's first offer. Forwarded packets carry `number` as their CSRC.
    """

    room: Id
    participant: Id
    publication: Id
    number: PublicationNumber
    source: Source


class Unpublish(Struct, frozen=True, kw_only=True, tag_field="type", tag="unpublish"):
    """End a publication; the slots that show it go silent. Answered by `Done`."""

    room: Id
    publication: Id


class MapSlot(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="map_slot"):
    """From now on let a participant's slot carry this publication, or nothing (None). Answered by `Done`.

    An audio slot that is mapped to the `loudest` carries whoever is among the loudest of the room, is not in another
    slot of this participant, and is not the participant itself. Allowed before the participant's first offer.
    """

    room: Id
    participant: Id
    kind: SlotKind
    index: SlotIndex
    publication: Id | None
    loudest: bool = False


class PreferSlot(Struct, frozen=True, kw_only=True, tag_field="type", tag="prefer_slot"):
    """Say how large the client shows a video slot, in device pixels; 0 x 0 is not at all. Answered by `Done`.

    Never said, the slot carries the best that the bandwidth allows. `pinned` slots come before others. Allowed before
    the participant's first offer.
    """

    room: Id
    participant: Id
    index: SlotIndex
    width: Pixels
    height: Pixels
    pinned: bool


class RequestKeyframe(Struct, frozen=True, kw_only=True, tag_field="type", tag="request_keyframe"):
    """Ask a publisher for a keyframe (RTCP PLI, RFC 4585 §6.3.1). Answered by `Done`."""

    room: Id
    publication: Id


class StartCapture(Struct, frozen=True, kw_only=True, tag_field="type", tag="start_capture"):
    """Write the datagrams of a room's transports to a new pcap file, for 1 ... 600 seconds. Answered by `Done`.

    Without `payloads` only headers are kept. One capture at a time for a room; it ends before its time when the file
    has 100 MiB or the room ends. `COMMAND_INVALID` when the file exists already or cannot be made.
    """

    room: Id
    path: str
    payloads: bool
    seconds: Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)]


class StopCapture(Struct, frozen=True, kw_only=True, tag_field="type", tag="stop_capture"):
    """End the capture of a room. Answered by `Done`, also when there is none."""

    room: Id


class TakeSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="take_snapshot"):
    """Answered by `Snapshot`: of everything, or of one room; from where the page before ended."""

    room: Id | None = None
    after: str | None = None


class Ping(Struct, frozen=True, kw_only=True, tag_field="type", tag="ping"):
    """Asks for nothing but the answer, `Done`: whoever gives it lives."""


class Drain(Struct, frozen=True, kw_only=True, tag_field="type", tag="drain"):
    """Take no new rooms from now on, and end with the last one. Answered by `Done`."""


class ShutDown(Struct, frozen=True, kw_only=True, tag_field="type", tag="shut_down"):
    """Close every room, answer `Done`, and exit."""


Command: TypeAlias = (
    OpenRoom
    | CloseRoom
    | AcceptOffer
    | CloseParticipant
    | Publish
    | Unpublish
    | MapSlot
    | PreferSlot
    | RequestKeyframe
    | StartCapture
    | StopCapture
    | TakeSnapshot
    | Ping
    | Drain
    | ShutDown
)
"""Every command there is."""


class Done(Struct, frozen=True):
    """The command was carried out, and there is nothing to tell."""


class Answer(Struct, frozen=True):
    """The SDP answer to an offer."""

    sdp: str


Result: TypeAlias = Done | Answer | Snapshot
"""Every result there is. On the wire it has no tag: which one it is follows from the command."""


def result_type(command: Command) -> type[Done] | type[Answer] | type[Snapshot]:
    """What `command` is answered with when it succeeds."""
    match command:
        case AcceptOffer():
            return Answer
        case TakeSnapshot():
            return Snapshot
        case _:
            return Done
