# SPDX-License-Identifier: GPL-3.0-or-later
"""Where torso and upper arms are behind what hides them: by the joints, and by the outline seen above and below."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import median_filter

from mien.body_tracking.body import TrackedBody
from mien.body_tracking.pose import ELBOWS, HIPS, SHOULDERS, WRISTS

UPPER_ARM, UPPER_SHARE = 0.22, 0.75  # shoulder widths: how thick an upper arm is; of its length, what is surely there
ARM_NEAR = 0.13  # shoulder widths from an arm's bones within which an outline is the arm's
ARMPIT = 0.3  # of the way from shoulders to hips: there the outline is at the line of the joints
BESIDE = 0.22  # shoulder widths outside the torso, beyond which arms are that it says nothing of
SOFT = 2.0  # pixels of an outline's edge
STEADY = 7  # rows over which an outline is read


def trunk(body: TrackedBody, share: float = 1.0) -> np.ndarray:
    """(H, W) float32: 1 where torso and upper arms surely are, whatever is before them; down to a share of the way to
    the hips."""
    return np.maximum(torso(body, share), upper_arms(body))


def torso(body: TrackedBody, share: float = 1.0) -> np.ndarray:
    """(H, W) float32: 1 between the joints of shoulders and hips, down to a share of the way to the hips."""
    image = Image.new("L", (body.mask.shape[1], body.mask.shape[0]))
    places = {i: (float(body.points[i, 0]), float(body.points[i, 1])) for i in (*SHOULDERS, *HIPS)}
    low = [
        tuple(np.add(places[shoulder], share * np.subtract(places[hip], places[shoulder])).tolist())
        for shoulder, hip in zip(SHOULDERS, HIPS, strict=True)
    ]
    ImageDraw.Draw(image).polygon([places[SHOULDERS[0]], places[SHOULDERS[1]], low[1], low[0]], fill=255)
    return np.asarray(image, np.float32) / 255


def upper_arms(body: TrackedBody, share: float = UPPER_SHARE, thick: float = UPPER_ARM) -> np.ndarray:
    """(H, W) float32: 1 where upper arms are, so many shoulder widths thick, down to a share of the way to the
    elbows."""
    image = Image.new("L", (body.mask.shape[1], body.mask.shape[0]))
    draw = ImageDraw.Draw(image)
    width = max(1, round(thick * body.shoulder_width))
    for shoulder, elbow in zip(SHOULDERS, ELBOWS, strict=True):
        (x, y), (to_x, to_y) = body.points[shoulder, :2].tolist(), body.points[elbow, :2].tolist()
        draw.line([(x, y), (x + share * (to_x - x), y + share * (to_y - y))], fill=255, width=width)
        draw.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=255)
    return np.asarray(image, np.float32) / 255


def torso_behind(body: TrackedBody, matte: np.ndarray, removed: np.ndarray) -> np.ndarray:
    """(H, W) float32 0..1: the torso where the matte (H, W) is hidden by what is removed (H, W) bool, by the
    outline that other rows show; nan where nothing says: above the armpits, far outside, and where
    no row shows that side.

    Where rows show it, the outline is as far from the line of the joints as they say, and between them it goes on
    evenly; above them it comes to that line as a curve towards the armpit.
    """
    height, width = matte.shape
    rows, columns = np.arange(height) + 0.5, np.arange(width) + 0.5
    lines = np.stack([_joint_line(body, side, rows) for side in range(2)])
    middle = lines.mean(0)
    person, arms = matte > 0.5, _arms(body)
    room = BESIDE * body.shoulder_width
    shown = np.full((height, width), np.nan, np.float32)
    for side in range(2):
        outwards = float(np.sign(np.median(lines[side] - middle))) or 1.0
        top, hips = (float(body.points[ids[side], 1]) for ids in (SHOULDERS, HIPS))
        armpit = top + ARMPIT * max(hips - top, 0.0)
        seen, away = [], []
        for y in range(max(0, int(armpit)), height):
            edge = _edge(person[y], removed[y], arms[y], middle[y], outwards)
            if edge is not None:
                seen.append(y + 0.5)
                away.append(outwards * (edge - lines[side, y]))
        if len(seen) < STEADY:
            continue
        away = median_filter(np.array(away), STEADY, mode="nearest")
        rise = np.clip((rows - armpit) / max(seen[0] - armpit, 1.0), 0, 1) ** 2
        ends = lines[side] + outwards * rise * np.interp(rows, seen, away)
        outside = outwards * (columns - ends[:, None])
        inside = np.clip(0.5 - outside / SOFT, 0, 1)
        here = (outwards * (columns - middle[:, None]) >= 0) & (outside < room) & (rows >= armpit)[:, None]
        shown = np.where(here, inside, shown)
    return shown


def _joint_line(body: TrackedBody, side: int, rows: np.ndarray) -> np.ndarray:
    """The column of the line from shoulder to hip in each row, straight down below."""
    shoulder, hip = body.points[SHOULDERS[side], :2], body.points[HIPS[side], :2]
    if hip[1] <= shoulder[1]:
        return np.full(len(rows), shoulder[0])
    return np.interp(rows, [shoulder[1], hip[1]], [shoulder[0], hip[0]])


def _arms(body: TrackedBody) -> np.ndarray:
    """(H, W) bool: near the bones of the arms."""
    image = Image.new("1", (body.mask.shape[1], body.mask.shape[0]))
    draw = ImageDraw.Draw(image)
    room = ARM_NEAR * body.shoulder_width
    for bones in zip(SHOULDERS, ELBOWS, WRISTS, strict=True):
        joints = [tuple(map(float, body.points[i, :2])) for i in bones]
        draw.line(joints, fill=1, width=max(1, round(2 * room)))
        for x, y in joints:
            draw.ellipse([x - room, y - room, x + room, y + room], fill=1)
    return np.asarray(image)


def _edge(person: np.ndarray, removed: np.ndarray, arms: np.ndarray, start: float, outwards: float) -> float | None:
    """The column at which a row's person ends outwards of a start; None where that is not the torso's edge."""
    first = int(np.clip(start, 0, len(person) - 1))
    way = np.arange(first, len(person)) if outwards > 0 else np.arange(first, -1, -1)
    ends = np.flatnonzero(~(person | removed)[way])
    if not len(ends) or not ends[0]:
        return None
    last = way[ends[0] - 1]
    if removed[last] or arms[way[: ends[0]]].any():
        return None
    return float(last + 1 if outwards > 0 else last)
