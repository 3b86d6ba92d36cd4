"""The kinds of pictures that are taken."""

from enum import StrEnum
from typing import Final

from ringback.kernel.errors import UnsupportedMedia

_BEGINNINGS: Final = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff"}
"""How files of each kind begin."""


class FileFormat(StrEnum):
    """The kinds of pictures."""

    PNG = "PNG"
    JPEG = "JPEG"


def format_of(content: bytes) -> FileFormat:
    """What `content` says that it is, by its first bytes. Raises `UnsupportedMedia` when that is no kind we take."""
    for file_format in FileFormat:
        if content.startswith(_BEGINNINGS[file_format]):
            return file_format
    raise UnsupportedMedia("must be a PNG or JPEG picture", field="file")
