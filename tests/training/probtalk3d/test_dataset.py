# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips of made-up performances whose every frame tells which it is."""

import numpy as np
import torch
from mien.engines.neural import audio_features, style_features
from mien.training.examples import held_out_batches
from mien.training.motion_corpus import MotionUnit
from mien.training.probtalk3d.dataset import AudioMotionDataset, MotionDataset
from motion_data import unit

CPU = torch.device("cpu")
UNITS = [unit(1, 200), unit(2, 400), unit(3, 10)]


def test_clips_are_of_one_performance_and_begin_on_the_grid_of_codes() -> None:
    (batch,) = next(MotionDataset(UNITS).batches(0, 0, 64, 40))
    assert batch.shape == (64, 40, 57)
    numbers = np.round(np.abs(batch[:, 0, 0].numpy()))
    assert {1, 2} <= set(numbers) <= {1, 2, 3}
    assert (numbers == 2).sum() > (numbers == 1).sum()  # the longer, the more often
    begins = 1024 * (np.abs(batch[:, 0, 0].numpy()) - numbers)
    assert (begins % 4 == 0).all() and len(np.unique(begins)) > 8


def test_a_step_has_the_same_batch_whenever_it_comes() -> None:
    motions = MotionDataset(UNITS)
    from_start = motions.batches(0, 0, 2, 40)
    batches = [next(from_start)[0] for _ in range(3)]
    np.testing.assert_array_equal(next(motions.batches(0, 2, 2, 40))[0], batches[2])
    assert not np.array_equal(batches[1], batches[2])


def test_a_short_unit_is_held_at_its_last_frame() -> None:
    (batch,) = next(MotionDataset([unit(3, 10)]).batches(0, 0, 1, 40))
    assert (batch[0, 10:] == batch[0, 9]).all()


def test_audio_and_style_features_are_of_the_same_frames() -> None:
    def audio_of(unit: MotionUnit) -> np.ndarray:
        return np.broadcast_to(np.abs(unit.motion[0, None, :, :1]), (4, unit.motion.shape[1], audio_features.SIZE))

    dataset = AudioMotionDataset(UNITS, [audio_of(each) for each in UNITS])
    motion, audio, style = next(dataset.batches(0, 0, 16, 40))
    assert audio.shape == (16, 40, audio_features.SIZE) and style.shape == (16, 40, style_features.SIZE)
    np.testing.assert_array_equal(audio[..., 0], motion[..., 0].abs())
    happy, angry = style[:, :, -7], style[:, :, -6]
    first = motion[:, 0, 0] > 0
    assert (happy[first] == 1).all() and (angry[~first] == 1).all() and (happy[~first] == 0).all()


def test_held_out_batches_are_always_the_same() -> None:
    first, again = (held_out_batches(MotionDataset(UNITS), 3, 40, CPU, 2) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
    assert held_out_batches(MotionDataset([]), 3, 40, CPU) == []
