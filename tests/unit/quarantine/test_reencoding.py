"""What is left of a picture when it has been made again, and what is not made again at all."""

import pytest
from PIL import Image, ImageColor
from PIL.ExifTags import Base
from PIL.PngImagePlugin import PngInfo

from ringback.quarantine.reencoding import MOST_PIXELS, Outcome, Refused, reencode
from tests.unit.quarantine.pictures import SVG, chunk, encoded, opened, pixels_of, png_of, small


def outcome(content: bytes, file_format: str = "PNG") -> Outcome:
    with pytest.raises(Refused) as refused:
        reencode(content, file_format)
    return refused.value.outcome


@pytest.mark.parametrize("mode", ["1", "L", "I;16", "LA", "P", "RGB", "RGBA"])
def test_a_png_shows_the_same(mode: str) -> None:
    before = Image.linear_gradient("L").resize((40, 30)).convert(mode) if mode != "I;16" else small(mode, 30_000)
    after = opened(reencode(encoded(before), "PNG"))
    assert after.format == "PNG"
    assert after.convert("RGBA").tobytes() == opened(encoded(before)).convert("RGBA").tobytes()


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_shows_nearly_the_same(mode: str) -> None:
    before = encoded(Image.linear_gradient("L").convert(mode), "JPEG", quality=95)
    after = opened(reencode(before, "JPEG"))
    assert (after.format, after.size) == ("JPEG", (256, 256))
    wanted = opened(before).convert("L").tobytes()
    assert max(abs(a - b) for a, b in zip(after.convert("L").tobytes(), wanted, strict=True)) < 8


def test_what_is_transparent_stays_so() -> None:
    palette = small().convert("P")
    seen = opened(reencode(encoded(palette, transparency=palette.getpixel((0, 0))), "PNG"))
    assert seen.getpixel((0, 0))[3] == 0  # type: ignore[index]


def test_nothing_but_the_picture_is_kept_of_a_png() -> None:
    text = PngInfo()
    text.add_text("Author", "a canary")
    text.add_itxt("Comment", "a canary", zip=True)
    exif = Image.Exif()
    exif[Base.Artist] = "a canary"
    before = encoded(small(), pnginfo=text, exif=exif, icc_profile=b"a canary", dpi=(72, 72)) + b"a canary: PK\x03\x04"
    after = reencode(before, "PNG")
    assert before.count(b"canary") >= 3
    assert b"canary" not in after
    assert opened(after).info == {}


def test_nothing_but_the_picture_is_kept_of_a_jpeg() -> None:
    exif = Image.Exif()
    exif[Base.Artist] = "a canary"
    before = encoded(small(), "JPEG", exif=exif, comment="a canary", icc_profile=b"a canary") + b"<?php canary ?>"
    after = reencode(before, "JPEG")
    assert before.count(b"canary") == 4
    assert b"canary" not in after
    assert not opened(after).getexif()


@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_a_picture_that_a_phone_took_upright_is_upright(file_format: str) -> None:
    upright = Image.new("RGB", (90, 160), "blue")
    upright.paste("red", (0, 0, 90, 80))
    exif = Image.Exif()
    exif[Base.Orientation] = 6  # to be turned to the right by a quarter
    before = encoded(upright.transpose(Image.Transpose.ROTATE_90), file_format, exif=exif)
    assert opened(before).size == (160, 90)
    after = opened(reencode(before, file_format))
    assert after.size == (90, 160)
    assert [ImageColor.getrgb(colour) for colour in ("red", "blue")] == [
        tuple(round(value / 255) * 255 for value in after.getpixel((45, y)))  # type: ignore[union-attr]
        for y in (10, 150)
    ]
    assert not after.getexif()


@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_a_picture_whose_exif_is_illegible_stays_as_it_is(file_format: str) -> None:
    before = encoded(small(), file_format, exif=b"Exif\x00\x00nothing of the kind", dpi=(72, 72))
    assert opened(reencode(before, file_format)).size == (16, 9)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", SVG, b"%PDF-1.7", encoded(small(), "GIF"), encoded(small(), "BMP"), encoded(small(), "TIFF")],
)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_what_is_no_such_picture_is_refused(content: bytes, file_format: str) -> None:
    assert outcome(content, file_format) is Outcome.OTHER_FORMAT


def test_a_picture_of_the_other_kind_is_refused() -> None:
    assert outcome(encoded(small(), "JPEG"), "PNG") is Outcome.OTHER_FORMAT
    assert outcome(encoded(small(), "PNG"), "JPEG") is Outcome.OTHER_FORMAT


def test_an_animation_is_refused() -> None:
    two = encoded(small(), save_all=True, append_images=[small(color="red")])
    assert outcome(two) is Outcome.ANIMATED


@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_half_a_picture_is_refused(file_format: str) -> None:
    whole = encoded(Image.effect_noise((300, 200), 100), file_format)
    assert outcome(whole[: len(whole) // 2], file_format) is Outcome.DAMAGED


def test_a_picture_that_is_no_more_than_its_size_is_refused() -> None:
    assert outcome(png_of()) is Outcome.DAMAGED
    assert outcome(png_of(chunk(b"IDAT", b"not compressed"))) is Outcome.DAMAGED
    assert outcome(png_of(pixels_of(16, 9), width=0)) in (Outcome.DAMAGED, Outcome.OTHER_FORMAT)


@pytest.mark.parametrize(
    ("width", "height"), [(30_000, 30_000), (MOST_PIXELS + 1, 1), (2**31 - 1, 2**31 - 1), (2**32 - 1, 1)]
)
def test_a_picture_with_too_many_pixels_is_refused_before_it_is_unpacked(width: int, height: int) -> None:
    assert outcome(png_of(width=width, height=height)) is Outcome.TOO_MANY_PIXELS
