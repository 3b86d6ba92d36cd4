"""The door for strangers' pictures: what comes out was made by us (`reencoding.py`, in a quarantine)."""

from typing import Final

from ringback.kernel.errors import InvalidRequest, RingbackError, TooLarge, UnsupportedMedia
from ringback.quarantine import reencoding
from ringback.quarantine.model import FileFormat
from ringback.quarantine.processes import Limits, Quarantine
from ringback.quarantine.reencoding import Outcome

LIMITS: Final = Limits(
    processes=2,  # 1 GiB at most; more would take processor time from running calls
    waiting=20,  # some seconds of work, and 200 MiB at most
    memory=512 * 1024 * 1024,  # the largest picture, twice for a moment, and what decodes it
    processor_seconds=10,  # the largest screen takes one or two
    patience_seconds=30.0,
)
"""For one picture, as large as `reencoding.py` takes them."""

_FIELD: Final = "file"


class Pictures:
    """Makes clean pictures."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._quarantine = Quarantine(
            reencoding.__file__, Outcome, limits, field=_FIELD, refusal="cannot be decoded with reasonable effort"
        )

    async def reencode(self, content: bytes, file_format: FileFormat, longest_side: int | None = None) -> bytes:
        """The picture that `content` shows, without whatever else it holds.

        `longest_side`: pixels that its width and its height may have; without it, all that a screen has.

        Raises `InvalidRequest`, `TooLarge` or `UnsupportedMedia` for what cannot be taken, and `Unavailable` when too
        many are waiting or the machine is too busy.
        """
        limit = () if longest_side is None else (str(longest_side),)
        outcome, picture = await self._quarantine.read(content, file_format.value, *limit)
        if outcome is Outcome.SIDE_TOO_LONG:
            raise TooLarge(f"must be at most {longest_side} × {longest_side} pixels", field=_FIELD)
        if outcome is not Outcome.CLEAN:
            raise _refusal(outcome, file_format)
        return picture


def _refusal(outcome: Outcome, file_format: FileFormat) -> RingbackError:
    match outcome:
        case Outcome.OTHER_FORMAT:
            return UnsupportedMedia(f"is not a {file_format} picture", field=_FIELD)
        case Outcome.ANIMATED:
            return UnsupportedMedia("must be one picture, not an animation", field=_FIELD)
        case Outcome.TOO_MANY_PIXELS:
            return TooLarge(f"has more than {reencoding.MOST_PIXELS} pixels", field=_FIELD)
        case Outcome.RESULT_TOO_LARGE:
            return TooLarge("is too large when it is unpacked", field=_FIELD)
        case _:
            return InvalidRequest("is damaged: it cannot be decoded", field=_FIELD)
