# SPDX-License-Identifier: GPL-3.0-or-later
"""The moving landmarks as a film, with the sound: over the darkened photo, or before a dark grey."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from mien.audio.speech import RATE, Speech
from mien.engines.base import Progress, no_progress
from mien.export.landmarks.canvas import Canvas
from mien.files.atomic import atomic_path
from mien.heads.landmark_track import LINES, LandmarkTrack
from mien.video.provenance import Provenance, sign
from mien.video.writer import write_film

HEIGHT, LARGEST = 720, 1920  # pixels: the height before a plain backdrop, the larger side of a photo
SMOOTH = 2  # drawn so much larger, then reduced
BACKDROP, PHOTO_LIGHT = (24, 25, 27), 0.45
LINE_COLOUR, POINT_COLOUR, LIP_COLOUR = (120, 200, 255), (255, 255, 255), (255, 110, 110)


def write_landmark_film(
    track: LandmarkTrack, canvas: Canvas, path: Path, speech: Speech | None = None, photo: np.ndarray | None = None,
    provenance: Provenance | None = None, progress: Progress = no_progress,
) -> None:  # fmt: skip
    """Write the mp4 at `path`, whole or not at all, at the track's rate.

    photo: (H, W, 3) uint8 behind the points of a canvas that is the photo's. provenance: what the film says of its
    making, signed. `progress(fraction, "film")` may raise to cancel. VideoError, SignerError.
    """
    sound = None if speech is None else _sound(track, speech)
    with atomic_path(path) as part:
        write_film(part, pictures(track, canvas, photo, progress), track.fps, sound, RATE, path.name)
        if provenance is not None:
            sign(part, provenance, path.name)


def pictures(
    track: LandmarkTrack, canvas: Canvas, photo: np.ndarray | None = None, progress: Progress = no_progress
) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 of each frame, width and height even."""
    left, top, width, height = canvas.window
    zoom = min(LARGEST / max(width, height), 1.0) if canvas.scale == 1 else HEIGHT / height
    size = (2 * round(width * zoom / 2), 2 * round(height * zoom / 2))
    backdrop = Image.new("RGB", size, BACKDROP)
    if photo is not None:
        backdrop = Image.fromarray((photo * PHOTO_LIGHT).astype(np.uint8)).resize(size, Image.Resampling.LANCZOS)
    backdrop = backdrop.resize((size[0] * SMOOTH, size[1] * SMOOTH), Image.Resampling.BILINEAR)
    extent = np.array([width, height])
    for i, points in enumerate(canvas.points(track)):
        image = backdrop.copy()
        _draw(image, (points - [left, top]) / extent * np.array(image.size), float(np.ptp(points[:, 1]) / height))
        progress(i / track.frames, "film")
        yield np.asarray(image.resize(size, Image.Resampling.BOX))
    progress(1.0, "film")


def _draw(image: Image.Image, points: np.ndarray, share: float) -> None:
    """`share`: of the picture's height that the face takes, which gives the width of the lines."""
    pen = ImageDraw.Draw(image)
    width = max(1, round(image.height * share / 240))
    at = [(float(x), float(y)) for x, y in points]
    for name, (ids, closed) in LINES.items():
        corners = [at[i] for i in ids]
        colour = LIP_COLOUR if name.endswith("lips") else LINE_COLOUR
        pen.line([*corners, corners[0]] if closed else corners, fill=colour, width=width, joint="curve")
    for x, y in at:
        pen.ellipse((x - width, y - width, x + width, y + width), fill=POINT_COLOUR)


def _sound(track: LandmarkTrack, speech: Speech) -> np.ndarray:
    """(N,) float32: the speech from the first frame to the end of the last, silence before the speech."""
    begin, end = round(track.start * RATE), round(track.start * RATE + track.frames / track.fps * RATE)
    silence = np.zeros(max(0, min(-begin, end - begin)), np.float32)
    return np.concatenate([silence, speech.recorded[max(0, begin) : max(0, end)]])
