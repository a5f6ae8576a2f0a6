# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs: a moved photo beside its truth, both of one face in one place; a build goes on where it was stopped."""

from pathlib import Path

import numpy as np
import pytest
from mien.photo.refinement.condition import SIZE
from mien.photo.refinement.crop import SIDE
from mien.training.refinement import pairs as building
from mien.training.refinement.pairs import Pairs, build, make_pairs, read, write


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return make_pairs(0, 0, held_out=True, moments=2)


def test_a_moved_photo_is_near_its_truth(pairs: Pairs) -> None:
    assert pairs.warped.shape == pairs.truth.shape == (len(pairs), SIDE, SIDE, 3)
    assert pairs.area.shape == (len(pairs), 3, SIDE, SIDE) and pairs.condition.shape == (len(pairs), SIZE)
    assert set(pairs.tracked) == {False, True}
    face = pairs.area[:, 0] > 200
    away = np.abs(pairs.warped.astype(int) - pairs.truth)[face].mean()
    other = np.abs(pairs.warped.astype(int) - pairs.truth[:, :, ::-1])[face].mean()
    assert away < other
    assert pairs.misfit[pairs.tracked].max() < 0.05


def test_pairs_are_written_and_read(pairs: Pairs, tmp_path: Path) -> None:
    write(tmp_path / "one.npz", pairs)
    again = read(tmp_path / "one.npz")
    assert all(np.array_equal(value, vars(again)[name]) for name, value in vars(pairs).items())


def test_a_build_makes_what_is_lacking(pairs: Pairs, tmp_path: Path, monkeypatch) -> None:
    drawn = []

    def draw(seed: int, number: int, held_out: bool) -> Pairs:
        drawn.append((number, held_out))
        return pairs

    monkeypatch.setattr(building, "make_pairs", draw)
    monkeypatch.setattr(building, "HELD_OUT_PHOTOS", 1)
    build(tmp_path, 2, 0, lambda fraction, stage: None)
    (tmp_path / "known" / "photo_0001.npz").unlink()
    build(tmp_path, 2, 0, lambda fraction, stage: None)
    assert drawn == [(0, True), (0, False), (1, False), (1, False)]
