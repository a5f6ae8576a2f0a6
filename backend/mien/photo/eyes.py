# SPDX-License-Identifier: GPL-3.0-or-later
"""The eyes of a photo: white and iris that move inside the lids."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, grey_dilation, grey_opening, map_coordinates

from mien.face_tracking.landmark_indices import LEFT_EYE, LEFT_IRIS, RIGHT_EYE, RIGHT_IRIS
from mien.numeric.smoothstep import smoothstep
from mien.photo.fill import filled
from mien.photo.fit import FittedFace

EYES = {"right": (RIGHT_EYE, RIGHT_IRIS), "left": (LEFT_EYE, LEFT_IRIS)}
RADIUS = 0.0125  # m: of the eyeball that the iris turns on
CELLS = (18, 12)  # of the mesh over an eye
ROOM = 0.45  # of the eye's width around it that the mesh covers
RIM = 0.018  # of the eye distance inside the opening where lashes and lids are not the eye
GLINT = (0.10, 0.30)  # brighter than what is around it by so much of white, over which a spot is a catch-light
GLINT_WIDTH = 0.55  # of the iris' radius: brighter areas that are wider are no catch-light
MOST_GLINT = 0.15  # of the iris: more than that is its own colour
GLINT_FOLLOWS = 0.55  # of the iris' motion: a mirror image in the cornea, whose middle lies nearer to the eye's own
CHEEKS = (50, 280, 101, 330, 118, 347)  # landmarks on bare skin


class Eyes:
    """rest (N, 3) pixels, triangles (T, 3): the meshes over both eyes, the right one first; open_eyes (H, W, 4) uint8:
    the photo with eyes that go on behind the lids, without catch-lights; glints (H, W, 4) uint8 with premultiplied
    alpha: those, which belong to the light and follow the iris half of the way."""

    def __init__(self, face: FittedFace, pixels: np.ndarray) -> None:
        rest, triangles, still = [], [], []
        picture = pixels[..., :3].astype(np.float32)
        open_eyes = picture.copy()
        glints = np.zeros((*picture.shape[:2], 4), np.float32)
        for ring, iris in EYES.values():
            outline = face.points[list(ring)]
            width = float(np.linalg.norm(outline[0, :2] - outline[8, :2]))
            low, high = outline[:, :2].min(0) - ROOM * width, outline[:, :2].max(0) + ROOM * width
            grid = np.stack(np.meshgrid(*(np.linspace(*ends) for ends in zip(low, high, CELLS, strict=True))), -1)
            grid = grid.reshape(-1, 2)
            columns, rows = CELLS
            r, c = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
            corner = (r * columns + c).ravel() + sum(map(len, rest))
            triangles += [
                np.stack([corner, corner + columns, corner + 1], 1),
                np.stack([corner + 1, corner + columns, corner + columns + 1], 1),
            ]
            rest.append(np.c_[grid, np.full(len(grid), outline[:, 2].mean())])
            centre = face.points[iris, :2]
            radius = float(np.linalg.norm(face.points[iris + 1 : iris + 5, :2] - centre, axis=1).mean())
            # The iris moves whole; towards the corners of the eye the white is pressed together.
            beyond = (np.linalg.norm(grid - centre, axis=1) - 1.15 * radius) / (0.6 * width)
            still.append(np.clip(1 - beyond, 0, 1))
            _open_eye(open_eyes, picture, outline[:, :2], centre, radius, face.eye_distance)
            _take_glints(open_eyes, glints, centre, radius)
        self.rest, self.triangles = np.concatenate(rest), np.concatenate(triangles).astype(np.int32)
        self._follows = np.concatenate(still)[:, None]
        self._axes = face.pose.turn[:2, :2] * float(face.pose.scale) * RADIUS
        self.open_eyes = opaque(open_eyes)
        self.glints = (np.clip(glints, 0, 255) + 0.5).astype(np.uint8)

    def pixels_at(self, gaze: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """((N, 2), (N, 2)) the pixels of `open_eyes` and of `glints` that the mesh shows for gaze (2,) radians from the
        photo's own."""
        pitch, yaw = np.sin(gaze)
        moved = self._follows * (self._axes @ (yaw, pitch))
        return self.rest[:, :2] - moved, self.rest[:, :2] - GLINT_FOLLOWS * moved


