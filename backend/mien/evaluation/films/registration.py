# SPDX-License-Identifier: GPL-3.0-or-later
"""How a part of a picture moves to the next one: a similarity found on the pixels.

Lucas and Kanade 1981, An Iterative Image Registration Technique; Baker and Matthews 2004, Lucas-Kanade 20 Years On
(inverse compositional), with the weights of Huber 1964.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_dilation, gaussian_filter, map_coordinates

from mien.body_tracking.body import SIDES, TrackedBody
from mien.engines.diffted.key_points import COUNT, rest_points, rows
from mien.photo.body.trunk import torso

SPREADS = (0.03, 0.012, 0.005)  # of the part's size: blurs, from coarse to fine
STEPS = 12  # on each of them, at most
ENOUGH = 200  # pixels
HUBER = 1.5  # times the median difference, from which a pixel counts less
# How far from its start the similarity is thought to be: growth, radians of turn, shift in the part's size
DOUBT = np.array([0.01, 0.015, 0.015, 0.015])

TORSO = 0.8  # of the way to the hips
ARM_ROOM, COLLAR = 0.2, 0.06  # shoulder widths about forearms that may be arm, and about the trunk that is torso


def torso_motion(pictures: tuple[np.ndarray, np.ndarray], first: TrackedBody, body: TrackedBody) -> np.ndarray:
    """(2, 3): the similarity that takes the torso from the first of two pictures (H, W, 3) uint8 to the other, found on
    the pixels: of joints, a fiftieth of the shoulder width is noise, by which cloth is not itself any more."""
    rest, other = (rest_points(each)[rows("torso")][1:3] for each in (first, body))
    middles, ways = (rest.mean(0), other.mean(0)), (rest[0] - rest[1], other[0] - other[1])
    turn = complex(*ways[1]) / complex(*ways[0])
    turn /= abs(turn)
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    start = np.c_[matrix, middles[1] - matrix @ middles[0]]
    near = binary_dilation(torso(first, TORSO) > 0.5, iterations=round(COLLAR * first.shoulder_width))
    part = np.asarray(near, bool) & (first.mask > 0.5)
    y, x = np.mgrid[: part.shape[0], : part.shape[1]] + 0.5
    back = np.linalg.inv(np.vstack([start, [0, 0, 1]]))
    arms = [i for side in SIDES for group in ("forearm", "hand") for i in range(COUNT)[rows(f"{side}_{group}")]]
    hidden = rest_points(first)[arms], rest_points(body)[arms] @ back[:2, :2].T + back[:2, 2]
    for point in np.concatenate(hidden):
        part &= np.hypot(x - point[0], y - point[1]) > ARM_ROOM * first.shoulder_width
    one, two = (picture.astype(float).mean(2) for picture in pictures)
    return registered(one, two, part, start)


def registered(first: np.ndarray, other: np.ndarray, part: np.ndarray, start: np.ndarray) -> np.ndarray:
    """(2, 3): the similarity that takes places of a part (H, W) bool of `first` (H, W) to where the same is in `other`
    (H, W), from a start (2, 3) that is doubted by DOUBT: plain cloth says little, and then it stays there. The start
    itself, too, where the part has few pixels or no way leads on from it."""
    y, x = np.nonzero(part)
    if len(y) < ENOUGH:
        return start
    places = np.stack([x, y], 1) + 0.5
    middle, size = places.mean(0), float(np.ptp(places, axis=0).max())
    found = start @ np.vstack([np.c_[np.eye(2), middle], [0, 0, 1]])  # of places from the middle
    away = places - middle
    begin, trust = np.vstack([found, [0, 0, 1]]), np.diag(1 / (DOUBT * [1, 1, size, size]) ** 2)
    begun = _difference(gaussian_filter(first, 1.0), gaussian_filter(other, 1.0), places, away, found)
    for spread in SPREADS:
        sigma = max(0.7, spread * size)
        one, two = gaussian_filter(first, sigma), gaussian_filter(other, sigma)
        down, across = (_at(each, places) for each in np.gradient(one))
        # What a small turn, growth and shift of the part would change.
        slopes = np.stack(
            [across * away[:, 0] + down * away[:, 1], down * away[:, 0] - across * away[:, 1], across, down], 1
        )
        wanted = _at(one, places)
        for _ in range(STEPS):
            wrong = _at(two, away @ found[:, :2].T + found[:, 2]) - wanted
            limit = HUBER * max(float(np.median(np.abs(wrong))), 0.5)
            weight = np.minimum(1, limit / np.maximum(np.abs(wrong), 1e-9))[:, None]
            # Neighbours within the blur say the same thing, and count once.
            weight /= (limit / HUBER) ** 2 * max(1.0, 4 * np.pi * sigma**2)
            gone = np.linalg.inv(begin) @ np.vstack([found, [0, 0, 1]])
            drift = np.array([gone[0, 0] - 1, gone[1, 0], gone[0, 2], gone[1, 2]])
            normal = slopes.T @ (weight * slopes) + trust
            grown, turned, *shift = np.linalg.solve(normal, slopes.T @ (weight[:, 0] * wrong) + trust @ drift)
            step = np.array([[1 + grown, -turned, shift[0]], [turned, 1 + grown, shift[1]], [0, 0, 1]])
            found = found @ np.linalg.inv(step)
            if np.abs(step[:2, 2]).max() < 0.01 and max(abs(grown), abs(turned)) * size < 0.02:
                break
    ended = _difference(gaussian_filter(first, 1.0), gaussian_filter(other, 1.0), places, away, found)
    if not np.isfinite(found).all() or ended > begun:
        return start
    return np.c_[found[:, :2], found[:, 2] - found[:, :2] @ middle]


def _difference(one: np.ndarray, two: np.ndarray, places: np.ndarray, away: np.ndarray, found: np.ndarray) -> float:
    return float(np.abs(_at(two, away @ found[:, :2].T + found[:, 2]) - _at(one, places)).mean())


def _at(picture: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(N,) of a picture (H, W) at places (N, 2) pixels x, y."""
    return map_coordinates(picture, [places[:, 1] - 0.5, places[:, 0] - 0.5], order=1, mode="nearest")
