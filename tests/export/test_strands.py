# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import numpy as np
from mien.export.strands import POINTS, strands_of
from mien.heads.default import load_head
from mien.heads.identity import load_identity

HEAD = load_head()


def test_brows_and_lashes_lie_on_their_landmarks() -> None:
    strands = strands_of(HEAD)
    assert strands is not None
    points = strands.at(HEAD.vertices)
    assert len(points) % POINTS == 0 and strands.quads.max() == len(points) - 1
    brows, lashes = (points[np.unique(strands.quads[chosen])] for chosen in (~strands.lash, strands.lash))
    for part, marks in ((brows, range(17, 27)), (lashes, range(36, 48))):
        apart = np.linalg.norm(part - HEAD.vertices[HEAD.landmarks[list(marks)]][:, None], axis=2)
        assert np.median(apart.min(1)) < 0.004
        assert np.median(apart.min(0)) < 0.010


def test_lashes_go_with_a_lid_that_shuts() -> None:
    strands = strands_of(HEAD)
    blink = HEAD.vertices + HEAD.deltas[HEAD.channels.index("eyeBlinkLeft")]
    moved = strands.at(blink) - strands.at(HEAD.vertices)
    left = strands.at(HEAD.vertices)[:, 0] > 0
    lashes = np.isin(np.arange(len(moved)), strands.quads[strands.lash])
    assert moved[lashes & left, 1].min() < -0.006
    assert np.abs(moved[~left]).max() < 1e-6


def test_an_identity_has_them_and_another_head_has_none() -> None:
    assert strands_of(load_identity("man_b").head) is strands_of(HEAD)
    assert strands_of(replace(HEAD, sha256="0" * 64)) is None
