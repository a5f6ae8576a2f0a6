# SPDX-License-Identifier: GPL-3.0-or-later
"""Stretches of made-up performances, whose every frame says which it is."""

import numpy as np
from mien.engines.neural import audio_features, style_features
from mien.training.examples import some
from mien.training.motion_corpus import Performed
from mien.training.probtalk3d.dataset import Motions, Sounding
from motion_data import unit

UNITS = [unit(1, 200), unit(2, 400), unit(3, 10)]


def test_stretches_are_of_one_performance_and_begin_on_the_grid_of_codes() -> None:
    (batch,) = next(Motions(UNITS).batches(0, 0, 64, 40))
    assert batch.shape == (64, 40, 57)
    numbers = np.round(np.abs(batch[:, 0, 0].numpy()))
    assert {1, 2} <= set(numbers) <= {1, 2, 3}
    assert (numbers == 2).sum() > (numbers == 1).sum()  # the longer, the oftener
    begins = 1024 * (np.abs(batch[:, 0, 0].numpy()) - numbers)
    assert (begins % 4 == 0).all() and len(np.unique(begins)) > 8


def test_a_step_has_the_same_batch_whenever_it_comes() -> None:
    motions = Motions(UNITS)
    from_start = motions.batches(0, 0, 2, 40)
    batches = [next(from_start)[0] for _ in range(3)]
    np.testing.assert_array_equal(next(motions.batches(0, 2, 2, 40))[0], batches[2])
    assert not np.array_equal(batches[1], batches[2])


def test_a_short_unit_is_held_at_its_last_frame() -> None:
    (batch,) = next(Motions([unit(3, 10)]).batches(0, 0, 1, 40))
    assert (batch[0, 10:] == batch[0, 9]).all()


def test_what_is_heard_and_told_is_of_the_same_frames() -> None:
    def sounding(each: Performed) -> np.ndarray:
        return np.broadcast_to(np.abs(each.motion[0, None, :, :1]), (4, each.motion.shape[1], audio_features.SIZE))

    motion, sound, style = next(Sounding(UNITS, [sounding(each) for each in UNITS]).batches(0, 0, 16, 40))
    assert sound.shape == (16, 40, audio_features.SIZE) and style.shape == (16, 40, style_features.SIZE)
    np.testing.assert_array_equal(sound[..., 0], motion[..., 0].abs())
    happy, angry = style[:, :, -7], style[:, :, -6]
    first = motion[:, 0, 0] > 0
    assert (happy[first] == 1).all() and (angry[~first] == 1).all() and (happy[~first] == 0).all()


def test_a_few_batches_to_look_at_are_always_the_same() -> None:
    one, two = (some(Motions(UNITS), 2, 3, 40) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
    assert some(Motions([]), 2, 3, 40) == []
