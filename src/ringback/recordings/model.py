"""What an account records of its WebRTC calls."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SHORTEST_RETENTION: Final = 1
"""Days. A recording that nobody could fetch in time would be made for nothing."""

LONGEST_RETENTION: Final = 3650
"""Days: ten years, which is as long as laws on books of account ask for."""

USUAL_RETENTION: Final = 90
"""Days, for accounts that have chosen nothing: long enough for a complaint, and disks do not fill for ever."""


class Recording(StrEnum):
    """What is recorded."""

    NO_RECORDING = "NO_RECORDING"
    AUDIO = "AUDIO"
    AUDIO_AND_VIDEO = "AUDIO_AND_VIDEO"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSettings:
    """What an account has chosen, or what holds as long as it has not."""

    recording: Recording = Recording.NO_RECORDING
    composition: bool = False
    """Whether the recordings of a conversation's calls are put together into one file."""
    retention_days: int = USUAL_RETENTION
    """After these days a recording is deleted."""
