"""What calls need from the world, besides the media workers (`media/engine.py`)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from ringback.calls.model import Endpoint, EndReason
from ringback.media.model import Source


class LegChannel(Protocol):
    """How an outbound leg reaches its endpoint. The SDKs' channel is `ringback.signaling`."""

    async def find_devices(self, account_id: str, endpoint: Endpoint) -> tuple[str, ...] | EndReason:
        """The sessions on which the endpoint can be alerted now, or why there are none."""

    def has_session(self, id: str) -> bool:
        """Whether this session is still there, if only waiting for its client."""


class Audience(Protocol):
    """Who is told what the workers see of the media of calls: what nobody has to store."""

    def audio_levels(self, room: str, loudness: Mapping[str, int]) -> None:
        """Loudness by call id, in dB of full scale (-127 is silence), of everybody in a worker's room."""

    def absent(self, room: str, calls: Collection[str], absent: Collection[str]) -> None:
        """Of the calls with a microphone in a worker's room, those from which nothing arrives at the moment."""

    def video(self, room: str, paused: Mapping[str, Sequence[int]], wanted: Mapping[str, Mapping[Source, int]]) -> None:
        """Paused video slots by call id, and how many layers of its camera and screen are wanted, of a worker's room.

        All that there is in the room: a call that is missing has no paused slots, or publishes no video.
        """
