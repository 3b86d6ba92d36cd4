"""Whatever is uploaded as a picture: a clean picture comes out, or a refusal, and nothing else."""

import io

from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from ringback.quarantine.reencoding import MOST_PIXELS, Refused, reencode
from tests.unit.quarantine.pictures import chunk, encoded, pixels_of, png_of, small

SEEDS = {
    "PNG": [
        encoded(small("RGB")),
        encoded(small("RGBA", (1, 2, 3, 4))),
        encoded(small().convert("P"), transparency=0),
        encoded(small("I;16", 30_000)),
        encoded(small("1", 1)),
        encoded(small(), save_all=True, append_images=[small(color="red")]),
        png_of(chunk(b"tEXt", b"Author\0anna"), chunk(b"gAMA", b"\0\0\xb1\x8f"), pixels_of(16, 9)),
    ],
    "JPEG": [
        encoded(small(), "JPEG"),
        encoded(small("L", 7), "JPEG"),
        encoded(small().convert("CMYK"), "JPEG"),
        encoded(Image.linear_gradient("L"), "JPEG", progressive=True),
    ],
}


@st.composite
def mutated(draw: st.DrawFn) -> tuple[bytes, str]:
    """A picture after some accidents: bytes changed, cut out, put in, doubled."""
    file_format = draw(st.sampled_from(sorted(SEEDS)))
    content = bytearray(draw(st.sampled_from(SEEDS[file_format])))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 40)))
        match draw(st.sampled_from(["change", "cut", "insert", "repeat"])):
            case "change":
                content[start:end] = draw(st.binary(min_size=end - start, max_size=end - start))
            case "cut":
                del content[start:end]
            case "insert":
                content[start:start] = draw(st.binary(max_size=40))
            case _:
                content[start:start] = content[start:end] * draw(st.integers(1, 50))
    return bytes(content), file_format


@st.composite
def assembled(draw: st.DrawFn) -> tuple[bytes, str]:
    """A PNG whose checksums are right and whose chunks are anything."""
    kinds = st.sampled_from([b"IDAT", b"PLTE", b"tRNS", b"iCCP", b"zTXt", b"iTXt", b"eXIf", b"acTL", b"fcTL", b"fdAT"])
    chunks = draw(st.lists(st.builds(chunk, kinds, st.binary(max_size=60)), max_size=6))
    side = st.one_of(st.integers(0, 40), st.integers(0, 2**32 - 1))
    body = png_of(*chunks, *([pixels_of(16, 9)] if draw(st.booleans()) else []), width=draw(side), height=draw(side))
    return body, "PNG"


@given(st.one_of(mutated(), assembled(), st.tuples(st.binary(max_size=200), st.sampled_from(["PNG", "JPEG"]))))
@example((b"", "PNG"))
def test_a_stranger_gets_a_picture_or_a_refusal(upload: tuple[bytes, str]) -> None:
    content, file_format = upload
    try:
        result = reencode(content, file_format)
    except Refused:
        return
    with Image.open(io.BytesIO(result)) as picture:
        picture.load()
        assert picture.format == file_format
        assert picture.width * picture.height <= MOST_PIXELS
        assert not set(picture.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
