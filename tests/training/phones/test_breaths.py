# SPDX-License-Identifier: GPL-3.0-or-later
"""Examples of breaths: what counts as one is louder than the rest, and lies where nobody speaks."""

from __future__ import annotations

import numpy as np
import pytest
from mien.speech_analysis.inventory import NUMBER, SIL
from mien.training.phones import breaths
from mien.training.phones.dataset import Dataset
from motion_data import corpus


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return Dataset.read(corpus(tmp_path_factory.mktemp("corpus")), held_out=False)


def test_an_example_is_the_same_for_the_same_seed(dataset: Dataset) -> None:
    one, two = (breaths.example(dataset, np.random.default_rng(5), 4.0) for _ in range(2))
    np.testing.assert_array_equal(one.samples, two.samples)
    np.testing.assert_array_equal(one.target, two.target)
    assert one.samples.shape == (64000,) and one.target.shape == one.weight.shape == (400,)
    assert np.abs(one.samples).max() <= 1 and one.samples.dtype == np.float32


def test_breaths_are_where_nobody_speaks(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the silences as long as they were, no frame of a phone is a breath, and some frame of a silence is."""
    for name, value in {"LONGER_SHARE": 0, "BREATH_SHARE": 1, "CLICK_SHARE": 0, "REVERBERANT": 0, "NOISY": 0}.items():
        monkeypatch.setattr(breaths, name, value)
    for name in ("GATED", "FADED"):
        monkeypatch.setattr(breaths, name, 0)
    silent = dataset.labels[0] == NUMBER[SIL]
    found = np.zeros(600)
    for seed in range(4):
        found += breaths.example(dataset, np.random.default_rng(seed), 6.0).target
    assert found[silent[:600]].any()
    assert not found[40 : len(silent) - 40][~silent[40 : len(silent) - 40]].any()


def test_a_breath_that_noise_covers_is_none() -> None:
    rng = np.random.default_rng(0)
    air = np.zeros(16000, np.float32)
    air[4000:10000] = rng.normal(0, 0.01, 6000)
    for noise, expected in ((0.0005, True), (0.1, False)):
        target, _ = breaths._targets(air, rng.normal(0, noise, 16000).astype(np.float32), 0.1, np.ones(100))
        assert bool(target[30:55].all()) == expected and not target[:20].any() and not target[70:].any()


def test_a_breath_of_the_same_level_as_the_room_is_left_out() -> None:
    rng = np.random.default_rng(0)
    air, room = (rng.normal(0, sd, 16000).astype(np.float32) for sd in (0.007, 0.01))
    target, weight = breaths._targets(air, room, 0.1, np.ones(100))
    assert weight.mean() < 0.3 and target.mean() < 0.2
