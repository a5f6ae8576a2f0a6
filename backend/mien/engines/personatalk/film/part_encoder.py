# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a dub as encoded pictures: whole groups of pictures, so that parts are joined without encoding again."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import av.container
import numpy as np

from mien.engines.personatalk import DubError
from mien.engines.personatalk.film.colours import BT709, UNSPECIFIED, Colours
from mien.engines.personatalk.film.film_plan import FilmPlan

CRF, PRESET, HASTY = 17, "fast", "veryfast"  # in haste: a third of the time, for files that nobody keeps
KEYFRAME_SECONDS = Fraction(1, 2)
CONTAINER = "matroska"  # holds both codecs; the times in it are not looked at
ITU709, ITU601 = 1, 5  # of the scaler
HD = 720


class PartEncoder:
    """Encodes parts of one film, all by the same settings."""

    def __init__(self, plan: FilmPlan, codec: str, colours: Colours, hasty: bool = False) -> None:
        """codec: "h264" or "lossless" (FFV1). hasty: H.264 as for a preview, larger at the same quality."""
        self._plan, self._lossless, self._colours = plan, codec == "lossless", colours
        self._preset = HASTY if hasty else PRESET

    def __call__(self, path: Path, part: range, pictures: Iterable[np.ndarray]) -> None:
        """Write the pictures (H, W, 3) uint8 of a part to the file `path`. DubError where there are fewer of them;
        what `pictures` raises passes through."""
        written = 0
        with av.open(str(path), "w", format=CONTAINER) as film:
            stream: av.VideoStream | None = None
            for number, picture in zip(part, pictures, strict=False):
                stream = stream or self._stream(film, picture.shape)
                frame = self._frame(picture, stream.pix_fmt or "yuv420p")
                frame.pts, frame.time_base = self._plan.ticks(number), self._plan.tick
                film.mux(stream.encode(frame))
                written += 1
            if stream is not None:
                film.mux(stream.encode(None))
        if written < len(part):
            raise DubError(
                f"The film {self._plan.source.name!r} has fewer pictures now than when it was tracked; is it being "
                "written? Try again when it is whole."
            )

    def _stream(self, film: av.container.OutputContainer, shape: tuple[int, ...]) -> av.VideoStream:
        height, width = shape[:2]
        stream = film.add_stream("ffv1" if self._lossless else "libx264", rate=self._plan.rate)
        stream.width, stream.height = width, height
        even = width % 2 == 0 and height % 2 == 0
        stream.pix_fmt = "bgr0" if self._lossless else "yuv420p" if even else "yuv444p"
        stream.time_base = stream.codec_context.time_base = self._plan.tick
        context = stream.codec_context
        if not self._lossless:
            context.gop_size = max(1, round(self._plan.rate * KEYFRAME_SECONDS))
            context.max_b_frames = 0  # packets are in the order of pictures: the writer counts on it
            context.color_primaries, context.color_trc = self._colours.primaries, self._colours.transfer
            context.colorspace, context.color_range = self._colours.matrix, self._colours.range
            stream.options = {"crf": str(CRF), "preset": self._preset}
        return stream

    def _frame(self, picture: np.ndarray, pix_fmt: str) -> av.VideoFrame:
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        if pix_fmt == "bgr0":
            return frame.reformat(format=pix_fmt)
        matrix, span = self._colours.matrix, self._colours.range
        hd = matrix == BT709 or (matrix == UNSPECIFIED and picture.shape[0] >= HD)
        return frame.reformat(format=pix_fmt, dst_colorspace=ITU709 if hd else ITU601, dst_color_range=span)
