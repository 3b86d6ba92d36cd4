"""The door for pictures: what is taken, and what is told of the others."""

import asyncio
from pathlib import Path

import pytest
from PIL import Image
from structlog.testing import capture_logs

from ringback.kernel.errors import InvalidRequest, TooLarge, Unavailable, UnsupportedMedia
from ringback.quarantine import reencoding
from ringback.quarantine.model import FileFormat, format_of
from ringback.quarantine.pictures import LIMITS, Pictures
from ringback.quarantine.reencoding import MOST_PIXELS
from tests.unit.quarantine.pictures import SVG, encoded, opened, pixels_of, png_of, small

SOURCE = Path(reencoding.__file__).read_text("utf-8")


def instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str) -> None:
    """Let this be what runs in the place of the decoder."""
    file = tmp_path / "program.py"
    file.write_text(program)
    monkeypatch.setattr(reencoding, "__file__", str(file))


async def test_a_picture_comes_back_clean() -> None:
    clean = await Pictures().reencode(encoded(small()) + b"canary", FileFormat.PNG)
    assert opened(clean).size == (16, 9)
    assert b"canary" not in clean


@pytest.mark.parametrize(
    ("content", "error", "reason"),
    [
        (SVG, UnsupportedMedia, "not a PNG"),
        (encoded(small(), save_all=True, append_images=[small(color="red")]), UnsupportedMedia, "one picture"),
        (png_of(width=30_000, height=30_000), TooLarge, "pixels"),
        (png_of(), InvalidRequest, "damaged"),
    ],
)
async def test_what_is_refused_is_told_why(content: bytes, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason) as refused:
        await Pictures().reencode(content, FileFormat.PNG)
    assert refused.value.field == "file"  # type: ignore[attr-defined]


async def test_the_largest_picture_fits_into_what_a_process_gets() -> None:
    width = 6144
    assert width * 3456 == MOST_PIXELS
    for content in (png_of(pixels_of(width, 3456), width=width, height=3456), encoded(Image.new("P", (width, 3456)))):
        assert opened(await Pictures().reencode(content, FileFormat.PNG)).size == (width, 3456)


async def test_a_picture_that_grows_without_measure_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    instead(monkeypatch, tmp_path, SOURCE.replace("32 * 1024 * 1024", "10"))
    with pytest.raises(TooLarge, match="unpacked"):
        await Pictures().reencode(encoded(small()), FileFormat.PNG)


async def test_a_picture_that_breaks_its_decoder_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    instead(monkeypatch, tmp_path, "import os; os.abort()")
    with capture_logs(), pytest.raises(InvalidRequest, match="reasonable effort") as refused:
        await Pictures().reencode(encoded(small()), FileFormat.PNG)
    assert refused.value.field == "file"


async def test_more_pictures_than_can_wait_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    instead(monkeypatch, tmp_path, "import sys; sys.stdin.read()")
    door = Pictures()
    room = LIMITS.processes + LIMITS.waiting
    asked = [asyncio.create_task(door.reencode(b"", FileFormat.PNG)) for _ in range(room + 3)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(result) for result in results] == [bytes] * room + [Unavailable] * 3
    assert await door.reencode(b"", FileFormat.PNG) == b""


async def test_a_side_may_be_as_long_as_is_told_and_no_longer() -> None:
    assert opened(await Pictures().reencode(encoded(small()), FileFormat.PNG, longest_side=16)).size == (16, 9)
    with pytest.raises(TooLarge, match="at most 15 × 15 pixels"):
        await Pictures().reencode(encoded(small()), FileFormat.PNG, longest_side=15)


def test_a_picture_says_itself_what_it_is() -> None:
    assert format_of(encoded(small())) is FileFormat.PNG
    assert format_of(encoded(small(), "JPEG")) is FileFormat.JPEG
    for other in (SVG, b"", encoded(small(), "GIF")):
        with pytest.raises(UnsupportedMedia, match="PNG or JPEG"):
            format_of(other)
