# SPDX-License-Identifier: GPL-3.0-or-later
"""The teeth that a photo shows: which pixels they are, of which row, and the photo with the mouth empty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_closing, binary_dilation, gaussian_filter, label, median_filter

from mien.face_tracking.landmark_indices import INNER_LIPS
from mien.photo.eyes import CHEEKS, polygon, window
from mien.photo.fill import filled
from mien.photo.fit import OPEN_GAP, FittedFace, relative_gap

LEAST_EYES = 60.0  # pixels of the eye distance: of a smaller face teeth are too few to be cut out
LEAST_SHARE = 0.10  # of the mouth's opening: fewer light pixels are a glint
LIGHT = 0.5  # of the way from the mouth's dark to its brightest pixels, from which a pixel may be a tooth
PALE = 0.55  # of the lips' redness, under which it is one
ALIKE = (
    0.05,
    0.14,
)  # redness above that of the brightest pixels: up to the first always, over the second never
CREVICE = 0.03  # of the eye distance: the dark between two teeth is of the row
LEAST_LIGHT = 0.42  # of the cheeks' brightness that the brightest pixels of a mouth with teeth have
RIM = 0.02  # of the eye distance beyond the inner lips: the tracker's error there
CROWN = 0.15  # of the eye distance: the height of a front tooth at most; taller light is two rows
NOTCH = 0.05  # of the brightness: the dip where an upper row ends on a lower one
OUTERMOST = 0.12  # of the row's width at each end
LEAST_ROW, LEAST_ROW_SHARE = 0.012, 0.08  # of the eye distance high, of the upper row's area: a lower row
LIP = 0.16  # of the eye distance that a row goes on under the lip
NECKS = (0.112, 0.09)  # of the eye distance from the edge of an upper and of a lower tooth, where its gum begins
OFF_EDGE, EVEN_ROUNDS = 0.014, 4  # of the eye distance beyond the row's edge; rounds of fitting it
USED_ROW = 0.035  # of the eye distance: a row that is less high is not what it is moved as
END = 0.035  # of the eye distance over which a row fades at its ends
GUM = np.array((0.82, 0.50, 0.48))  # of the teeth's own colour
DARK = (0.016, 0.005, 0.005)  # linear, of the cheeks' light: what is behind teeth where nothing else is seen


@dataclass(frozen=True, eq=False)
class SeenTeeth:
    """upper, lower: (H, W, 4) uint8 with premultiplied alpha: the row as the photo has it, and what goes on under the
    lip; None where it shows none. lips, inside (H, W, 3) uint8: the photo whose lips go on over the opening, and the
    photo without the teeth. colour, side (3,) sRGB 0..255: of the teeth, and of the outermost ones. left, right: pixels
    between which the front row is seen; edge: pixels down to its edge at its middle."""

    upper: np.ndarray | None
    lower: np.ndarray | None
    lips: np.ndarray
    inside: np.ndarray
    colour: np.ndarray
    side: np.ndarray
    left: float
    right: float
    edge: float


def seen_teeth(face: FittedFace, pixels: np.ndarray) -> SeenTeeth | None:
    """The teeth in pixels (H, W, 3 or 4) uint8 sRGB; None where the mouth is closed or shows none and where the
    face is small."""
    eyes = face.eye_distance
    if eyes < LEAST_EYES or relative_gap(face.points) < OPEN_GAP:
        return None
    outline = face.points[list(INNER_LIPS), :2]
    rows, columns, low = window(outline, 0.22 * eyes, pixels.shape)
    part = pixels[rows, columns, :3].astype(np.float32)
    size = part.shape[:2]
    opening = polygon(outline, low, size)
    rim = max(1, round(RIM * eyes))
    around = _wider(opening > 0.5, rim)
    grey, red = part.mean(2), _redness(part)
    inside = opening > 0.5
    if inside.sum() < 20:
        return None
    cheeks = _cheeks(face, pixels)
    lip_red = float(np.median(red[_wider(around, 3 * rim) & ~around]))
    dark, bright = np.percentile(grey[inside], (5, 92))
    brightest = float(np.median(red[inside & (grey >= bright)]))
    least = max(dark + LIGHT * (bright - dark), 0.3 * cheeks)
    if bright - dark < 0.12 * cheeks:  # nothing but teeth, or nothing but the dark
        least = LEAST_LIGHT * cheeks
    reddest = max(min(PALE * max(lip_red, 0.12), max(brightest, 0) + ALIKE[1]), brightest + ALIKE[0])
    tooth = _of_the_mouth((grey > least) & (red < reddest) & around, inside)
    if bright < LEAST_LIGHT * cheeks or tooth.sum() < LEAST_SHARE * inside.sum():
        return None
    upper, lower = (_closed(row, round(CREVICE * eyes)) & around for row in _rows(tooth, grey, inside, eyes))
    lips, behind = pixels[..., :3].copy(), pixels[..., :3].copy()
    lips[rows, columns] = _lips(part, opening, around, upper | lower)
    behind[rows, columns] = _behind(part, opening, upper | lower, cheeks)
    layers = []
    for row, way in ((upper, -1), (lower, 1)):
        high = row.sum(0)
        if row.sum() < max(0.03 * inside.sum(), 12) or np.median(high[high > 0]) < USED_ROW * eyes * (way > 0):
            layers.append(None)
            continue
        layer = np.zeros((*pixels.shape[:2], 4), np.uint8)
        layer[rows, columns] = _layer(part, row, eyes, way)
        layers.append(layer)
    if layers[0] is None and layers[1] is None:
        return None
    front = upper if layers[0] is not None else lower
    seen = np.flatnonzero(front.any(0))
    middle = front[:, len(front[0]) // 2 - 2 : len(front[0]) // 2 + 3].any(1)
    downs = np.flatnonzero(middle if middle.any() else front.any(1))
    colour = np.percentile(part[front], 70, axis=0)
    outermost = front & ((np.arange(front.shape[1]) < seen[0] + OUTERMOST * len(seen)) | (
        np.arange(front.shape[1]) > seen[-1] - OUTERMOST * len(seen)))  # fmt: skip
    side = np.percentile(part[outermost], 70, axis=0)
    return SeenTeeth(
        layers[0], layers[1], lips, behind, colour, side,
        float(seen[0] + low[0]), float(seen[-1] + 1 + low[0]), float(downs[-1] + 1 + low[1]),
    )  # fmt: skip


def _closed(row: np.ndarray, crevice: int) -> np.ndarray:
    """The row without the gaps between its teeth."""
    wide = np.ones((1, 2 * max(1, crevice) + 1), bool)
    return binary_closing(binary_closing(np.pad(row, 8 + crevice), wide), iterations=1)[
        8 + crevice : -8 - crevice, 8 + crevice : -8 - crevice
    ]


def _redness(values: np.ndarray) -> np.ndarray:
    """0 for grey, 1 for pure red."""
    return (values[..., 0] - values[..., 1:].mean(-1)) / np.maximum(values.max(-1), 8)


def _cheeks(face: FittedFace, pixels: np.ndarray) -> float:
    at = np.clip(face.points[list(CHEEKS), :2].astype(int), 0, np.array(pixels.shape[1::-1]) - 1)
    return float(np.median(pixels[at[:, 1], at[:, 0], :3].mean(-1)))


def _wider(mask: np.ndarray, pixels: int) -> np.ndarray:
    """A mask (h, w) bool and what is so many pixels from it."""
    return np.asarray(binary_dilation(mask, iterations=pixels), bool)


def _of_the_mouth(tooth: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """What joins the opening: light on the lips does not."""
    marks, count = label(tooth)  # pyright: ignore[reportGeneralTypeIssues]
    joined = np.bincount(marks[inside], minlength=count + 1)
    areas = np.bincount(marks.ravel(), minlength=count + 1)
    kept = joined > 0.5 * np.maximum(areas, 1)
    kept[0] = False
    return kept[marks]  # pyright: ignore[reportCallIssue, reportArgumentType]


def _rows(tooth: np.ndarray, grey: np.ndarray, inside: np.ndarray, eyes: float) -> tuple[np.ndarray, np.ndarray]:
    """The pixels of the upper and of the lower row: in each column the light begins at the upper lip, and ends where it
    is dark, or dips, or a crown is high."""
    height, width = tooth.shape
    smooth = gaussian_filter(grey, (0.006 * eyes, 0.02 * eyes))
    split = np.full(width, np.nan)
    for x in np.flatnonzero(tooth.any(0) & inside.any(0)):
        ys, lips = np.flatnonzero(tooth[:, x]), np.flatnonzero(inside[:, x])
        top, bottom, end = lips[0], lips[-1], ys[-1] + 1
        breaks = np.flatnonzero(np.diff(ys) > 1)
        if len(breaks) and ys[0] - top <= 0.5 * (bottom - top):
            split[x] = ys[breaks[0]] + 1
        elif ys[0] - top > 0.5 * (bottom - top):
            split[x] = ys[0]  # it begins low: the lower row alone
        elif len(ys) > 0.06 * eyes:
            run = smooth[ys[0] : end, x]
            first = round(0.04 * eyes)
            at = first + int(np.argmin(run[first : max(first + 1, len(run) - 2)]))
            peak = min(run[:at].max(), run[at:].max()) if 0 < at < len(run) else run[at]
            if run[at] < (1 - NOTCH) * peak:
                split[x] = ys[0] + at
            else:
                split[x] = min(end, ys[0] + CROWN * eyes)
        else:
            split[x] = end
    known = np.flatnonzero(~np.isnan(split))
    filled_in = np.interp(np.arange(width), known, split[known]) if len(known) else np.full(width, height)
    filled_in = median_filter(filled_in, 2 * max(1, round(0.03 * eyes)) + 1, mode="nearest")
    below = np.arange(height)[:, None] >= filled_in
    upper, lower = _whole(tooth & ~below), _whole(tooth & below)
    high = lower.sum(0)
    if not lower.any() or np.median(high[high > 0]) < LEAST_ROW * eyes or lower.sum() < LEAST_ROW_SHARE * upper.sum():
        return _whole(tooth), np.zeros_like(tooth)  # the uneven edge of the upper row
    return _even(upper, eyes), _even(lower[::-1], eyes)[::-1]


def _even(row: np.ndarray, eyes: float) -> np.ndarray:
    """A row without what hangs from its lower edge, which is a parabola: a light tongue behind the teeth."""
    columns = np.flatnonzero(row.any(0))
    if len(columns) < 8:
        return row
    ends = np.array([np.flatnonzero(row[:, x])[-1] + 1.0 for x in columns])
    near = np.ones(len(columns), bool)
    off = max(1.0, OFF_EDGE * eyes)
    for _ in range(EVEN_ROUNDS):
        edge = np.polyval(np.polyfit(columns[near], ends[near], 2), columns)
        kept = ends < edge + 0.7 * off
        if kept.sum() < len(columns) // 3:
            break
        near = kept
    limit = np.zeros(row.shape[1])
    limit[columns] = edge + off
    return row & (np.arange(row.shape[0])[:, None] < limit)


def _whole(row: np.ndarray) -> np.ndarray:
    """The largest piece of a row, with those that are near to it."""
    marks, count = label(_wider(row, 2))  # pyright: ignore[reportGeneralTypeIssues]
    if not count:
        return row
    areas = np.bincount(marks[row], minlength=count + 1)
    kept = areas >= 0.2 * areas[1:].max()
    kept[0] = False
    return row & kept[marks]


def _layer(part: np.ndarray, row: np.ndarray, eyes: float, way: int) -> np.ndarray:
    """(h, w, 4) the row with soft edges. What the lip hides goes on in the colour at the lip, upwards for way -1, and
    ends in a gum."""
    flipped = int(way > 0)
    if flipped:
        part, row = part[::-1], row[::-1]
    height, width = row.shape
    room = round(LIP * eyes)
    padded = np.pad(row, ((room, 0), (0, 0)))
    columns = np.flatnonzero(row.any(0))
    tops = np.interp(np.arange(width), columns, [np.flatnonzero(padded[:, x])[0] for x in columns])
    edges = np.interp(np.arange(width), columns, [np.flatnonzero(padded[:, x])[-1] + 1 for x in columns])
    tops, edges = (gaussian_filter(values, 0.015 * eyes) for values in (tops, edges))
    y = np.arange(height + room)[:, None] + 0.5
    hidden = (y > tops - room) & (y < tops + 1) & row.any(0)
    core = gaussian_filter(padded.astype(np.float32), 0.7) > 0.75
    seen = np.pad(part, ((room, 0), (0, 0), (0, 0)), mode="edge")
    colour = filled(seen, np.where(core if core.any() else padded, 1.0, 0.0002))
    gum = np.clip((edges - NECKS[flipped] * eyes - y) / (0.02 * eyes) + 0.5, 0, 1)[..., None]
    colour = colour * (1 - gum) + colour * GUM * gum
    colour = np.where(padded[..., None], seen, colour)
    alpha = np.clip(gaussian_filter((padded | hidden).astype(np.float32), 0.6) * 1.6 - 0.3, 0, 1)
    x = np.arange(width) + 0.5
    ends = np.clip(np.minimum(x - columns[0], columns[-1] + 1 - x) / (END * eyes), 0, 1)
    alpha = np.where(padded, alpha, alpha * ends)[room:, :, None]
    layer = (np.clip(np.concatenate([colour[room:] * alpha, 255 * alpha], 2), 0, 255) + 0.5).astype(np.uint8)
    return layer[::-1] if flipped else layer


def _lips(part: np.ndarray, opening: np.ndarray, around: np.ndarray, teeth: np.ndarray) -> np.ndarray:
    """(h, w, 3) lips that go on over the opening: at their rim a tooth may be under them."""
    wide = _wider(teeth, 1)
    lips = filled(part, (~around & ~wide).astype(np.float32))
    cover = np.maximum(opening, _soft(wide | (around & (part.mean(2) > lips.mean(2) * 1.12)))[..., 0])[..., None]
    return (np.clip(part * (1 - cover) + lips * cover, 0, 255) + 0.5).astype(np.uint8)


def _behind(part: np.ndarray, opening: np.ndarray, teeth: np.ndarray, cheeks: float) -> np.ndarray:
    """(h, w, 3) the mouth without teeth: the dark or the tongue that is seen beside them."""
    wide = _wider(teeth, 1)
    soft = (opening > 0.9) & ~wide
    if soft.sum() > 0.05 * (opening > 0.5).sum():
        # A lip's edge is not the inside, which is as light as the darker part of it at most.
        dark = np.percentile(part[soft], 25, axis=0)
        behind = np.minimum(filled(part, soft.astype(np.float32)), dark)
    else:
        dark = np.array(DARK) ** (1 / 2.4) * cheeks
        behind = np.broadcast_to(dark, part.shape)
    beyond = 1 - opening[..., None]
    cover = np.maximum(_soft(wide), beyond)
    return (np.clip(part * (1 - cover) + behind * cover, 0, 255) + 0.5).astype(np.uint8)


def _soft(mask: np.ndarray) -> np.ndarray:
    return np.clip(gaussian_filter(mask.astype(np.float32), 0.7) * 2, 0, 1)[..., None]
