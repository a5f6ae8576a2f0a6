# SPDX-License-Identifier: GPL-3.0-or-later
"""What a refinement gains: nothing where it changes nothing, and more the nearer it comes to the truth."""

from pathlib import Path

import numpy as np
import pytest
from mien.evaluation.films import refinement
from mien.evaluation.films.refinement import HEAD, WAYS, cells, evaluate
from mien.photo.refinement.network import RefinementConfig, RefinementNetwork
from mien.training.refinement.pairs import write
from refinement_pairs import some_pairs
from torch import Tensor


class Brighter(RefinementNetwork):
    """Knows that every truth is twice as bright."""

    def forward(self, moved: Tensor, photo: Tensor, areas: Tensor, condition: Tensor, activity: Tensor) -> Tensor:
        return moved * areas[:, :1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pairs")
    (path / "unknown").mkdir()
    write(path / "unknown" / "photo_0000.npz", some_pairs(0, 6))
    return path


def results(folder: Path, network: RefinementNetwork) -> dict[tuple[str, str], refinement.HeadResult]:
    return {(result.moved_by, result.way): result for result in evaluate(folder, network)}


def test_a_network_that_does_nothing_gains_nothing(folder: Path) -> None:
    found = results(folder, RefinementNetwork(RefinementConfig()))
    for moved_by in ("landmarks", "channels"):
        before, after = (found[moved_by, way] for way in WAYS)
        assert after.face_psnr == pytest.approx(before.face_psnr)
        assert after.texture == pytest.approx(before.texture) and before.pairs == 3
        assert np.isnan(before.likeness)  # noise is no face


def test_the_truth_gains(folder: Path) -> None:
    found = results(folder, Brighter(RefinementConfig()))
    before, after = (found["landmarks", way] for way in WAYS)
    assert after.face_psnr > before.face_psnr + 10 and after.mouth_psnr > before.mouth_psnr + 10
    assert before.texture == pytest.approx(0.5, abs=0.02) and after.texture == pytest.approx(1, abs=0.02)
    assert before.flicker == pytest.approx(0.5, abs=0.02) and after.flicker == pytest.approx(1, abs=0.02)
    assert all(len(row) == len(HEAD) for row in cells(list(found.values())))
