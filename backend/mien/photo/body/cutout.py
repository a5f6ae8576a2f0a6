# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pixels are a forearm with its hand: random walks from what is surely the arm, and from what surely is not.

Grady 2006, Random Walks for Image Segmentation; Grady 2005, Multilabel Random Walker Segmentation Using Prior Models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt, gaussian_filter, label
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import spsolve

SIDE = 150  # pixels of the longer side of the window that is cut
CONTRAST = 60.0  # how much a walk is kept from crossing an edge
PRIOR = 0.02  # how much a pixel's own colour counts against its neighbours
LEVELS = 10  # of each colour in the histograms
FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
ROUND_PALM = (0, 1, 5, 9, 13, 17)
FINGER_ROOM, HAND_ROOM = (
    0.3,
    0.36,
)  # palms from a bone of a finger, and from a hand that is not sure, to what is no hand
SLEEVE_CORE, SLEEVE_ROOM = (
    0.16,
    0.8,
)  # palms from the forearm's bone that surely are arm, and that surely are not beyond
WIDE = 1.5  # palms from the bone to the edge of a wide sleeve
BESIDE = 0.4, 1.2  # palms from the torso, as its joints say, to what may be a sleeve and to what surely is one
OTHER = 0.32  # palms: a finger of another hand
SMOOTH = 0.05  # palms: how much the outline is smoothed
BLOB = 0.4  # palms: the radius of a hand of which no more is known
THIN = 0.13  # palms: a finger's bone as drawn


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What is about a forearm: shoulder (2,) of its arm; the torso (H, W) bool; points (21, 2) of the other hand, None
    where that is not seen. Pixels."""

    shoulder: np.ndarray
    torso: np.ndarray
    other_hand: np.ndarray | None = None


def arm_mask(pixels: np.ndarray, person: np.ndarray, elbow: np.ndarray, hand: np.ndarray, palm: float,
             sure: bool, about: Surroundings | None = None) -> np.ndarray:  # fmt: skip
    """(H, W) float32 0..1: forearm and hand in pixels (H, W, 3) uint8 with the person's matte (H, W).

    elbow (2,), hand (21, 2) pixels; palm: pixels from wrist to knuckles; sure: whether the fingers are where they say;
    else the hand is a blob about their middle. about: where it is known, a wide sleeve is the forearm's beside the
    torso, and another hand on the forearm is none of it.
    """
    if not sure:
        hand = _blob(hand, elbow, palm)
    height, width = person.shape
    every = np.concatenate([elbow[None], hand])
    room = 1.3 * palm
    x0, y0 = np.maximum(np.floor(every.min(0) - room), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(every.max(0) + room), [width, height]).astype(int)
    if x1 - x0 < 4 or y1 - y0 < 4:
        return np.zeros((height, width), np.float32)
    scale = min(1.0, SIDE / max(x1 - x0, y1 - y0))
    size = (max(4, round((x1 - x0) * scale)), max(4, round((y1 - y0) * scale)))
    window = Image.fromarray(np.ascontiguousarray(pixels[y0:y1, x0:x1])).resize(size, Image.Resampling.BOX)
    small = np.asarray(window, np.float64) / 255
    inside = np.asarray(
        Image.fromarray(person[y0:y1, x0:x1].astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    )
    factor = np.array(size) / [x1 - x0, y1 - y0]
    inner = (elbow - [x0, y0]) * factor, (hand - [x0, y0]) * factor
    window_about = None
    if about is not None:
        torso = Image.fromarray(about.torso[y0:y1, x0:x1]).resize(size, Image.Resampling.NEAREST)
        other = None if about.other_hand is None else (about.other_hand - [x0, y0]) * factor
        window_about = Surroundings((about.shoulder - [x0, y0]) * factor, np.asarray(torso), other)
    found = _walk(small, inside, *inner, palm * scale, sure, window_about)
    whole = np.asarray(Image.fromarray(found.astype(np.float32)).resize((x1 - x0, y1 - y0), Image.Resampling.BICUBIC))
    mask = np.zeros((height, width), np.float32)
    mask[y0:y1, x0:x1] = np.clip((gaussian_filter(whole, max(0.6, SMOOTH * palm)) - 0.35) / 0.35, 0, 1)
    return mask


def _walk(colours: np.ndarray, person: np.ndarray, elbow: np.ndarray, hand: np.ndarray, palm: float,
          sure: bool, about: Surroundings | None) -> np.ndarray:  # fmt: skip
    size = colours.shape[:2]
    bones = _drawn(size, [hand[[0, *finger]] for finger in FINGERS], max(1, round(THIN * palm)))
    shape = _filled(size, hand[list(ROUND_PALM)])
    core = (bones | shape) & ((person > 0.3) | sure)
    sleeve = _distance(size, [np.stack([elbow, hand[0]])])
    hand_distance = np.asarray(distance_transform_edt(~(bones | shape)))
    room = (FINGER_ROOM if sure else HAND_ROOM) * palm
    along = np.clip(_along(size, elbow, hand[0]), 0, 1)
    sleeve_room = SLEEVE_ROOM * palm * (1.1 - 0.3 * along)
    is_arm = core | ((sleeve < SLEEVE_CORE * palm) & (person > 0.5))
    no_arm = (hand_distance > room) & ((sleeve > sleeve_room) | (person < 0.1))
    if not sure:
        no_arm |= person < 0.15  # nothing else says where a hand ends that holds something
    if about is not None:
        perhaps, surely = (
            _sleeve(size, person, elbow, hand[0], sleeve, beside * palm, palm, about) for beside in BESIDE
        )
        is_arm, no_arm = is_arm | surely, no_arm & ~perhaps
        if about.other_hand is not None:
            lines = [about.other_hand[[0, *finger]] for finger in FINGERS]
            others = _drawn(size, lines, max(1, round(OTHER * palm))) | _filled(
                size, about.other_hand[list(ROUND_PALM)]
            )
            is_arm, no_arm = is_arm & ~(others & ~core), no_arm | (others & ~core)
    near_hand = hand_distance < sleeve
    chance = likely(colours, core, no_arm & (hand_distance < 3 * palm))
    prior = np.where(near_hand, PRIOR, 0.0)
    found = _solved(colours, is_arm, no_arm & ~is_arm, chance, prior)
    pieces, _ = label(found > 0.3)  # pyright: ignore[reportGeneralTypeIssues]
    counts = np.bincount(pieces[core & (pieces > 0)], minlength=2)
    return np.where((pieces == 0) | (pieces == counts.argmax()), found, 0)


def _sleeve(size: tuple[int, ...], person: np.ndarray, elbow: np.ndarray, wrist: np.ndarray, sleeve: np.ndarray,
            beside: float, palm: float, about: Surroundings) -> np.ndarray:  # fmt: skip
    """(h, w) bool: what of the person is beside the torso, by so many pixels, and nearer to the forearm's bone than to
    the upper arm's."""
    upper = _distance(size, [np.stack([about.shoulder, elbow])])
    aside = np.asarray(distance_transform_edt(~about.torso)) if about.torso.any() else np.full(size, np.inf)
    return (
        (person > 0.5) & (aside > beside) & (sleeve < WIDE * palm) & (sleeve < upper) & (_along(size, elbow, wrist) < 1)
    )


