"""What each test person shows and says: a colour with a counting pattern, and a tone.

The files are the fake camera and microphone of one browser each. Both loop without a seam, and both can be told apart
at the far end after scaling and lossy coding (`recognition.js` is the other half of this file).
"""

from __future__ import annotations

import math
import random
import struct
import wave
from dataclasses import dataclass
from pathlib import Path

WIDTH = 640  # pixels
HEIGHT = 360  # pixels
FRAMES_PER_SECOND = 15  # slow enough for three encoders and six decoders on two cores
COUNTER_BITS = 4
FRAMES = 2**COUNTER_BITS  # one frame per number, so the file starts again where it ended

SAMPLE_RATE = 48_000  # Hz, what Opus and the browser work in
AUDIO_SECONDS = 1  # whole hertz complete whole periods in a second: no click where the file loops
AMPLITUDE = 0.5  # of full scale
# Noise suppression treats a steady tone as noise and removes it; one that swells like syllables passes as speech.
SYLLABLES_PER_SECOND = 4
SYLLABLE_DEPTH = 1.0

# Where the pattern is, in pixels of the original picture. All of it lies in the middle, so that a crop to 4:3 keeps it.
BAR_TOP, BAR_BOTTOM, BAR_LEFT, BAR_STEP, BAR_WIDTH = 48, 200, 160, 18, 40
BITS_TOP, BITS_BOTTOM, BITS_LEFT, BIT_WIDTH = 232, 312, 192, 64
LIVELY_BLOCK = 32  # pixels: enough for encoders to use the rate that they may, and few enough for 15 pictures a second
WHITE = (235, 128, 128)  # Y, Cb, Cr of limited range
BLACK = (16, 128, 128)


@dataclass(frozen=True)
class Look:
    """One person's colour (8-bit red, green, blue) and tone (Hz)."""

    colour: tuple[int, int, int]
    tone: int


# No tone is a multiple of another: a distorted voice must not pass for somebody else's.
LOOKS = {
    "anna": Look(colour=(205, 45, 45), tone=440),
    "boris": Look(colour=(35, 150, 70), tone=620),
    "clara": Look(colour=(45, 70, 205), tone=830),
}


def _limited_range(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Red, green, blue as BT.601 Y, Cb, Cr: what a Y4M file without further notes contains."""
    red, green, blue = (part / 255 for part in colour)
    luma = 16 + 65.481 * red + 128.553 * green + 24.966 * blue
    cb = 128 - 37.797 * red - 74.203 * green + 112.0 * blue
    cr = 128 + 112.0 * red - 93.786 * green - 18.214 * blue
    return round(luma), round(cb), round(cr)


def _rows(colour: tuple[int, int, int], number: int) -> list[tuple[int, list[tuple[int, tuple[int, int, int]]]]]:
    """The picture as bands of (height, runs of (width, colour)), top to bottom."""
    bar_left = BAR_LEFT + number * BAR_STEP
    bits = [
        (BIT_WIDTH, WHITE if number >> (COUNTER_BITS - 1 - position) & 1 else BLACK) for position in range(COUNTER_BITS)
    ]
    bits_end = BITS_LEFT + COUNTER_BITS * BIT_WIDTH
    return [
        (BAR_TOP, [(WIDTH, colour)]),
        (BAR_BOTTOM - BAR_TOP, [(bar_left, colour), (BAR_WIDTH, WHITE), (WIDTH - bar_left - BAR_WIDTH, colour)]),
        (BITS_TOP - BAR_BOTTOM, [(WIDTH, colour)]),
        (BITS_BOTTOM - BITS_TOP, [(BITS_LEFT, colour), *bits, (WIDTH - bits_end, colour)]),
        (HEIGHT - BITS_BOTTOM, [(WIDTH, colour)]),
    ]


def _frame(colour: tuple[int, int, int], number: int) -> bytes:
    """One I420 picture: the luma plane, then both chroma planes at half size."""
    planes = []
    for plane, divisor in ((0, 1), (1, 2), (2, 2)):
        for height, runs in _rows(colour, number):
            row = b"".join(bytes([value[plane]]) * (width // divisor) for width, value in runs)
            planes.append(row * (height // divisor))
    return b"".join(planes)


def write_video(path: Path, look: Look) -> None:
    colour = _limited_range(look.colour)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES):
            file.write(b"FRAME\n" + _frame(colour, number))


def write_lively_video(path: Path) -> None:
    """Blocks of chance, others in each picture: no camera shows more that an encoder cannot foresee."""
    chance = random.Random(1)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for _ in range(FRAMES):
            file.write(b"FRAME\n")
            for width, height in ((WIDTH, HEIGHT), (WIDTH // 2, HEIGHT // 2), (WIDTH // 2, HEIGHT // 2)):
                for top in range(0, height, LIVELY_BLOCK):
                    row = b"".join(bytes([value]) * LIVELY_BLOCK for value in chance.randbytes(width // LIVELY_BLOCK))
                    file.write(row * min(LIVELY_BLOCK, height - top))


def write_audio(path: Path, look: Look) -> None:
    samples = []
    for index in range(SAMPLE_RATE * AUDIO_SECONDS):
        at = index / SAMPLE_RATE
        swell = 1 - SYLLABLE_DEPTH * (0.5 + 0.5 * math.cos(2 * math.pi * SYLLABLES_PER_SECOND * at))
        samples.append(round(32767 * AMPLITUDE * swell * math.sin(2 * math.pi * look.tone * at)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
