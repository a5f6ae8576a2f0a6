# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the tongue of the default head touches: the ridge behind the upper teeth, the palate, the teeth's edges.

The head has no palate: its height is that of the gum's inner edge. The tongue hangs on the jaw, so the weight that
brings it to a contact depends on where the jaw and the 52 channels have it in this frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.heads.default import Head

TIP_UP, BACK_UP, TIP_FORWARD = NAMES = ("tongueTipUp", "tongueBackUp", "tongueTipForward")
MIDDLE, INCISORS = 0.003, 0.005  # metres to each side of the mid-line
TIP_LENGTH, BACK = 0.0045, (0.024, 0.036)  # metres behind the tip: where its top is; where the back is highest
RIDGE, PALATE = 0.0006, 0.0045  # metres of the top of the tongue above the gum's inner edge at full contact
GUM_DEPTH = 0.008  # metres behind the foremost of the incisors, from which on the gum is its inside
# Metres of the tip before (-: behind) and under the edge of the upper incisors
BEFORE_TEETH, UNDER_TEETH = -0.0006, 0.0006
BEHIND_TEETH = 0.012  # metres of the tip behind the edge of the upper incisors where it cannot pass
PASSES = (0.0032, 0.0040)  # metres between the incisors' edges from which the thin tip fits, and is all the way through


class Contacts:
    """The contacts of one head. Raises ValueError where it lacks shapes of the tongue."""

    def __init__(self, head: Head) -> None:
        self._head = head
        tongue = np.unique(head.quads[head.quad_part == head.parts.index("tongue")])
        x, y, z = head.vertices[tongue].astype(float).T
        middle = np.abs(x) < MIDDLE
        behind = z.max() - z
        tops = middle & (behind < TIP_LENGTH)
        backs = middle & (BACK[0] < behind) & (behind < BACK[1])
        ids = [
            tongue[np.where(middle, z, -1).argmax()],
            tongue[np.where(tops, y, -1).argmax()],
            tongue[np.where(backs, y, -1).argmax()],
        ]
        self._tip, self._top, self._back = range(3)
        self._rest = head.vertices[ids].astype(float)
        self._channel_deltas = head.deltas[:, ids].astype(float)
        rows = [head.tongue_names.index(name) for name in NAMES]
        self._deltas: dict[str, np.ndarray] = dict(
            zip(NAMES, head.tongue_deltas[rows][:, ids].astype(float), strict=True)
        )
        lower, gum = head.teeth_lower.astype(bool), head.teeth_gum.astype(bool)
        crowns = ~gum & (np.abs(head.teeth_vertices[:, 0]) < INCISORS)
        upper = head.teeth_vertices[crowns & ~lower].astype(float)
        inside = gum & ~lower & (np.abs(head.teeth_vertices[:, 0]) < INCISORS)
        inside &= head.teeth_vertices[:, 2] < upper[:, 2].max() - GUM_DEPTH
        self._ridge = float(head.teeth_vertices[inside, 1].min())
        self._edge = float(upper[:, 1].min())
        self._front = float(upper[upper[:, 1] < self._edge + 0.001, 2].max())
        under = np.flatnonzero(crowns & lower)
        edge = under[head.teeth_vertices[under, 1].argmax()]
        self._lower_edge = float(head.teeth_vertices[edge, 1])
        self._jaw = head.teeth_deltas[:, edge, 1].astype(float)  # (K,) of teeth_channels

    def weights(
        self, channels: Sequence[str], weights: np.ndarray, tip: np.ndarray, back: np.ndarray, forward: np.ndarray
    ) -> np.ndarray:
        """(F, 3) weights of NAMES, 0 to 1, that bring the tongue to these shares (F,), 0 to 1, of its contacts: tip to
        the ridge, back to the palate, tip to between the teeth; in a face of `weights` (F, C) of `channels`.

        Between teeth that are nearly shut the tip does not go; it stays behind them. HeadError for an unknown channel.
        """
        weights = np.asarray(weights, float)
        place = self._rest + np.tensordot(weights, self._channel_deltas[self._head.order(channels)], 1)
        gap = self.incisor_gap(channels, weights)
        deltas = self._deltas
        out = np.zeros((len(weights), 3))

        def share_of_way(point: int, axis: int, target: np.ndarray | float, name: str) -> np.ndarray:
            return np.clip((target - place[:, point, axis]) / deltas[name][point, axis], 0.0, 1.0)

        def move(name: str, amount: np.ndarray) -> None:
            out[:, NAMES.index(name)] += amount
            place[:] += amount[:, None, None] * deltas[name]

        move(BACK_UP, back * share_of_way(self._back, 1, self._ridge + PALATE, BACK_UP))
        passes = np.clip((gap - PASSES[0]) / (PASSES[1] - PASSES[0]), 0.0, 1.0)
        target = self._front - BEHIND_TEETH + passes * (BEHIND_TEETH + BEFORE_TEETH)
        move(TIP_FORWARD, forward * share_of_way(self._tip, 2, target, TIP_FORWARD))
        under = share_of_way(self._top, 1, self._edge - UNDER_TEETH, TIP_UP)
        up = share_of_way(self._top, 1, self._ridge + RIDGE, TIP_UP)
        move(TIP_UP, np.maximum(forward * under, tip * (1 - forward) * up))
        return np.clip(out, 0.0, 1.0).astype(np.float32)

    def incisor_gap(self, channels: Sequence[str], weights: np.ndarray) -> np.ndarray:
        """(F,) metres from the upper incisors' edge down to the lower ones' for weights (F, C) of channels."""
        jaw = np.zeros(len(weights))
        for name, move in zip(self._head.teeth_channels, self._jaw, strict=True):
            if name in channels:
                jaw += np.asarray(weights, float)[:, list(channels).index(name)] * move
        return self._edge - (self._lower_edge + jaw)
