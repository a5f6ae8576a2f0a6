# SPDX-License-Identifier: GPL-3.0-or-later
"""Three curves of a take that show a reader what its face does: lips, brows and head."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mien.channels import ARKIT, INDEX, columns
from mien.heads.default import Head, load_head
from mien.heads.lip_aperture import lip_aperture
from mien.heads.lookup import head_of
from mien.heads.retarget import retargeter, to_channels
from mien.settings import Settings
from mien.take import Take

Curves = Mapping[str, list[float]]
"""Values by name, evenly spaced over the take."""

POINTS = 120  # of a curve, at most
BROWS_UP = [INDEX["browInnerUp"], *columns("browOuterUp")]
BROWS_DOWN = columns("browDown")


def weights_of(take: Take) -> np.ndarray:
    """(F, 52) channels of a take of any head. HeadError, TakeError."""
    if take.weights is None:
        source = head_of(take, Settings.read().data_folder)
        take = to_channels(take, source) if isinstance(source, Head) else retargeter(load_head(), source)(take)
    assert take.weights is not None
    weights = np.zeros((take.frames, len(ARKIT)), np.float32)
    known = [(i, INDEX[name]) for i, name in enumerate(take.channels) if name in INDEX]
    weights[:, [target for _, target in known]] = take.weights[:, [source for source, _ in known]]
    return weights


def aperture_of(take: Take) -> np.ndarray:
    """(F,) metres between the lips of the default head in this take."""
    return lip_aperture().of(weights_of(take))


def curves_of(take: Take, aperture: np.ndarray) -> Curves:
    """Lips in mm, brows as a weight from -1 (down) to 1 (up), head in degrees away from its rest."""
    weights = weights_of(take)
    brows = weights[:, BROWS_UP].mean(1) - weights[:, BROWS_DOWN].mean(1)
    head = np.degrees(np.linalg.norm(take.head_rotation, axis=1))
    lines = {"lips": 1000 * np.maximum(aperture, 0), "brows": brows, "head": head}
    at = np.linspace(0, take.frames - 1, min(POINTS, take.frames)).round().astype(int)
    return {name: np.round(line[at], 2).astype(float).tolist() for name, line in lines.items()}
