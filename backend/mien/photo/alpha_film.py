# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures with alpha and a sound as a .mov: ProRes 4444, which editors and Blender read, and uncompressed sound."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np

from mien.video import VideoError

QUALITY = "11"  # of prores_ks: lower is better
PROFILE_4444 = "4"


def write_alpha_film(path: Path, pictures: Iterable[np.ndarray], fps: Fraction, samples: np.ndarray, rate: int) -> None:
    """Write pictures (H, W, 4) uint8 sRGB with straight alpha, all of one even size, and samples (N,) float32 in
    [-1, 1] at `rate` Hz to the file at `path`, which is temporary. VideoError where it cannot be written; what
    `pictures` raises passes through."""
    try:
        with av.open(str(path), "w", format="mov") as film:
            stream = sound = None
            sounded = 0
            for number, picture in enumerate(pictures):
                if stream is None or sound is None:
                    stream = film.add_stream("prores_ks", rate=fps)
                    stream.height, stream.width = picture.shape[:2]
                    stream.pix_fmt, stream.time_base = "yuva444p10le", 1 / fps
                    stream.options = {"profile": PROFILE_4444, "qscale": QUALITY}
                    sound = film.add_stream("pcm_s16le", rate=rate, layout="mono")
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgba")
                frame.pts, frame.time_base = number, 1 / fps
                film.mux(stream.encode(frame))
                end = min(len(samples), round((number + 1) / fps * rate))
                if end > sounded:
                    film.mux(sound.encode(_sound(samples[sounded:end], sounded, rate)))
                    sounded = end
            if stream is None or sound is None:
                raise VideoError("A film needs at least one picture and none was given.")
            film.mux(stream.encode(None))
            film.mux(sound.encode(None))
    except av.error.FFmpegError as error:
        raise VideoError(f"The film could not be written: {error.strerror or error}.") from error


def _sound(samples: np.ndarray, start: int, rate: int) -> av.AudioFrame:
    values = np.clip(np.round(samples * 32767), -32768, 32767).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(values[None], format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
    return frame
