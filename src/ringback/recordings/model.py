"""What an account wants to be recorded of its WebRTC calls."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

RETENTION: Final = range(1, 3651)
"""Days that recordings may be kept: for less, nobody could fetch them; ten years is what bookkeeping laws ask for."""

USUAL_RETENTION: Final = 90
"""Days for accounts that have not chosen: time for a complaint, and disks do not fill for ever."""


class RecordingMode(StrEnum):
    """What is recorded."""

    NO_RECORDING = "NO_RECORDING"
    AUDIO = "AUDIO"
    AUDIO_AND_VIDEO = "AUDIO_AND_VIDEO"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSettings:
    """What an account has chosen; without arguments, what holds as long as it has not."""

    recording: RecordingMode = RecordingMode.NO_RECORDING
    composition: bool = False
    """Whether the recordings of all calls of a dialog or conference are put together into one file."""
    retention_days: int = USUAL_RETENTION
    """Days after which a recording is deleted."""
