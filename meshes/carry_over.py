# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the default head's channels on another face, against that face's own actions in Anny."""

from __future__ import annotations

import anatomy
import numpy as np

MOVING = 1e-4  # metres; vertices that neither set of channels moves further are left out of the errors


def lip_aperture(vertices: np.ndarray, axis: np.ndarray) -> float:
    """Millimetres between the lips on the mid-line: lowest upper vertex minus highest lower one along `axis`."""
    upper, lower = (sorted({pair[side] for pair in anatomy.INNER_LIPS_MIDDLE}) for side in (0, 1))
    return float(((vertices[upper] @ axis).min() - (vertices[lower] @ axis).max()) * 1e3)


def carry_over(ours: np.ndarray, face: np.ndarray, channels: list[str], axis: np.ndarray) -> dict:
    """The card's entry for one identity. ours, face (53, V, 3): neutral, then the 52 actions of either face.

    Our deltas are added as they are, in metres. Errors in millimetres against that face's own actions, per channel
    [mean, 95th percentile, largest true movement], over the vertices that either set moves.
    """
    transferred, true = ours[1:] - ours[0], face[1:] - face[0]
    errors = {}
    for i, name in enumerate(channels):
        moving = np.maximum(np.linalg.norm(transferred[i], axis=1), np.linalg.norm(true[i], axis=1)) > MOVING
        error = np.linalg.norm(transferred[i] - true[i], axis=1)[moving] * 1e3
        largest = np.linalg.norm(true[i], axis=1).max() * 1e3
        errors[name] = [round(float(x), 4) for x in (error.mean(), np.percentile(error, 95), largest)]
    closing = transferred[channels.index("jawOpen")] + transferred[channels.index("mouthClose")]
    return {
        "neutral_gap_mm": round(lip_aperture(face[0], axis), 3),
        "closed_gap_mm": {
            str(jaw): round(lip_aperture(face[0] + jaw * closing, axis), 3) for jaw in (0.1, 0.2, 0.3, 0.4, 0.6, 1.0)
        },
        "errors_mm": errors,
    }
