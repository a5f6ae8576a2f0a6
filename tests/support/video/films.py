# SPDX-License-Identifier: GPL-3.0-or-later
"""Small films for tests: pictures at any times, in any codec and colours, with a sound that may begin elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

MILLISECONDS = Fraction(1, 1000)
SOUND_RATE = 8000


def squares(count: int, size: tuple[int, int] = (64, 48)) -> list[np.ndarray]:
    """Pictures (H, W, 3) of one grey each, `count` of them, growing lighter."""
    width, height = size
    return [np.full((height, width, 3), 40 + 150 * i // max(1, count - 1), np.uint8) for i in range(count)]


def corners(width: int = 64, height: int = 48) -> np.ndarray:
    """A picture (H, W, 3) whose quarters are red, green (above), blue, white (below)."""
    picture = np.zeros((height, width, 3), np.uint8)
    h, w = height // 2, width // 2
    picture[:h, :w], picture[:h, w:], picture[h:, :w], picture[h:, w:] = RED, GREEN, BLUE, WHITE
    return picture


RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 220, 30), (30, 30, 220), (235, 235, 235)


def write_pictures(
    path: Path,
    pictures: Sequence[np.ndarray],
    times: Sequence[Fraction] | None = None,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    time_base: Fraction = MILLISECONDS,
    sound: tuple[Fraction, float] | None = None,
    colours: dict[str, int] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """`times`: seconds of each picture, whole multiples of time_base (default: 25 a second); `sound`: when a tone
    begins, and its seconds; `colours`: attributes of the encoder and of each frame."""
    times = times or [Fraction(i, 25) for i in range(len(pictures))]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixel_format
        stream.time_base = stream.codec_context.time_base = time_base
        stream.options = options or {}
        for name, value in (colours or {}).items():
            setattr(stream.codec_context, name, value)
        tone = None if sound is None else _tone(container, *sound)
        for picture, time in zip(pictures, times, strict=True):
            deep = picture.dtype == np.uint16
            frame = av.VideoFrame.from_ndarray(picture, format="rgb48le" if deep else "rgb24")
            matrix = (colours or {}).get("colorspace", 5)
            frame = frame.reformat(format=pixel_format, dst_colorspace=matrix, dst_color_range=1)
            for name, value in (colours or {}).items():
                setattr(frame, name, value)
            frame.time_base, frame.pts = time_base, int(time / time_base)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if tone is not None:
            tone()
    return path


def _tone(container: av.container.OutputContainer, begin: Fraction, seconds: float):
    stream = container.add_stream("pcm_s16le", rate=SOUND_RATE, layout="mono")

    def write() -> None:
        samples = (8000 * np.sin(np.arange(round(seconds * SOUND_RATE)) * 0.3)).astype(np.int16)
        for at in range(0, len(samples), 1000):
            frame = av.AudioFrame.from_ndarray(samples[None, at : at + 1000], format="s16", layout="mono")
            frame.sample_rate, frame.time_base = SOUND_RATE, Fraction(1, SOUND_RATE)
            frame.pts = round(begin * SOUND_RATE) + at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    return write


def turn_mp4(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Writes (a, b, c, d) of -1, 0, 1 into the display matrix of an mp4's track, as a phone does."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    a, b, c, d = (n << 16 for n in matrix)
    data[at : at + 36] = b"".join((n & 0xFFFFFFFF).to_bytes(4, "big") for n in (a, b, 0, c, d, 0, 0, 0, 1 << 30))
    path.write_bytes(data)