def opaque(picture: np.ndarray) -> np.ndarray:
    """(H, W, 4) uint8 of a picture (H, W, 3) 0..255."""
    full = np.full((*picture.shape[:2], 1), 255, np.float32)
    return (np.clip(np.concatenate([picture, full], 2), 0, 255) + 0.5).astype(np.uint8)


def window(outline: np.ndarray, room: float, shape: tuple[int, ...]) -> tuple[slice, slice, np.ndarray]:
    """(rows, columns, (2,) its first pixel): the part of a picture within `room` pixels of outline (N, 2)."""
    low = np.maximum(np.floor(outline.min(0) - room), 0).astype(int)
    high = np.minimum(np.ceil(outline.max(0) + room), (shape[1], shape[0])).astype(int)
    high = np.maximum(high, low + 1)
    return slice(low[1], high[1]), slice(low[0], high[0]), low


def polygon(outline: np.ndarray, low: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """(h, w) float32 coverage of the outline, by four samples each way."""
    image = Image.new("L", (size[1] * 4, size[0] * 4))
    ImageDraw.Draw(image).polygon([tuple(map(float, p)) for p in (outline - low) * 4], fill=255)
    return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BOX), np.float32) / 255


def _open_eye(
    out: np.ndarray, picture: np.ndarray, outline: np.ndarray, centre: np.ndarray, radius: float, eyes: float
) -> None:
    rows, columns, low = window(outline, 0.5 * eyes, picture.shape)
    part = picture[rows, columns]
    size = part.shape[:2]
    opening = polygon(outline, low, size)
    rim = max(1.0, RIM * eyes)
    known = np.clip((gaussian_filter(opening, rim) - 0.55) / 0.35, 0, 1)
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    away = np.hypot(x + low[0] - centre[0], y + low[1] - centre[1]) / radius
    white = filled(part, known * (away > 1.12))
    # What the lids hide of the iris is like what they show of it, turned over.
    middle = centre[1] - low[1]
    turned = np.stack([_read(part[..., c], x, 2 * middle - y) for c in range(3)], -1)
    turned_known = _read(known, x, 2 * middle - y)
    inside = away < 1.15
    iris = filled(part * known[..., None] + turned * (1 - known)[..., None], np.maximum(known, turned_known) * inside)
    disc = np.clip((1.06 - away) / 0.12, 0, 1)[..., None]
    behind = iris * disc + white * (1 - disc)
    # Only near the opening: the other eye may be in the window, too.
    near = (
        gaussian_filter(grey_dilation(opening, size=2 * round(0.12 * eyes) + 1), rim)[..., None]
        * (1 - known)[..., None]
    )
    out[rows, columns] = out[rows, columns] * (1 - near) + behind * near


def _take_glints(picture: np.ndarray, glints: np.ndarray, centre: np.ndarray, radius: float) -> None:
    """Takes the catch-lights of an iris out of picture (H, W, 3) into glints (H, W, 4), both 0..255, in place."""
    rows, columns, low = window(centre[None], 2 * radius, picture.shape)
    part = picture[rows, columns]
    y, x = np.mgrid[: part.shape[0], : part.shape[1]] + 0.5
    away = np.hypot(x + low[0] - centre[0], y + low[1] - centre[1]) / radius
    grey = part.mean(2)
    half = max(1, round(GLINT_WIDTH * radius / 2))
    wide = np.hypot(*np.mgrid[-half : half + 1, -half : half + 1]) <= half + 0.3
    brighter = (grey - grey_opening(grey, footprint=wide)) / 255
    spot = smoothstep(brighter, *GLINT) * smoothstep(away, 1.0, 0.9)
    if not 0 < spot.sum() < MOST_GLINT * np.pi * radius**2:
        return
    around = gaussian_filter(grey_dilation(spot, size=3), 0.7)
    ground = np.minimum(filled(part, 1 - np.clip(1.5 * around, 0, 1)), part)
    alpha = ((part - ground) / np.maximum(255 - ground, 1.0)).max(2) * np.clip(2 * around, 0, 1)
    bare = np.where((alpha > 0.02)[..., None], np.minimum(ground, part), part)
    glints[rows, columns, :3] = np.where((alpha > 0.02)[..., None], part - bare * (1 - alpha[..., None]), 0)
    glints[rows, columns, 3] = np.where(alpha > 0.02, 255 * alpha, 0)
    picture[rows, columns] = bare


def _read(values: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return map_coordinates(values, [y - 0.5, x - 0.5], order=1, mode="constant")
