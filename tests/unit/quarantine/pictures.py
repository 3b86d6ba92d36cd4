"""Pictures, and what pretends to be one."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def encoded(picture: Image.Image, file_format: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, file_format, **options)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def small(mode: str = "RGB", color: Any = "teal") -> Image.Image:
    return Image.new(mode, (16, 9), color)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of(*chunks: bytes, width: int = 16, height: int = 9) -> bytes:
    """A PNG in RGBA that says this size and holds these chunks."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def pixels_of(width: int, height: int) -> bytes:
    """The chunk of a transparent picture: a thousandth of what it unpacks to."""
    compressor = zlib.compressobj(9)
    rows = b"".join(compressor.compress(bytes(1 + 4 * width)) for _ in range(height))
    return chunk(b"IDAT", rows + compressor.flush())
