# SPDX-License-Identifier: GPL-3.0-or-later
"""The eyes of a photo: white and iris that move inside the lids, and lids painted shut with the skin around them."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, grey_dilation, map_coordinates

from mien.face_tracking.landmark_indices import LEFT_EYE, LEFT_IRIS, RIGHT_EYE, RIGHT_IRIS
from mien.photo.fill import filled
from mien.photo.fit import FittedFace

EYES = {"right": (RIGHT_EYE, RIGHT_IRIS), "left": (LEFT_EYE, LEFT_IRIS)}
RADIUS = 0.0125  # m: of the eyeball that the iris turns on
CELLS = (18, 12)  # of the mesh over an eye
ROOM = 0.45  # of the eye's width around it that the mesh covers
RIM = 0.018  # of the eye distance inside the opening where lashes and lids are not the eye
LASHES = (0.085, 0.04)  # of the eye distance above and below the opening that are not skin
RIMS = (0.035, 0.022)  # of the eye distance above and below the opening that the shut lid covers in any case
AROUND = 0.06  # of the eye distance: the spread of the skin around a pixel
DARK = 0.78  # of the brightness of the skin around, below which a pixel is lash or brow
GRAIN = 0.5  # of the skin's, as a lid is smoother
LASH_WIDTH, LASH_STRENGTH = 0.011, 0.75  # of the eye distance; opacity
EDGE = 0.02  # of the eye distance, over which a painted lid becomes the photo
LIT, LIGHTER = 0.4, (1.0, 1.35)  # share of the way from a lid's shade to the light of bare skin; limits of the factor
CHEEKS = (50, 280, 101, 330, 118, 347)  # landmarks on bare skin


class Eyes:
    """rest (N, 3) pixels, triangles (T, 3): the meshes over both eyes; open_eyes, shut_lids (H, W, 4) uint8: the photo
    with eyes that go on behind the lids, and with lids painted over them."""

    def __init__(self, face: FittedFace, pixels: np.ndarray) -> None:
        rest, triangles, still = [], [], []
        picture = pixels[..., :3].astype(np.float32)
        open_eyes, shut = picture.copy(), picture.copy()
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
            _shut_lid(shut, picture, outline[:, :2], face)
        self.rest, self.triangles = np.concatenate(rest), np.concatenate(triangles).astype(np.int32)
        self._follows = np.concatenate(still)[:, None]
        self._axes = face.pose.turn[:2, :2] * float(face.pose.scale) * RADIUS
        self.open_eyes, self.shut_lids = _opaque(open_eyes), _opaque(shut)

    def pixels_at(self, gaze: np.ndarray) -> np.ndarray:
        """(N, 2) the pixels of `open_eyes` that the mesh shows for gaze (2,) radians from the photo's own."""
        pitch, yaw = np.sin(gaze)
        return self.rest[:, :2] - self._follows * (self._axes @ (yaw, pitch))


def _opaque(picture: np.ndarray) -> np.ndarray:
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


