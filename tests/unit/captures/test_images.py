"""The process that makes pictures again: what it may not take, and what becomes of the platform when it breaks."""

import asyncio
from pathlib import Path

import pytest
from PIL import Image
from structlog.testing import capture_logs

from ringback.captures import images, reencoding
from ringback.captures.images import PROCESSES, WAITING_LIMIT, Images
from ringback.captures.model import FileFormat
from ringback.captures.reencoding import MOST_PIXELS
from ringback.kernel.errors import InvalidRequest, TooLarge, Unavailable, UnsupportedMedia
from tests.unit.captures.pictures import SVG, encoded, opened, pixels_of, png_of, small

SOURCE = Path(reencoding.__file__).read_text("utf-8")


def instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str) -> None:
    """Let this be what runs in the place of the decoder."""
    file = tmp_path / "program.py"
    file.write_text(program)
    monkeypatch.setattr(reencoding, "__file__", str(file))


async def test_a_picture_comes_back_clean() -> None:
    clean = await Images().reencode(encoded(small()) + b"canary", FileFormat.PNG)
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
        await Images().reencode(content, FileFormat.PNG)
    assert refused.value.field == "file"  # type: ignore[attr-defined]


async def test_the_largest_picture_fits_into_what_a_process_gets() -> None:
    width = 6144
    assert width * 3456 == MOST_PIXELS
    for content in (png_of(pixels_of(width, 3456), width=width, height=3456), encoded(Image.new("P", (width, 3456)))):
        assert opened(await Images().reencode(content, FileFormat.PNG)).size == (width, 3456)


async def test_a_picture_that_grows_without_measure_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    instead(monkeypatch, tmp_path, SOURCE.replace("32 * 1024 * 1024", "10"))
    with pytest.raises(TooLarge, match="unpacked"):
        await Images().reencode(encoded(small()), FileFormat.PNG)


LIMITED = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("reencoding", {path!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.SECONDS = 1
def misbehave(content, file_format):
    {misbehaviour}
    return b"done"
module.reencode = misbehave
module.main()
"""


@pytest.mark.parametrize(
    "misbehaviour",
    [
        "bytes(600_000_000)",
        "while True: pass",
        "import tempfile; tempfile.TemporaryFile(buffering=0).write(b'x')",
        "import os; os.abort()",
    ],
    ids=["memory", "time", "files", "crash"],
)
async def test_a_decoder_that_misbehaves_ends_alone(
    misbehaviour: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    instead(monkeypatch, tmp_path, LIMITED.format(path=reencoding.__file__, misbehaviour=misbehaviour))
    with capture_logs() as log, pytest.raises(InvalidRequest, match="reasonable effort"):
        await Images().reencode(encoded(small()), FileFormat.PNG)
    assert [entry["event"] for entry in log] == ["A picture broke its decoder."]


async def test_a_decoder_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    instead(monkeypatch, tmp_path, "import time; time.sleep(3600)")
    monkeypatch.setattr(images, "PATIENCE", 0.2)
    with capture_logs(), pytest.raises(InvalidRequest, match="reasonable effort"):
        await Images().reencode(b"", FileFormat.PNG)


async def test_a_decoder_knows_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RINGBACK_SECRET_KEY", "the key of this installation, long enough")
    instead(monkeypatch, tmp_path, "import os; print(*os.environ.values())")
    assert b"installation" not in await Images().reencode(b"", FileFormat.PNG)


async def test_more_pictures_than_can_wait_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    instead(monkeypatch, tmp_path, "import sys; sys.stdin.read()")
    door = Images()
    room = PROCESSES + WAITING_LIMIT
    asked = [asyncio.create_task(door.reencode(b"", FileFormat.PNG)) for _ in range(room + 3)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(result) for result in results] == [bytes] * room + [Unavailable] * 3
    assert await door.reencode(b"", FileFormat.PNG) == b""
