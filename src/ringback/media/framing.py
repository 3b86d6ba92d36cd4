"""Frames of the worker protocol: a length of 4 bytes, big endian, and that many bytes of body. No I/O happens here."""

MAX_BODY = 1_048_576
"""Bytes. Ten times the largest offer; what is longer is a fault or an attack, and is not worth the memory."""

_HEADER = 4


class FrameInvalid(ValueError):
    """The length of a frame is 0 or above the limit. What follows it cannot be told apart, so close the connection."""


def encode_frame(body: bytes) -> bytes:
    """The frame of a body. Raises `FrameInvalid` when the body is empty or too long."""
    _check(len(body))
    return len(body).to_bytes(_HEADER, "big") + body


class FrameDecoder:
    """Cuts a stream of bytes into frames, however the bytes arrive.

    >>> decoder = FrameDecoder()
    >>> decoder.feed(encode_frame(b"one") + b"\\0\\0\\0")
    >>> decoder.next_body(), decoder.next_body()
    (b'one', None)
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self._buffer += data

    def next_body(self) -> bytes | None:
        """The oldest complete body, or None until more bytes are fed. Raises `FrameInvalid`."""
        if len(self._buffer) < _HEADER:
            return None
        length = int.from_bytes(self._buffer[:_HEADER], "big")
        _check(length)
        end = _HEADER + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_HEADER:end])
        del self._buffer[:end]
        return body


def _check(length: int) -> None:
    if not 1 <= length <= MAX_BODY:
        raise FrameInvalid(f"a frame's body has 1 ... {MAX_BODY} bytes, not {length}")
