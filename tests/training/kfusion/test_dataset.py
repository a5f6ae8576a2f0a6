# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips of made-up performances on random faces."""

import dataclasses

import numpy as np
from mien.engines.kfusion.landmark_space import MOVED, SIZE
from mien.engines.kfusion.sound_domains import PHONES, PROSODY
from mien.engines.neural import audio_features, style_features
from mien.training.kfusion.dataset import LIDS, LandmarkDataset, awake
from motion_data import unit

UNITS = [dataclasses.replace(each, motion=each.motion / 8) for each in (unit(1, 200), unit(2, 400))]


def dataset(held_out: bool = False) -> LandmarkDataset:
    audio = [
        np.broadcast_to(np.abs(each.motion[0, None, :, :1]), (4, each.motion.shape[1], audio_features.SIZE))
        for each in UNITS
    ]
    mel = [np.broadcast_to(np.abs(each.motion[0, :, :1]), (each.motion.shape[1], 80)) for each in UNITS]
    return LandmarkDataset(UNITS, audio, mel, held_out, curves=4)


def test_a_batch_has_both_domains_of_the_same_frames() -> None:
    numbers, prosody, phones, style, rest, noise = next(dataset(held_out=True).batches(0, 0, 6, 40))
    assert numbers.shape == (6, 40, SIZE) and prosody.shape == (6, 40, PROSODY) and phones.shape == (6, 40, PHONES)
    assert style.shape == (6, 40, style_features.SIZE) and rest.shape == (6, MOVED) and noise.shape == (2, 6, 40, 4)
    np.testing.assert_array_equal(prosody[..., 0], phones[..., 0])
    np.testing.assert_allclose(numbers[..., MOVED].abs(), phones[..., 0], rtol=2e-3)  # head pitch of the made-up motion


def test_a_step_has_the_same_batch_whenever_it_comes_and_faces_and_microphones_differ() -> None:
    batches = dataset().batches(0, 0, 4, 40)
    next(batches)
    again, other = next(batches), next(batches)
    for one, two in zip(next(dataset().batches(0, 1, 4, 40)), again, strict=True):
        np.testing.assert_array_equal(one, two)
    rest = again[4].numpy()
    assert np.abs(rest[0] - rest[1]).max() > 0.05 and not np.array_equal(rest, other[4])
    mel = again[1][..., :80].numpy()
    assert np.ptp(mel[0, 0]) > 0  # the made-up spectrum is flat


def test_blinks_are_taken_out_and_sleepy_lids_are_not() -> None:
    motion = np.zeros((100, 57), np.float32)
    motion[:, LIDS] = 0.1
    motion[40:45, LIDS] = 1.0
    motion[70:, LIDS] = 0.4
    calm = awake(motion)
    assert calm[38:48, LIDS].max() < 0.15
    assert calm[85:, LIDS].min() > 0.35 and not np.delete(calm, LIDS, 1).any()
