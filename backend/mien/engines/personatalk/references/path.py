# SPDX-License-Identifier: GPL-3.0-or-later
"""Which references give teeth, tongue and fine texture in each frame: one along a path over time, so that rows do not
flip, and the nearest ones beside it.

A reference is dear where its mouth or its head is far from the target's, and where its teeth and lips are unlike those
expected from all references (the picture nearest to the mean, not the mean itself, whose rows of teeth are blurred).
The lips count, as a tracker may take the tops of the lower teeth for the lip's edge: such a picture would draw teeth
into the lips of others. To go on along the film costs nothing, to stay or go back little, to jump more.

Shares fall with the square of the cost (inverse distance weighting, Shepard 1968): the ratio of costs counts, not their
difference, so that a reference nearly the same as the target stands alone, and distant ones are averaged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.personatalk.appearance import Appearance
from mien.engines.personatalk.template import FaceTemplate, texture_columns

MOUTH, TURN = 0.02, 0.15  # eye distances and radians that cost 1
UNLIKE = 20.0  # of 255: root mean square between the lips that costs TEETH_WEIGHT, and on them LIPS_WEIGHT
TEETH_WEIGHT, LIPS_WEIGHT = 2.0, 1.0
JUMP, STAY = 1.5, 0.2
SAMPLES = 3  # every so many-th sample of the mouth is compared
LIPS = 0.5  # of the template's lips, from which a sample counts
BLOCK = 1000  # frames that are planned at once: memory does not grow with the film
TOGETHER = 4  # references of a frame: what they have in common is more often true than what one has alone
ALIKE = 0.1  # costs far below which references are as good as each other


@dataclass(frozen=True, eq=False)
class ReferencePath:
    """Of n frames: references (n, R) of the bank, that of the path first; shares (n, R), which sum to 1."""

    references: np.ndarray
    shares: np.ndarray

    def __getitem__(self, frame: int) -> dict[int, float]:
        """The share of each reference."""
        return dict(zip(self.references[frame].tolist(), self.shares[frame].tolist(), strict=True))


def reference_path(appearance: Appearance, mouth: np.ndarray, turn: np.ndarray) -> ReferencePath:
    """For each frame's geometry mouth (n, 12), turn (n, 3)."""
    bank = appearance.bank
    columns, weights = _looked_at(bank.template)
    seen = weights * bank.textures[:, columns].numpy()
    follows = np.flatnonzero(np.diff(bank.frames) == 1)  # i + 1 is the next picture of the film
    paths: list[np.ndarray] = []
    shares: list[np.ndarray] = []
    last = None
    for begin in range(0, len(mouth), BLOCK):
        part = slice(begin, begin + BLOCK)
        cost = _squared(mouth[part], bank.mouth) / MOUTH**2 + _squared(turn[part], bank.turn) / TURN**2
        cost += _squared(appearance.lip_weights(mouth[part], turn[part]) @ seen, seen)
        path = cheapest_path(cost, follows, last)
        last = int(path[-1])
        others = cost.copy()
        others[np.arange(len(path)), path] = -1
        paths.append(np.argsort(others, axis=1, kind="stable")[:, :TOGETHER])
        share = (np.take_along_axis(cost, paths[-1], 1) + ALIKE) ** -2
        shares.append(share / share.sum(1, keepdims=True))
    if not paths:
        return ReferencePath(np.zeros((0, 1), int), np.zeros((0, 1)))
    return ReferencePath(np.concatenate(paths), np.concatenate(shares))


def _looked_at(template: FaceTemplate) -> tuple[np.ndarray, np.ndarray]:
    """Columns (C,) of textures (N, 3 * H * W) between the lips and on them, and how much each counts (C,)."""
    lips = (template.lips[0].numpy() > LIPS) & ~template.inner
    columns, weights = [], []
    for area, weight in ((template.inner, TEETH_WEIGHT), (lips, LIPS_WEIGHT)):
        columns.append(texture_columns(area, SAMPLES))
        count = len(columns[-1])
        weights.append(np.full(count, np.sqrt(weight / max(count, 1)) / UNLIKE, np.float32))
    return np.concatenate(columns), np.concatenate(weights)


def cheapest_path(cost: np.ndarray, follows: np.ndarray, last: int | None = None) -> np.ndarray:
    """(n,) the path of least cost (n, N), plus JUMP for each change of reference but to the next (those `follows` have
    one), STAY for none and for one back. `last`: where the path before ended. Viterbi's algorithm."""
    count = cost.shape[1]
    own = np.arange(count)
    total = cost[0].copy()
    if last is not None:
        total += np.where((own == last) | ((own == last + 1) & np.isin(last, follows)), 0, JUMP)
    sources = np.zeros((len(cost), count), np.int32)
    for frame in range(1, len(cost)):
        cheapest = int(total.argmin())
        best, source = np.full(count, total[cheapest] + JUMP), np.full(count, cheapest)
        ways = [(own, own, STAY)]
        if len(follows):
            ways += [(follows + 1, follows, 0.0), (follows, follows + 1, STAY)]
        for target, origin, price in ways:
            better = total[origin] + price < best[target]
            best[target[better]] = (total[origin] + price)[better]
            source[target[better]] = origin[better]
        total, sources[frame] = best + cost[frame], source
    path = [int(total.argmin())]
    for frame in range(len(cost) - 1, 0, -1):
        path.append(int(sources[frame, path[-1]]))
    return np.array(path[::-1])


def _squared(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(n, m) squared distances of rows."""
    return np.maximum((one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T, 0)
