# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth that goes on behind a hand: patches of what is known, from coarse to fine.

Barnes et al. 2009, PatchMatch; Wexler et al. 2007, Space-Time Completion of Video.
"""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy.ndimage import binary_dilation, binary_erosion, gaussian_filter

from mien.photo.fill import filled

PATCH = 3  # pixels to each side of a patch's middle
LEVELS = (0.25, 0.5, 1.0)  # sizes at which the hole is filled
ROUNDS = 3  # of choosing patches and mixing them, on a level
JUMPS = (8, 4, 2, 1)  # pixels from where neighbours hand on their patches
RIM = 3  # pixels around the hole whose truth corrects it
ALIKE = 80.0  # of 255 that the rim may be wrong by: light and shade that go over cloth
SIDE = 220  # pixels of the longer side of the window, beyond which it is filled smaller
WEAVE = 0.5  # pixels of the smaller picture: the blur beyond which its pixels show what is in it
ROOM = 0.6  # of the hole around it from where patches come


def texture_filled(
    pixels: np.ndarray, known: np.ndarray, hole: np.ndarray, beside: np.ndarray | None = None
) -> np.ndarray:
    """(H, W, 3) float32: pixels (H, W, 3) with the hole (H, W) filled from what is known (H, W) bool near it. beside
    (H, W) bool: what the fill joins at its rim without a seam, if that is more than what it is made of."""
    joined = known if beside is None else beside
    smooth = filled(pixels, (known | (joined & binary_dilation(hole, iterations=RIM))).astype(np.float32))
    whole = np.where(hole[..., None], smooth, pixels).astype(np.float32)
    if not hole.any():
        return whole
    # A rim of what is known is filled, too: by how much it is wrong there, all of it is shifted, and no seam shows.
    rim = binary_dilation(hole, iterations=RIM) & joined & ~hole
    own, hole = hole, hole | rim
    known = known & ~rim
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    room = int(ROOM * max(np.ptp(rows), np.ptp(columns))) + 8
    y0, y1 = max(0, rows[0] - room), min(hole.shape[0], rows[-1] + room + 1)
    x0, x1 = max(0, columns[0] - room), min(hole.shape[1], columns[-1] + room + 1)
    window = slice(y0, y1), slice(x0, x1)
    top = min(1.0, SIDE / max(y1 - y0, x1 - x0))
    current, offsets = _from_coarse_to_fine(whole[window], known[window], hole[window], top)
    if top < 1:
        weave = 0 if offsets is None else _weave(pixels[window], known[window], offsets)
        current = _sized(current, (x1 - x0, y1 - y0)) + weave
    # A rim that is quite another thing, a cuff or a wall, would only smear over the cloth.
    wrong = np.where(rim[window][..., None], pixels[window] - current, 0)
    alike = rim[window] & (np.abs(wrong).max(2) < ALIKE)
    membrane = filled(np.where(alike[..., None], wrong, 0), alike.astype(np.float32)) if alike.any() else 0
    whole[window] = np.where(own[window][..., None], np.clip(current + membrane, 0, 255), pixels[window])
    return whole


def _from_coarse_to_fine(
    whole: np.ndarray, known: np.ndarray, hole: np.ndarray, top: float
) -> tuple[np.ndarray, np.ndarray | None]:
    """(whole (H, W, 3) with the hole (H, W) filled, `top` times as large; the offsets of `_matched`, None where the
    picture is too small for whole patches)."""
    current, offsets = whole, None
    for level in LEVELS:
        size = tuple(max(2 * PATCH + 2, round(side * top * level)) for side in hole.shape[::-1])
        small = _sized(whole, size)
        sources = _sized(known.astype(np.float32), size) > 0.99
        todo = _sized(hole.astype(np.float32), size) > 0.01
        start = np.where(todo[..., None], _sized(current, size), small)
        matched = _matched(start, sources & ~todo, todo, sharp=level == LEVELS[-1])
        current, offsets = (start, None) if matched is None else matched
    return current, offsets


def _weave(pixels: np.ndarray, known: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """(H, W, 3): what is finer in pixels (H, W, 3) than the smaller picture in which a hole was filled, fetched from
    the known (H, W) bool pixels at offsets (h, w, 2), x and y, of that picture."""
    height, width = known.shape
    scale = np.array([width / offsets.shape[1], height / offsets.shape[0]])
    blur = WEAVE * float(scale.mean())
    share = gaussian_filter(known.astype(np.float32), blur)
    smooth = (
        gaussian_filter(np.where(known[..., None], pixels, 0), (blur, blur, 0)) / np.maximum(share, 1e-6)[..., None]
    )
    fine = np.where(known[..., None], pixels - smooth, 0)
    y, x = np.mgrid[:height, :width]
    row, column = (y / scale[1]).astype(int), (x / scale[0]).astype(int)
    step = np.round(offsets[row, column] * scale).astype(int)
    return fine[np.clip(y + step[..., 1], 0, height - 1), np.clip(x + step[..., 0], 0, width - 1)]


def _sized(values: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    planes = values[..., None] if values.ndim == 2 else values
    target = size[0], size[1]
    resized = [
        np.asarray(Image.fromarray(np.array(planes[..., i], np.float32)).resize(target, Image.Resampling.BILINEAR))
        for i in range(planes.shape[2])
    ]
    return resized[0] if values.ndim == 2 else np.stack(resized, 2)


def _matched(
    picture: np.ndarray, sources: np.ndarray, todo: np.ndarray, sharp: bool
) -> tuple[np.ndarray, np.ndarray] | None:
    """(the picture with todo made of patches around `sources`, (h, w, 2) offsets, x and y, to the middles of those
    patches); None where no whole patch is known."""
    height, width = todo.shape
    window = np.ones((2 * PATCH + 1,) * 2, bool)
    centres = np.stack(np.nonzero(binary_erosion(sources, window)), 1)
    if len(centres) < 20:
        return None
    allowed = np.zeros((height, width), bool)
    allowed[tuple(centres.T)] = True
    places = np.stack(np.nonzero(todo), 1)
    number = np.full((height, width), -1)
    number[tuple(places.T)] = np.arange(len(places))
    random = np.random.default_rng(0)
    # A first guess: the known patch nearest to a place, a few pixels off.
    near = np.abs(centres[None, :: max(1, len(centres) // 400)] - places[:, None]).sum(2).argmin(1)
    best = centres[:: max(1, len(centres) // 400)][near]
    steps = np.stack(np.meshgrid(*[np.arange(-PATCH, PATCH + 1)] * 2, indexing="ij"), -1).reshape(-1, 2)
    picture = picture.copy()
    for _ in range(ROUNDS):
        padded = np.pad(picture, ((PATCH, PATCH), (PATCH, PATCH), (0, 0)), "edge")
        mine = padded[(places[:, None] + steps + PATCH)[..., 0], (places[:, None] + steps + PATCH)[..., 1]]

        def cost(chosen: np.ndarray, mine: np.ndarray = mine, padded: np.ndarray = padded) -> np.ndarray:
            at = chosen[:, None] + steps + PATCH
            return ((padded[at[..., 0], at[..., 1]] - mine) ** 2).sum((1, 2))

        price = cost(best)
        for jump in JUMPS:
            for dy, dx in ((jump, 0), (-jump, 0), (0, jump), (0, -jump)):
                other = places + [dy, dx]
                inside = (other >= 0).all(1) & (other < [height, width]).all(1)
                neighbour = np.where(inside, number[tuple(np.clip(other, 0, [height - 1, width - 1]).T)], -1)
                offered = np.where(neighbour >= 0, neighbour, 0)
                _take(best, price, best[offered] - [dy, dx], allowed, cost, neighbour >= 0)
            radius = max(height, width) * jump // 16
            guess = best + random.integers(-radius - 1, radius + 2, best.shape)
            _take(best, price, guess, allowed, cost, np.ones(len(best), bool))
            _take(best, price, centres[random.integers(0, len(centres), len(best))], allowed, cost,
                  np.ones(len(best), bool))  # fmt: skip
        sums, weights = np.zeros_like(picture), np.zeros((height, width))
        share = np.exp(-price / (2 * max(float(np.percentile(price, 75)), 1e-6)))
        for step in steps:
            target = places + step
            fits = (target >= 0).all(1) & (target < [height, width]).all(1)
            at, origin = tuple(target[fits].T), tuple((best[fits] + step).T)
            np.add.at(sums, at, share[fits, None] * picture[origin])
            np.add.at(weights, at, share[fits])
        mixed = sums / np.maximum(weights, 1e-9)[..., None]
        picture = np.where(todo[..., None] & (weights > 0)[..., None], mixed, picture)
    if sharp:
        exact = picture.copy()
        exact[tuple(places.T)] = picture[tuple(best.T)]
        picture = 0.35 * picture + 0.65 * exact  # means alone have no weave
    offsets = np.zeros((height, width, 2), int)
    offsets[tuple(places.T)] = (best - places)[:, ::-1]
    return picture, offsets


def _take(best, price, guess, allowed, cost, offered) -> None:
    """Puts guesses (N, 2) into best where they are allowed and cheaper."""
    height, width = allowed.shape
    inside = offered & (guess >= 0).all(1) & (guess < [height, width]).all(1)
    guess = np.where(inside[:, None], guess, best)
    inside &= allowed[tuple(guess.T)]
    guess = np.where(inside[:, None], guess, best)
    new = cost(guess)
    better = inside & (new < price)
    best[better], price[better] = guess[better], new[better]
