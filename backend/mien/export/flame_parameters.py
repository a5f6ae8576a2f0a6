# SPDX-License-Identifier: GPL-3.0-or-later
"""FLAME's parameters as .npz, under the names of the trackers' `flame_param.npz` (VHAP, GaussianAvatars and what reads
their files): shape, expr, rotation, neck_pose, jaw_pose, eyes_pose, translation; rotations are axis times angle. They
are fitted to the take's vertices; `fps`, `start` and `error_m` are Mien's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.heads.correspondence import head_correspondence
from mien.heads.default import Head, rotation_matrix
from mien.heads.flame import FLAME_FOLDER, SHAPES, Flame, load_flame
from mien.heads.flame_fitting import axis_angles, fit_parameters
from mien.heads.retarget import retargeter
from mien.settings import Settings
from mien.take import Take

COUNT = 100  # expressions in such a file; the last 50 are 0


def write(take: Take, head: Head | Flame, path: Path) -> None:
    """Write a take of FLAME, or one of the default head retargeted to the user's FLAME. FlameError where that is not
    here."""
    if isinstance(head, Head):
        flame = load_flame(Settings.read().data_folder / FLAME_FOLDER)
        take, matched = retargeter(flame, head)(take), head_correspondence(head, flame).matched
    else:
        flame, matched = head, np.ones(len(head.template), bool)
    with path.open("wb") as file:
        np.savez(file, **content(take, flame, matched))


def content(take: Take, flame: Flame, matched: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays, float32, of a take of `flame`, fitted at the vertices `matched` (V,) bool."""
    parameters = fit_parameters(flame.motion(take), flame, matched)
    gaze = np.zeros((take.frames, 2)) if take.gaze is None else take.gaze.astype(float)
    eye = axis_angles(rotation_matrix(np.concatenate([gaze, np.zeros((take.frames, 1))], 1)))
    arrays = {
        "shape": np.pad(flame.shape, (0, SHAPES - len(flame.shape))),
        "expr": np.pad(parameters.expression, ((0, 0), (0, COUNT - parameters.expression.shape[1]))),
        "rotation": np.zeros((take.frames, 3)),
        "neck_pose": axis_angles(rotation_matrix(take.head_rotation)),
        "jaw_pose": parameters.jaw,
        "eyes_pose": np.concatenate([eye, eye], 1),
        "translation": np.zeros((take.frames, 3)),
        "fps": np.array(float(take.fps)),
        "start": np.array(take.start),
        "error_m": np.array(parameters.error),
    }
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}
