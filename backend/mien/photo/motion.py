# SPDX-License-Identifier: GPL-3.0-or-later
"""What a take asks of a photo's face, which has an expression of its own already."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.channels import ARKIT, INDEX
from mien.heads.default import Head, load_head
from mien.heads.landmark_fitting import fit_take
from mien.heads.landmark_track import landmarks_of
from mien.take import Take

LOOKS_DOWN, LOOKS_UP = ([INDEX[f"eyeLook{way}{side}"] for side in ("Left", "Right")] for way in ("Down", "Up"))
LIDS_STILL = 1e-3  # of these channels, where a take has none
# Of pitch, where eyeLookDown is 1 of a take whose channels do not tell how lids go with the eyes: its lids come down by
# 2.9 mm, and an iris by 2.6.
LIDS_FOLLOW = np.radians(12.0)
AWAKE = 0.02  # sum of all weights from which the photo's own mouth gives way to the take's
KEPT_SMILE = 0.5  # share of the photo's own smile that stays while it speaks
JAW, PUCKER = INDEX["jawOpen"], INDEX["mouthPucker"]
INNER, OUTER = INDEX["browInnerUp"], [INDEX["browOuterUpLeft"], INDEX["browOuterUpRight"]]
# Of a rise of both brows' outer ends, what the inner ends join in at least. Surprise of the engines raises the outer
# ends nearly alone; a photo's brows keep their own slant, and where that falls to the nose they would look angry.
INNER_JOINS = 0.7


@dataclass(frozen=True, eq=False)
class Motion:
    """F frames: weights (F, 52) in the order of the head; head_rotation (F, 3) and gaze (F, 2) radians, from the
    photo's own; tongue (F, S) of the head's own shapes of the tongue."""

    weights: np.ndarray
    head_rotation: np.ndarray
    gaze: np.ndarray
    tongue: np.ndarray

    @property
    def frames(self) -> int:
        return len(self.weights)


def motion_of(take: Take, head: Head, own: np.ndarray, strength: float = 1.0) -> Motion:
    """The motion of a take on a photo whose face shows the channels `own` (52,), in the order of ARKIT.

    The take's mouth replaces the photo's: where the take shuts the lips they are shut, however wide they are open in
    the photo. Half of a smile stays, but for what the lips are pursed. Where both brows rise they rise whole. Lids go
    with the eyes. A frame in which the take does nothing at all shows the photo itself. A take of vertices becomes
    channels first. HeadError where it is of another head.
    """
    if take.weights is None:
        take = fit_take(landmarks_of(take), load_head())
    weights = np.zeros((take.frames, len(ARKIT)), np.float64)
    if take.weights is not None:
        columns = [ARKIT.index(name) for name in take.channels if name in INDEX]
        known = [i for i, name in enumerate(take.channels) if name in INDEX]
        weights[:, columns] = take.weights[:, known]
    weights = np.clip(weights * strength, 0, 1)
    weights[:, INNER] = np.maximum(weights[:, INNER], INNER_JOINS * weights[:, OUTER].min(1))
    looks = weights[:, [*LOOKS_DOWN, *LOOKS_UP]]
    if take.gaze is not None and looks.max(initial=0) < LIDS_STILL:
        pitch = take.gaze[:, :1] / LIDS_FOLLOW
        weights[:, LOOKS_DOWN], weights[:, LOOKS_UP] = np.clip(pitch, 0, 1), np.clip(-pitch, 0, 1)
    awake = np.clip(weights.sum(1) / AWAKE, 0, 1)[:, None]
    kept = np.where(np.arange(len(ARKIT)) == JAW, 0.0, KEPT_SMILE) * own * (1 - weights[:, [PUCKER]])
    shown = np.maximum(weights, kept) * awake + own * (1 - awake)
    ordered = np.zeros_like(shown)
    ordered[:, head.order(ARKIT)] = shown
    gaze = np.zeros((take.frames, 2)) if take.gaze is None else take.gaze.astype(float)
    tongue = np.zeros((take.frames, len(head.tongue_names)), np.float32)
    shapes, rows = head.tongue_of(take)
    tongue[:, rows] = np.clip(shapes * strength, 0, 1)
    return Motion(ordered.astype(np.float32), take.head_rotation.astype(float), gaze, tongue)
