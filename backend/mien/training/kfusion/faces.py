# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose landmarks a training sees: random mixes of the default head's identities, some of which are held out."""

from __future__ import annotations

import functools

import numpy as np

from mien.engines.kfusion.landmark_space import Face, face_of
from mien.heads.default import load_head
from mien.heads.identity import load_identity, names

HELD_OUT = ("woman_a", "old_woman", "man_d")
FEW = 0.5  # concentration of the mixes: less than 1, so that most are mainly one or two faces
BEYOND = 1.3  # a mix is so many times as far from the mean face
SIZES = (0.93, 1.07)
ASKEW = 0.6  # mm: landmarks that are marked by hand or found in a photo are off


@functools.cache
def known_faces() -> tuple[Face, ...]:
    """The default head and the identities that are not held out."""
    return (face_of(load_head()), *(face_of(load_identity(name).head) for name in names() if name not in HELD_OUT))


@functools.cache
def held_out_faces() -> tuple[Face, ...]:
    return tuple(face_of(load_identity(name).head) for name in HELD_OUT)


def random_face(rng: np.random.Generator) -> Face:
    """A mix of the known faces, of random size, its landmarks a little off."""
    faces = known_faces()
    shares = rng.dirichlet(np.full(len(faces), FEW))
    shares = 1 / len(faces) + BEYOND * (shares - 1 / len(faces))
    rest, gains = (np.tensordot(shares, np.stack(parts), 1) for parts in
                   ([face.rest for face in faces], [face.gains for face in faces]))  # fmt: skip
    size = rng.uniform(*SIZES)
    centre = rest.mean(0)
    rest = centre + size * (rest - centre) + ASKEW * rng.standard_normal(rest.shape)
    return Face(rest.astype(np.float32), (size * gains).astype(np.float32))
