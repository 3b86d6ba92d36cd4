"""A program that makes a clean picture of a stranger's: stdin to stdout, the exit status is an `Outcome`.

Its arguments are a format, and perhaps the longest side that is taken, in pixels.

What decodes strangers' bytes runs in a `quarantine`, where neither a bomb nor a bug of a decoder reaches anything. So
this file is run by its path, and imports nothing of the platform.
"""

import io
import sys
from contextlib import suppress
from enum import IntEnum
from typing import Final

MOST_PIXELS: Final = 6144 * 3456
"""Screens of 6K, the largest that people share. At four bytes each, and twice for a moment: 170 MB."""

LARGEST_RESULT: Final = 32 * 1024 * 1024
"""Bytes. A picture grows when its palette is resolved; what grows beyond this was made to."""

KEPT_MODES: Final = {"PNG": ("1", "L", "I;16", "RGB"), "JPEG": ("L", "RGB")}
"""Kinds of pixels that stay as they are; palettes and colours for print become RGB."""

JPEG_QUALITY: Final = 90
"""Text on a screen stays readable; 95 makes files half as large again."""


class Outcome(IntEnum):
    """How it went, as an exit status."""

    CLEAN = 0
    OTHER_FORMAT = 10
    DAMAGED = 11
    TOO_MANY_PIXELS = 12
    RESULT_TOO_LARGE = 13
    ANIMATED = 14
    SIDE_TOO_LONG = 15


class Refused(Exception):
    """This picture is not taken."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.name)
        self.outcome = outcome


def reencode(content: bytes, file_format: str, longest_side: int | None = None) -> bytes:
    """The picture in `content`, a PNG or JPEG as `file_format` says, and nothing else of it: no text, no EXIF, no rest.

    It is turned as its EXIF says, before that is gone. `longest_side`: pixels of a side at most. Raises `Refused`.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # here, because the platform itself decodes nothing

    Image.MAX_IMAGE_PIXELS = None  # we look ourselves, before anything is decoded
    try:
        try:
            picture: Image.Image = Image.open(io.BytesIO(content), formats=[file_format])
        except UnidentifiedImageError:
            raise Refused(Outcome.OTHER_FORMAT) from None
        if picture.width * picture.height > MOST_PIXELS:
            raise Refused(Outcome.TOO_MANY_PIXELS)
        if longest_side is not None and max(picture.size) > longest_side:
            raise Refused(Outcome.SIDE_TOO_LONG)
        if getattr(picture, "n_frames", 1) > 1:
            raise Refused(Outcome.ANIMATED)
        picture.load()
        with suppress(Exception):  # what is illegible there is no reason to refuse the picture
            ImageOps.exif_transpose(picture, in_place=True)
        if file_format == "PNG" and picture.has_transparency_data:
            picture = picture.convert("RGBA")
        elif picture.mode not in KEPT_MODES[file_format]:
            picture = picture.convert("RGB")
        picture.info = {}
        result = io.BytesIO()
        picture.save(result, file_format, quality=JPEG_QUALITY)
    except Refused:
        raise
    except Exception:  # decoders raise whatever they stumble over
        raise Refused(Outcome.DAMAGED) from None
    if result.tell() > LARGEST_RESULT:
        raise Refused(Outcome.RESULT_TOO_LARGE)
    return result.getvalue()


def main() -> None:
    try:
        result = reencode(sys.stdin.buffer.read(), sys.argv[1], *map(int, sys.argv[2:]))
    except Refused as refused:
        sys.exit(refused.outcome)
    sys.stdout.buffer.write(result)


if __name__ == "__main__":
    main()
