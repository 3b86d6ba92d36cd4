"""What calls need from the world, besides the media workers (`media/engine.py`)."""

from collections.abc import Mapping
from typing import Protocol

from ringback.calls.model import Endpoint, EndReason


class LegChannel(Protocol):
    """How an outbound leg reaches its endpoint. The SDKs' channel is `ringback.signaling`."""

    async def find_devices(self, account_id: str, endpoint: Endpoint) -> tuple[str, ...] | EndReason:
        """The sessions on which the endpoint can be alerted now, or why there are none."""


class Audience(Protocol):
    """Who is told how loud the microphones of calls are."""

    def audio_levels(self, room: str, loudness: Mapping[str, int]) -> None:
        """Loudness by call id, in dB of full scale (-127 is silence), of everybody in a worker's room."""
