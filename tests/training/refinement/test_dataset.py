# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches of pairs: the same at the same step, mirrored with their conditions, in the colours of one camera."""

import numpy as np
import pytest
from mien.photo.refinement.condition import SIZE
from mien.training.refinement import RefinementTrainingError
from mien.training.refinement.dataset import PairDataset, example, recoloured
from refinement_pairs import some_pairs


def test_a_step_has_the_same_batch_in_every_run() -> None:
    dataset = PairDataset((some_pairs(0), some_pairs(1)))
    batches = dataset.batches(7, 0, 4)
    next(batches)
    one, other = next(batches), next(dataset.batches(7, 1, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert one[0].shape == (4, 3, 128, 128) and one[4].shape == (4, SIZE)


def test_every_pair_comes_once_in_order() -> None:
    dataset = PairDataset((some_pairs(0), some_pairs(1)))
    assert [len(batch[0]) for batch in dataset.in_order(3)] == [3, 1]


def test_pairs_that_fit_badly_count_less() -> None:
    pairs = some_pairs(0)
    pairs.misfit[:] = 0.0, 0.05
    assert example(pairs, 0)[-1] == 1 and example(pairs, 1)[-1] < 0.1


def test_one_camera_takes_all_pictures() -> None:
    picture = np.random.default_rng(0).uniform(0, 1, (3, 8, 8)).astype(np.float32)
    for seed in range(4):
        _, _, truth = recoloured((picture, picture, picture), np.random.default_rng(seed))
        again = recoloured((picture, picture, picture), np.random.default_rng(seed))
        assert np.array_equal(truth, again[2]) and 0 <= truth.min() <= truth.max() <= 1
        assert np.abs(truth - again[0]).max() < 0.15


def test_a_folder_without_pairs_is_refused(tmp_path) -> None:
    with pytest.raises(RefinementTrainingError, match="mien train refinement"):
        PairDataset.of(tmp_path)
