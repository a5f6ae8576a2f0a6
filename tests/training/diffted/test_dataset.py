# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import numpy as np
import pytest
import torch
from mien.engines.articulation.accents import Accent, Phrase
from mien.engines.diffted.denoiser import conditions, motion_space
from mien.engines.diffted.denoiser.network import SEED
from mien.training.diffted.dataset import NO_SOUND, GestureDataset, perform, perform_once
from mien.training.phone_features import extract_features
from mien.training.speech_corpus.utterance import CorpusError
from motion_data import corpus

ACCENTS = [Accent(peak, peak - 8, 1.0 + 0.3 * (i % 4)) for i, peak in enumerate(range(100, 2900, 70))]
PHRASES = [Phrase(begin, begin + 450, False) for begin in range(50, 2900, 520)]


def silent(done: float, what: str) -> None:
    pass


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    speech, motion = corpus(tmp_path_factory.mktemp("corpus")), tmp_path_factory.mktemp("motion")
    extract_features(speech, motion, 0, 1, silent)
    perform(speech, motion, 2, 0, 1, silent)
    return speech, motion


def test_a_person_rests_before_the_sound_and_then_gestures() -> None:
    for seed in range(4):
        numbers, request, person = perform_once(ACCENTS, PHRASES, 750, np.random.default_rng(seed))
        assert numbers.shape == (SEED + 750, motion_space.SIZE) and request.shape == (SEED + 750, conditions.REQUEST)
        assert person.shape == (conditions.PERSON,)
        assert np.ptp(numbers[:SEED], axis=0).max() < 1e-6 < 0.05 < np.ptp(numbers, axis=0).max()


def test_units_are_performed_once_and_those_held_out_stay_apart(folders: tuple[Path, Path]) -> None:
    speech, motion = folders
    written = {path: path.stat().st_mtime_ns for path in (motion / "gestures").glob("*/*.safetensors")}
    perform(speech, motion, 2, 0, 1, silent)
    assert len(written) == 2 and all(path.stat().st_mtime_ns == then for path, then in written.items())
    known, unknown = (GestureDataset.read(speech, motion, held_out) for held_out in (False, True))
    assert len(known.units) == len(unknown.units) == 1
    assert known.units[0].numbers.shape == (2, SEED + 150, motion_space.SIZE)
    assert known.units[0].sound.shape == (4, SEED + 150, conditions.SOUND)
    with pytest.raises(CorpusError):
        perform(speech, motion, 3, 0, 1, silent)


def test_gestures_that_were_not_performed_are_missed_in_words(folders: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="mien train diffted"):
        GestureDataset.read(folders[0], tmp_path, False)


def test_a_batch_has_all_that_a_step_needs_and_is_the_same_whenever_it_comes(folders: tuple[Path, Path]) -> None:
    dataset = GestureDataset.read(*folders, False)
    numbers, features, times, noise, use_sound = next(dataset.batches(0, 0, 64, 128))
    assert numbers.shape == noise.shape == (64, 128, motion_space.SIZE) and features.shape == (64, 128, conditions.SIZE)
    np.testing.assert_array_equal(np.sort(np.floor(64 * times.numpy())), np.arange(64))
    assert use_sound.dtype == torch.bool and 0.7 < 1 - NO_SOUND < 1 and use_sound.float().mean() > 0.7
    signs = {float(value) for value in features[:, 0, conditions.SOUND + conditions.REQUEST]}
    assert signs == {-1.0, 1.0}  # half of the windows are in a mirror
    whole = dataset.batches(3, 0, 4, 128)
    batches = [next(whole) for _ in range(3)]
    for tensor, same in zip(next(dataset.batches(3, 2, 4, 128)), batches[2], strict=True):
        assert torch.equal(tensor, same)


def test_mean_and_deviation_are_those_of_both_hands(folders: tuple[Path, Path]) -> None:
    mean, deviation = GestureDataset.read(*folders, False).mean_and_deviation()
    np.testing.assert_allclose(mean[: motion_space.HAND], mean[motion_space.HAND :], atol=1e-4)
    assert mean.shape == deviation.shape == (motion_space.SIZE,) and (deviation >= 0).all()
