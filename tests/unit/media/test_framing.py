"""Frames: a length of 4 bytes and a body, whatever pieces the stream comes in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.media.framing import MAX_BODY, FrameDecoder, FrameInvalid, encode_frame


def bodies(decoder: FrameDecoder) -> list[bytes]:
    found = []
    while (body := decoder.next_body()) is not None:
        found.append(body)
    return found


def test_a_frame_is_its_length_big_endian_and_its_body() -> None:
    assert encode_frame(b"abc") == b"\0\0\0\3abc"


@given(st.lists(st.binary(min_size=1, max_size=40)), st.integers(1, 9))
def test_what_is_framed_comes_out_again_however_the_stream_is_cut(sent: list[bytes], size: int) -> None:
    stream = b"".join(map(encode_frame, sent))
    decoder = FrameDecoder()
    received = []
    for start in range(0, len(stream), size):
        decoder.feed(stream[start : start + size])
        received += bodies(decoder)
    assert received == sent


def test_a_body_waits_for_its_last_byte() -> None:
    decoder = FrameDecoder()
    decoder.feed(b"\0\0\0\2a")
    assert decoder.next_body() is None
    decoder.feed(b"b")
    assert decoder.next_body() == b"ab"
    assert decoder.next_body() is None


def test_the_longest_body_passes() -> None:
    decoder = FrameDecoder()
    decoder.feed(encode_frame(bytes(MAX_BODY)))
    assert decoder.next_body() == bytes(MAX_BODY)


@pytest.mark.parametrize("length", [0, MAX_BODY + 1, 0xFFFF_FFFF])
def test_an_impossible_length_is_noticed_before_its_body_comes(length: int) -> None:
    decoder = FrameDecoder()
    decoder.feed(encode_frame(b"good") + length.to_bytes(4, "big"))
    assert decoder.next_body() == b"good"
    with pytest.raises(FrameInvalid, match=str(length)):
        decoder.next_body()


@pytest.mark.parametrize("length", [0, MAX_BODY + 1])
def test_an_impossible_body_is_not_framed(length: int) -> None:
    with pytest.raises(FrameInvalid):
        encode_frame(bytes(length))