def _solved(
    colours: np.ndarray, is_arm: np.ndarray, no_arm: np.ndarray, chance: np.ndarray, prior: np.ndarray
) -> np.ndarray:
    """The chance of a walk from each pixel to end in the arm."""
    height, width = is_arm.shape
    number = np.arange(height * width).reshape(height, width)
    pairs, weights = [], []
    for one, other in (((slice(None), slice(0, -1)), (slice(None), slice(1, None))),
                       ((slice(0, -1), slice(None)), (slice(1, None), slice(None)))):  # fmt: skip
        apart = ((colours[one] - colours[other]) ** 2).sum(2).ravel()
        weights.append(np.exp(-CONTRAST * apart / max(float(apart.mean()) * 4, 1e-3)) + 1e-4)
        pairs.append(np.stack([number[one].ravel(), number[other].ravel()]))
    (a, b), weight = np.concatenate(pairs, 1), np.concatenate(weights)
    count = height * width
    graph = coo_matrix((weight, (a, b)), (count, count)).tocsr()
    graph = graph + graph.T
    pull = prior.ravel()
    laplacian = diags(np.asarray(graph.sum(1)).ravel() + pull) - graph
    fixed = (is_arm | no_arm).ravel()
    value = is_arm.ravel().astype(float)
    free = ~fixed
    known = pull * chance.ravel()
    if free.any():
        laplacian = laplacian.tocsr()
        right = known[free] - laplacian[free][:, fixed] @ value[fixed]
        value[free] = spsolve(laplacian[free][:, free].tocsc(), right)
    return value.reshape(height, width)


def likely(colours: np.ndarray, hand: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(h, w) 0..1: how much a pixel's colour (h, w, 3), 0..1, is one of the hand's and not of the other pixels'."""
    cells = np.minimum((colours * LEVELS).astype(int), LEVELS - 1)

    def share(mask: np.ndarray) -> np.ndarray:
        counts = np.zeros((LEVELS,) * 3)
        np.add.at(counts, tuple(cells[mask].T), 1.0)
        smooth = gaussian_filter(counts, 0.8) + 1e-6
        return (smooth / smooth.sum())[tuple(np.moveaxis(cells, 2, 0))]

    if not hand.any() or not other.any():
        return np.full(hand.shape, 0.5)
    one, rest = share(hand), share(other)
    return one / (one + rest)


def _drawn(size: tuple[int, ...], lines: list[np.ndarray], width: int) -> np.ndarray:
    image = Image.new("1", (size[1], size[0]))
    draw = ImageDraw.Draw(image)
    for line in lines:
        draw.line([tuple(map(float, point)) for point in line], fill=1, width=width)
    return np.asarray(image)


def _filled(size: tuple[int, ...], outline: np.ndarray) -> np.ndarray:
    image = Image.new("1", (size[1], size[0]))
    ImageDraw.Draw(image).polygon([tuple(map(float, point)) for point in outline], fill=1, outline=1)
    return np.asarray(image)


def _distance(size: tuple[int, ...], lines: list[np.ndarray]) -> np.ndarray:
    """Pixels to the nearest of the lines. A line outside the window is infinitely far."""
    drawn = _drawn(size, lines, 1)
    return np.asarray(distance_transform_edt(~drawn)) if drawn.any() else np.full(size, np.inf)


def _along(size: tuple[int, ...], start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(h, w): 0 at the start of a line, 1 at its end."""
    y, x = np.mgrid[: size[0], : size[1]]
    way = end - start
    return ((x - start[0]) * way[0] + (y - start[1]) * way[1]) / max(float(way @ way), 1e-9)


def _blob(hand: np.ndarray, elbow: np.ndarray, palm: float) -> np.ndarray:
    """(21, 2): points of a round hand about the middle of hand (21, 2)."""
    middle = hand.mean(0)
    way = middle - elbow
    way = way / max(float(np.linalg.norm(way)), 1e-9)
    angles = np.linspace(0, 2 * np.pi, 21, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], 1) * BLOB * palm + middle
    circle[0] = middle - BLOB * palm * way
    return circle
