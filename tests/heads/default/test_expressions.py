# SPDX-License-Identifier: GPL-3.0-or-later
"""What the channels of the default head look like (meshes/expressions.py, meshes/mouth_surface.py)."""

from __future__ import annotations

import numpy as np
import pytest
from default_head import HEAD, gap_mm, moved, weights, width


def test_the_mouth_at_rest_is_as_wide_as_peoples():
    """55 to 66 % of the distance between the outer corners of the eyes of ten people."""
    assert 0.55 < width(HEAD.vertices, 48, 54) / width(HEAD.vertices, 36, 45) < 0.60


def test_a_frown_lowers_the_corners_and_does_not_narrow_the_mouth():
    assert width(HEAD.pose(weights(mouthFrown=1)), 48, 54) > width(HEAD.vertices, 48, 54)
    assert (moved(mouthFrown=1)[[48, 54], 1] < -0.004).all()


def test_a_press_does_not_lift_the_corners_as_a_smile_does():
    assert (moved(mouthSmile=1)[[48, 54], 1] > 0.008).all()
    assert (np.abs(moved(mouthPress=1)[[48, 54], 1]) < 0.0015).all()


def test_a_smile_is_as_wide_as_peoples() -> None:
    """Mouths of 15 smiling children grew wider by 27 %, their corners going 47 degrees upwards (Tarantili, Halazonetis,
    Spyropoulos 2005, "The spontaneous smile in dynamic motion"). Measured 24 %,
    60 degrees and 11.9 mm; 28 %, 62 degrees and 14.5 mm before."""
    assert width(HEAD.pose(weights(mouthSmile=1)), 48, 54) / width(HEAD.vertices, 48, 54) == pytest.approx(
        1.25, abs=0.04
    )
    aside, up, _ = moved(mouthSmile=1)[54]
    assert 40 < np.degrees(np.arctan2(up, aside)) < 61 and 0.009 < np.hypot(up, aside) < 0.013


def test_a_raised_cheek_does_not_fold_beside_the_eye() -> None:
    """With a full smile it turned over itself below the eye (a cosine of -0.99); at rest they are 0.97 there."""
    skin = HEAD.quads[HEAD.quad_material == 0]
    middle = HEAD.vertices[skin].mean(1)
    eye = HEAD.vertices[HEAD.landmarks[36]]
    skin = skin[(np.linalg.norm(middle - eye, axis=1) < 0.035) & (middle[:, 1] < eye[1] - 0.005)]
    for posed in ({"cheekSquint": 1.0}, {"cheekSquint": 1.0, "mouthSmile": 1.0}):
        assert least_turn(HEAD.pose(weights(**posed)), skin) > 0.5


def least_turn(face: np.ndarray, quads: np.ndarray) -> float:
    """The least cosine between the normals of two neighbouring quads of a face (V, 3)."""
    a, b, c, d = (face[quads[:, k]] for k in range(4))
    normals = np.cross(c - a, d - b)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    edges: dict[frozenset, list[int]] = {}
    for number, quad in enumerate(quads.tolist()):
        for one, other in zip(quad, quad[1:] + quad[:1], strict=True):
            edges.setdefault(frozenset((one, other)), []).append(number)
    return min(normals[i] @ normals[j] for i, j in (pair for pair in edges.values() if len(pair) == 2))


def test_brows_slant_and_draw_together():
    down, up = moved(browDown=1), moved(browInnerUp=1)
    assert (down[[21, 22], 1] < 3 * down[[17, 26], 1]).all() and (down[[17, 26], 1] < 0).all()
    assert width(HEAD.pose(weights(browDown=1)), 21, 22) < 0.75 * width(HEAD.vertices, 21, 22)
    assert (up[[21, 22], 1] > 0.004).all() and (up[[17, 26], 1] < 0).all()


def test_the_cheek_does_not_fold_over_beside_a_full_smile() -> None:
    """Two neighbouring faces of the skin beside the mouth, of which one looks inwards, are seen as a cut."""
    near = np.linalg.norm(HEAD.vertices[HEAD.quads].mean(1) - HEAD.vertices[HEAD.landmarks[48]], axis=1) < 0.04
    skin = HEAD.quads[(HEAD.quad_material == 0) & near]
    for posed in ({"mouthSmile": 1.0}, {"mouthSmile": 1.0, "mouthStretch": 1.0}):
        assert least_turn(HEAD.pose(weights(**posed)), skin) > 0.0


def test_the_inside_of_the_upper_lip_is_even_when_the_corners_go_down() -> None:
    """It hung before the teeth in steps: neighbours behind the line where the lips meet were 2 mm apart."""
    red = HEAD.quads[HEAD.quad_material == 1]
    edges = np.concatenate([red[:, [k, (k + 1) % 4]] for k in range(4)])
    x, y, z = HEAD.vertices[edges].mean(1).T
    inside = (np.abs(x) < 0.012) & (z < HEAD.vertices[HEAD.landmarks[62], 2] + 0.002)
    inside &= y > HEAD.vertices[HEAD.inner_lips[:, 1], 1].max()
    moved = HEAD.pose(weights(mouthFrown=1.0)) - HEAD.vertices
    assert np.linalg.norm(moved[edges[inside, 0]] - moved[edges[inside, 1]], axis=1).max() < 0.0015


@pytest.mark.parametrize("channel", ["mouthFrown", "mouthPress", "mouthSmile", "mouthUpperUp", "mouthLowerDown"])
def test_lips_do_not_cross_by_what_moves_the_corners_or_a_lip(channel):
    """Lips may touch, within 0.1 mm on the mid-line: measured -0.06 mm for mouthFrown, others are apart."""
    face = HEAD.pose(weights(**{channel: 1.0})) @ HEAD.gap_axis
    upper, lower = face[HEAD.inner_lips].T
    assert (upper - lower).min() > -0.0002
    assert gap_mm(**{channel: 1.0}) > -0.1
