# SPDX-License-Identifier: GPL-3.0-or-later
"""How the key points of somebody else move a photo: as they are, relative to their first frame, or disentangled."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import ConvexHull, QhullError

from mien.engines.base import EngineError
from mien.engines.diffted.published.tps.network import MotionModel

MODES = ("standard", "relative", "avd")  # their published names


def driving_points(mode: str, model: MotionModel, source: np.ndarray, driving: np.ndarray) -> np.ndarray:
    """Key points of a photo (N, 2) and of frames (T, N, 2) -> those that move the photo, (T, N, 2).

    `standard`: as they are; `relative`: `relative_points` to the first frame; `avd`: the photo's person in the pose of
    each. EngineError for another mode, and for `avd` where the checkpoint has no network for it.
    """
    if mode not in MODES:
        raise EngineError(f"the motion model has no mode {mode!r}; it has {', '.join(MODES)}.")
    if mode == "standard":
        return driving
    if mode == "relative":
        return relative_points(source, driving)
    if model.avd_network is None:
        raise EngineError("this checkpoint of the motion model has no avd_network; ask for the mode relative.")
    return disentangled_points(model, source, driving)


def relative_points(source: np.ndarray, driving: np.ndarray) -> np.ndarray:
    """The photo's points moved as the driving ones move from their first frame, scaled by the root of the ratio of the
    areas of their hulls."""
    scale = np.sqrt(hull_area(source) / hull_area(driving[0]))
    return source + scale * (driving - driving[0])


def hull_area(points: np.ndarray) -> float:
    """Area of the convex hull of points (N, 2). EngineError where they lie on a line."""
    try:
        return float(ConvexHull(points).volume)  # of a plane the volume is the area
    except QhullError:
        raise EngineError("the key points lie on one line, so nothing says how large the person is.") from None


@torch.inference_mode()
def disentangled_points(model: MotionModel, source: np.ndarray, driving: np.ndarray) -> np.ndarray:
    """As `driving_points` in the mode avd, by the model's avd_network."""
    assert model.avd_network is not None, "the caller asks for it first"
    device = next(model.avd_network.parameters()).device
    person, posed = (torch.from_numpy(points).float().to(device) for points in (source[None], driving))
    return model.avd_network(person.expand(len(posed), -1, -1), posed).cpu().numpy()
