# SPDX-License-Identifier: GPL-3.0-or-later
"""The landmarks drawn over the pictures, to see whether a track is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageDraw

from mien.face_tracking.landmark_indices import (
    FACE_OVAL,
    INNER_LIPS,
    LEFT_BROW,
    LEFT_EYE,
    LEFT_IRIS,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
    RIGHT_IRIS,
)
from mien.face_tracking.track import FaceTrack
from mien.video.footage import Footage

RINGS = (
    (FACE_OVAL, (120, 200, 255)),
    (OUTER_LIPS, (255, 90, 90)),
    (INNER_LIPS, (255, 190, 60)),
    (RIGHT_EYE, (110, 255, 140)),
    (LEFT_EYE, (110, 255, 140)),
    (range(RIGHT_IRIS + 1, RIGHT_IRIS + 5), (255, 255, 255)),
    (range(LEFT_IRIS + 1, LEFT_IRIS + 5), (255, 255, 255)),
)
BROWS = (RIGHT_BROW, LEFT_BROW)
BROW_COLOUR = (230, 130, 255)
POINT_COLOUR = (60, 140, 255)
LOST = (255, 40, 40)


def drawn_pictures(
    track: FaceTrack, footage: Footage, progress: Callable[[float], None] = lambda fraction: None
) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 pictures at the track's rate, with the landmarks over them; width and height even.

    Of pictures of an uneven rate, each frame shows the one that is seen then. A picture without the face has a red
    frame.
    """
    shown = 0
    before: np.ndarray | None = None
    for i, picture in enumerate(footage.pictures()):
        while before is not None and shown / track.rate < picture.time:
            yield before
            shown += 1
        pixels = drawn(picture.pixels, track.points[i] if track.tracked[i] else None)
        before = np.pad(pixels, ((0, pixels.shape[0] % 2), (0, pixels.shape[1] % 2), (0, 0)), "edge")
        progress(i / track.frames)
    while before is not None and (shown == 0 or shown / track.rate < track.length):
        yield before
        shown += 1


def drawn(picture: np.ndarray, points: np.ndarray | None) -> np.ndarray:
    """(H, W, 3) uint8: picture with the landmarks points (478, 3), or with a red frame for None."""
    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image)
    if points is None:
        width = max(2, min(image.size) // 100)
        pen.rectangle((0, 0, image.width - 1, image.height - 1), outline=LOST, width=width)
        return np.asarray(image)
    # Pillow counts from the centres of pixels.
    at = [(float(x) - 0.5, float(y) - 0.5) for x, y in points[:, :2]]
    size = float(np.ptp(points[:, 1]))
    radius, width = max(0.5, size / 500), max(1, round(size / 250))
    for x, y in at:
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=POINT_COLOUR)
    for ring, colour in RINGS:
        pen.line([at[i] for i in (*ring, ring[0])], fill=colour, width=width)
    for brow in BROWS:
        pen.line([at[i] for i in brow], fill=BROW_COLOUR, width=width)
    return np.asarray(image)