def _shut_lid(out: np.ndarray, picture: np.ndarray, outline: np.ndarray, face: FittedFace) -> None:
    eyes = face.eye_distance
    rows, columns, low = window(outline, 0.3 * eyes, picture.shape)
    part = picture[rows, columns]
    size = part.shape[:2]
    opening = polygon(outline, low, size)
    reach, light = _covered(part.mean(2), opening, eyes)
    known = (1 - np.clip(reach * 1.5, 0, 1)) * np.maximum(light, 0.0005)
    lid = filled(gaussian_filter(part, (1, 1, 0)), known)
    lid *= _lit(lid, reach, picture, face)
    # The lid is round: a little darker where it turns down to the lashes.
    y = (np.arange(size[0]) + 0.5 + low[1] - outline[:, 1].min()) / max(np.ptp(outline[:, 1]), 1.0)
    lid *= (1 - 0.07 * np.clip(y, 0, 1) ** 2)[:, None, None]
    grain = part - gaussian_filter(part, (1.5, 1.5, 0))
    strength = float(np.median(np.abs(grain[light > 0.9]))) / 0.67 if (light > 0.9).any() else 0.0
    lid += (GRAIN * strength * np.random.default_rng(0).standard_normal(size))[..., None]
    # Lashes along the lower lid, where the lids meet.
    lower = outline[[8, *range(9, 16), 0]]
    order = np.argsort(lower[:, 0])
    line = np.interp(np.arange(size[1]) + 0.5 + low[0], lower[order, 0], lower[order, 1])
    ends = np.clip(np.minimum(np.arange(size[1]) + 0.5 + low[0] - lower[:, 0].min(),
                              lower[:, 0].max() - np.arange(size[1]) - 0.5 - low[0]) / (0.06 * eyes), 0, 1)  # fmt: skip
    off = (np.arange(size[0])[:, None] + 0.5 + low[1] - line) / max(LASH_WIDTH * eyes, 0.7)
    ink = LASH_STRENGTH * np.exp(-(np.where(off < 0, off * 1.3, off * 0.8) ** 2)) * ends
    inside = part[opening > 0.2] if (opening > 0.2).any() else part.reshape(-1, 3)
    dark = np.percentile(inside, 6, axis=0)
    lid = lid * (1 - ink[..., None]) + dark * ink[..., None]
    wide = grey_dilation(reach, size=2 * max(1, round(EDGE * eyes)) + 1)
    cover = gaussian_filter(wide, max(1.0, 0.6 * EDGE * eyes))[..., None]
    out[rows, columns] = out[rows, columns] * (1 - cover) + lid * cover


def _covered(grey: np.ndarray, opening: np.ndarray, eyes: float) -> tuple[np.ndarray, np.ndarray]:
    """((h, w) 0..1 what a painted lid covers: the opening with its rims, and the lashes about it;
    (h, w) 0..1 which pixels are skin: not darker than what is around them)."""
    above, below = (max(1, round(share * eyes)) for share in LASHES)
    # The lashes stand higher above than below.
    middle: Any = ((above - below) // 2, 0)
    lashes = grey_dilation(opening, footprint=np.ones((above + below + 1, 1 + 2 * above)), origin=middle)
    over, under = (max(1, round(share * eyes)) for share in RIMS)
    middle = ((over - under) // 2, 0)
    rims = grey_dilation(opening, footprint=np.ones((over + under + 1, 1 + 2 * under)), origin=middle)
    outside = 1 - np.clip(rims * 1.5, 0, 1)
    spread = AROUND * eyes
    around = gaussian_filter(grey * outside, spread) / np.maximum(gaussian_filter(outside, spread), 1e-3)
    light = np.clip((grey / np.maximum(around, 1.0) - DARK) / 0.12, 0, 1)
    dark = gaussian_filter(np.clip(1 - light, 0, 1) * (lashes > 0.1), 0.006 * eyes)
    return np.maximum(rims, np.clip(3 * dark, 0, 1)), light


def _lit(lid: np.ndarray, covered: np.ndarray, picture: np.ndarray, face: FittedFace) -> np.ndarray:
    """(h, w, 3) factors that bring a lid, which was filled from the shade of its socket, towards the light that bare
    skin has in this photo: most in its middle, which bulges, and not at its edge. covered (h, w): where it is painted.
    """
    places = np.round(face.points[list(CHEEKS), :2] - 0.5).astype(int)
    inside = ((places >= 0) & (places < [picture.shape[1], picture.shape[0]])).all(1)
    if not inside.any():
        return np.ones_like(lid)
    skin = np.median(picture[places[inside, 1], places[inside, 0]], axis=0)
    own = (lid * covered[..., None]).sum((0, 1)) / max(float(covered.sum()), 1e-6)
    factor = np.clip(1 + LIT * (skin / np.maximum(own, 1.0) - 1), *LIGHTER)
    bulge = gaussian_filter(covered, 0.05 * face.eye_distance)
    bulge = np.clip(bulge / max(float(bulge.max()), 1e-6), 0, 1)[..., None]
    return 1 + bulge * (factor - 1)


def _read(values: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return map_coordinates(values, [y - 0.5, x - 0.5], order=1, mode="constant")
