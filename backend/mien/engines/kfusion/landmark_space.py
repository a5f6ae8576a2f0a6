# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers that KFusion predicts: how far each of the 68 landmarks is from where it rests, head rotation and gaze.

Millimetres and radians at 25 frames a second, in the head's own frame (`heads/landmark_track.py`). The published system
predicts pixels of a frontal view; here a camera is put on afterwards, exactly, and the network need not learn it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from mien.channels import ARKIT
from mien.heads.default import Head, load_head
from mien.heads.landmark_track import MM, POINTS, default_rest, eye_distance, rest_of

FACE, MOUTH = slice(0, 48), slice(48, POINTS)  # landmarks of the two branches
LIDS, UPPER_LIDS, LOWER_LIDS = slice(36, 48), (37, 38, 43, 44), (41, 40, 47, 46)
MOVED = 3 * POINTS  # the first numbers: displacements, landmark by landmark
ROTATION, GAZE = slice(MOVED, MOVED + 3), slice(MOVED + 3, MOVED + 5)
SIZE = MOVED + 5
FACE_NUMBERS = (*range(3 * FACE.stop), *range(MOVED, SIZE))  # of the branch that noise enters
MOUTH_NUMBERS = tuple(range(3 * MOUTH.start, MOVED))
REST_MM = 10.0  # by which a face's difference from the default one is divided


@dataclass(frozen=True, eq=False)
class Face:
    """Whose landmarks: rest (68, 3) float32 mm, and gains (52,) of the default head's channels on this face."""

    rest: np.ndarray
    gains: np.ndarray


@functools.cache
def jacobian() -> np.ndarray:
    """(52, 204) float32 mm: what a channel at 1 adds to the landmarks of the default head."""
    head = load_head()
    deltas = head.deltas[head.order(ARKIT)][:, head.landmarks]
    return (deltas * MM).reshape(len(ARKIT), -1).astype(np.float32)


def face_of(head: Head) -> Face:
    """Of the default head, or of an identity's."""
    order, default = head.order(ARKIT), load_head()
    size = np.linalg.norm(head.deltas[order], axis=2).sum(1)
    usual = np.linalg.norm(default.deltas[default.order(ARKIT)], axis=2).sum(1)
    return Face(rest_of(head), (size / np.maximum(usual, 1e-12)).astype(np.float32))


def rest_features(rest: np.ndarray) -> np.ndarray:
    """(..., 204) float32 of landmarks at rest (..., 68, 3): their difference from the default head's in units of
    REST_MM."""
    return ((rest - default_rest()) / REST_MM).reshape(*rest.shape[:-2], -1).astype(np.float32)


def numbers_of(motion: np.ndarray, face: Face) -> np.ndarray:
    """(F, 209) float32 of motion (F, 57): 52 channels, head rotation, gaze."""
    moved = (motion[:, : len(ARKIT)] * face.gains) @ jacobian()
    return np.concatenate([moved, motion[:, len(ARKIT) :]], 1).astype(np.float32)


def jacobian_of(rest: np.ndarray) -> np.ndarray:
    """(52, 204) float32 mm of a face of which only its landmarks at rest (68, 3) are known: the default head's, as much
    larger as the eyes are further apart, and at the lids as much as these are further open, so that a blink shuts
    them."""
    default = default_rest()
    size = np.full((POINTS, 3), eye_distance(rest) / eye_distance(default), np.float32)
    size[LIDS, 1] = opening(rest) / opening(default)
    return jacobian() * size.ravel()


def opening(points: np.ndarray) -> float:
    """mm between upper and lower lids, mean of both eyes, at landmarks (68, 3)."""
    return float((points[list(UPPER_LIDS), 1] - points[list(LOWER_LIDS), 1]).mean())
