# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head's faces in other topologies, by meshes/retopology.py, for the tests of `mien bind`."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import numpy as np
from checkout import ROOT
from mien.bind.picks import POINTS, landmark_weights
from mien.heads.default import Head

PICKED = ("nose_tip", "chin", "nose_bridge", "mouth_right", "lip_upper", "lip_lower", "ear_right", "jaw_right")
PICKED += ("eye_outer_right", "eye_inner_right", "eye_upper_right", "eye_lower_right")


def load_module() -> ModuleType:
    """`meshes/retopology.py`, which is no package."""
    path = ROOT / "meshes" / "retopology.py"
    spec = importlib.util.spec_from_file_location("meshes_retopology", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def picked(head: Head, face: np.ndarray, names: tuple[str, ...] = PICKED) -> dict[str, list[float]]:
    """The places of some points on a face (V, 3) in the head's own topology."""
    assert set(names) <= set(POINTS)
    return dict(zip(names, (landmark_weights(list(names), head) @ face).tolist(), strict=True))
