# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pixels are a forearm with its hand: random walks from what is surely the arm, and from what surely is not.

Grady 2006, Random Walks for Image Segmentation; Grady 2005, Multilabel Random Walker Segmentation Using Prior Models.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt, gaussian_filter
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
SMOOTH = 0.05  # palms: how much the outline is smoothed
BLOB = 0.4  # palms: the radius of a hand of which no more is known
THIN = 0.13  # palms: a finger's bone as drawn


def arm_mask(pixels: np.ndarray, person: np.ndarray, elbow: np.ndarray, hand: np.ndarray, palm: float,
             sure: bool) -> np.ndarray:  # fmt: skip
    """(H, W) float32 0..1: forearm and hand in pixels (H, W, 3) uint8 with the person's matte (H, W).

    elbow (2,), hand (21, 2) pixels; palm: pixels from wrist to knuckles; sure: whether the fingers are where they say;
    else the hand is a blob about their middle.
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
    found = _walk(small, inside, (elbow - [x0, y0]) * factor, (hand - [x0, y0]) * factor, palm * scale, sure)
    whole = np.asarray(Image.fromarray(found.astype(np.float32)).resize((x1 - x0, y1 - y0), Image.Resampling.BICUBIC))
    mask = np.zeros((height, width), np.float32)
    mask[y0:y1, x0:x1] = np.clip((gaussian_filter(whole, max(0.6, SMOOTH * palm)) - 0.35) / 0.35, 0, 1)
    return mask


def _walk(colours: np.ndarray, person: np.ndarray, elbow: np.ndarray, hand: np.ndarray, palm: float,
          sure: bool) -> np.ndarray:  # fmt: skip
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
    near_hand = hand_distance < sleeve
    chance = likely(colours, core, no_arm & (hand_distance < 3 * palm))
    prior = np.where(near_hand, PRIOR, 0.0)
    return _solved(colours, is_arm, no_arm & ~is_arm, chance, prior)


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
