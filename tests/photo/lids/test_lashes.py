# SPDX-License-Identifier: GPL-3.0-or-later
"""Lashes are the photo's own, lie where they are in it, go down with the lid and point down when it is shut."""

import numpy as np
import pytest
from mien.photo.canvas import OPACITY, SHARE
from mien.photo.face_mesh import FaceMesh
from mien.photo.fit import fit_face
from mien.photo.lids.lashes import COLUMNS, HANGS, LEAST_DARK, LEVELS, ROOT, Lashes, _grown, _matte, _shut_alpha
from mien.photo.lids.lid_skin import shut_lids
from rendered_faces import face


@pytest.fixture(scope="module")
def mesh() -> FaceMesh:
    return FaceMesh(fit_face(face()), np.zeros(52, np.float32))


@pytest.fixture(scope="module")
def lashes(mesh: FaceMesh) -> Lashes:
    return Lashes(mesh.face, mesh, face(), shut_lids(mesh.face, face()), 6)


def strip(lashes: Lashes, mesh: FaceMesh, blink: float) -> np.ndarray:
    """(rows, COLUMNS, floats): the strip of the left eye, copied."""
    weights = np.zeros(52, np.float32)
    weights[mesh.face.head.channels.index("eyeBlinkLeft")] = blink
    return lashes.place(mesh.at(weights))["left lashes"].reshape(len(LEVELS), COLUMNS, -1).copy()


def test_at_rest_there_is_only_the_photo(lashes: Lashes, mesh: FaceMesh) -> None:
    assert not strip(lashes, mesh, 0.0)[..., OPACITY].any()
    assert (strip(lashes, mesh, 0.5)[..., OPACITY] == 1).all()


def test_lashes_come_down_with_the_lid_and_are_turned_over(lashes: Lashes, mesh: FaceMesh) -> None:
    half, shut = (strip(lashes, mesh, blink) for blink in (0.2, 1.0))
    middle = COLUMNS // 2
    tip, root = -1, 1
    assert half[tip, middle, 1] < half[root, middle, 1]  # up
    assert shut[tip, middle, 1] > shut[root, middle, 1]  # down
    assert shut[root, middle, 1] > half[root, middle, 1] + 0.03 * mesh.face.eye_distance
    assert half[..., SHARE].max() < 0.9 and shut[..., SHARE].min() > 0.9


def test_the_dark_below_a_shut_lid_does_not_converge(lashes: Lashes, mesh: FaceMesh) -> None:
    line = strip(lashes, mesh, 1.0)[:2, :, :2]
    below, margin = np.ptp(line[:, :, 0], axis=1)
    assert below > 0.95 * margin


def test_only_the_eye_that_shuts_has_a_strip(lashes: Lashes, mesh: FaceMesh) -> None:
    strip(lashes, mesh, 1.0)
    weights = np.zeros(52, np.float32)
    weights[mesh.face.head.channels.index("eyeBlinkLeft")] = 1.0
    assert not lashes.place(mesh.at(weights))["right lashes"][:, OPACITY].any()


def test_a_matte_is_what_explains_the_dark() -> None:
    ground = np.full((1, 3, 3), 200.0)
    seen = np.array([[[200.0, 200.0, 200.0], [100.0, 100.0, 100.0], [0.0, 0.0, 0.0]]])
    np.testing.assert_allclose(_matte(seen, ground), [[0, 0.5, 1]])


def test_what_does_not_grow_out_of_the_lid_is_no_lash() -> None:
    levels = np.linspace(0, 0.12, 25)
    alpha = np.zeros((25, 30))
    alpha[:15, 10] = 0.9  # a lash
    alpha[18:21, 15:28] = 0.9  # a strand of the brow
    grown = _grown(alpha, levels)
    assert grown[:15, 10].min() > 0.85 and not grown[18:21].any()
    assert np.array_equal(grown[levels <= ROOT], alpha[levels <= ROOT])


def test_shut_lashes_are_as_dark_as_those_along_the_open_margin() -> None:
    levels, ends = np.linspace(-HANGS, LEVELS[-1], 40)[:, None], np.linspace(0, 1, 80)
    for own in (0.0, 0.5, 0.9):
        open_lashes = np.where(np.abs(levels) < 0.7 * ROOT, own, 0.0) * np.ones(80)
        shut = _shut_alpha(open_lashes, levels, ends, 1.0)
        assert shut.max() <= max(own, LEAST_DARK) + 1e-6
        middle = shut[:, 30:50].max(0)
        assert middle.min() > 0.7 * max(own, LEAST_DARK)
        assert not shut[:, 0].any() and not shut[:, -1].any()  # it runs out at the corners


def test_thin_lashes_are_thin_when_the_eye_is_shut() -> None:
    levels, ends = np.linspace(-HANGS, LEVELS[-1], 200)[:, None], np.linspace(0, 1, 80)

    def height(half: float) -> int:
        shut = _shut_alpha(np.where(np.abs(levels) < half, 0.8, 0.0) * np.ones(80), levels, ends, 1.0)
        return int((shut[levels[:, 0] < ROOT, 40] > 0.4).sum())

    assert height(0.3 * ROOT) < 0.75 * height(0.9 * ROOT)


def test_one_dark_lies_along_shut_lids_without_a_light_line_in_it() -> None:
    levels, ends = np.linspace(-HANGS, LEVELS[-1], 200)[:, None], np.linspace(0, 1, 80)
    shut = _shut_alpha(np.where(np.abs(levels) < 0.7 * ROOT, 0.8, 0.0) * np.ones(80), levels, ends, 1.0)
    column = shut[levels[:, 0] < ROOT, 40]
    peak = int(column.argmax())
    assert (np.diff(column[:peak]) >= -1e-9).all() and (np.diff(column[peak:]) <= 1e-9).all()
    assert not shut[levels[:, 0] > ROOT].any()  # the photo has no lashes there
