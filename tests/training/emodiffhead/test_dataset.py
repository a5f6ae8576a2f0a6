# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches of made-up performances whose every frame tells which it is."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mien.engines.emodiffhead.expression import directed
from mien.engines.emodiffhead.network import STYLE
from mien.engines.neural import audio_features
from mien.training.emodiffhead.dataset import EMOTION_FREE, FREE, NO_AUDIO, UNCHANGED, perform_free
from mien.training.motion_corpus import read_motion_units
from mien.training.speech_corpus.utterance import CorpusError
from motion_data import HAPPY, corpus, expression_dataset


def test_a_batch_has_all_that_a_step_needs() -> None:
    motion, audio, style, expression, t, noise, use_audio, use_expression = next(
        expression_dataset().batches(0, 0, 64, 80)
    )
    assert motion.shape == noise.shape == (64, 80, 57) and audio.shape == (64, 80, audio_features.SIZE)
    assert style.shape == (64, 80, STYLE) and expression.shape == (64, 80, 52)
    assert use_audio.dtype == use_expression.dtype == torch.bool
    assert all(tensor.dtype == torch.float32 for tensor in (motion, t, noise))
    np.testing.assert_array_equal(np.sort(np.floor(64 * t.numpy())), np.arange(64))  # one in each of 64 equal parts
    assert abs(float(noise.mean())) < 0.02 and abs(float(noise.std()) - 1) < 0.02
    assert set(audio[:, 0, 90].tolist()) == {0, 1, 2, 3}  # every variant of the audio features


def test_a_step_has_the_same_batch_whenever_it_comes() -> None:
    dataset = expression_dataset()
    whole = dataset.batches(0, 0, 4, 40)
    batches = [next(whole) for _ in range(3)]
    for tensor, same in zip(next(dataset.batches(0, 2, 4, 40)), batches[2], strict=True):
        assert torch.equal(tensor, same)
    assert not torch.equal(batches[0][5], batches[1][5])


def test_the_expression_of_emotional_speech_is_the_one_that_the_engine_makes_of_its_direction() -> None:
    motion, _, _, expression, *_ = next(expression_dataset(emotion_free=False).batches(0, 0, 8, 160))
    expected = directed(HAPPY, 160)
    for example in expression.numpy():
        np.testing.assert_allclose(example, expected, atol=1e-3)
    assert (motion == 1).all()


def test_half_of_the_examples_are_emotion_free_and_most_of_these_get_an_expression() -> None:
    examples = [next(expression_dataset().batches(0, step, 100, 16)) for step in range(4)]
    motion, expression, use_audio = (torch.cat([batch[i] for batch in examples]).numpy() for i in (0, 3, 6))
    emotion_free = motion[:, 0, 56] == 0  # gaze, which no expression moves
    assert abs(emotion_free.mean() - EMOTION_FREE) < 0.1
    unchanged = emotion_free & ~expression.any((1, 2))
    assert abs(unchanged.sum() / emotion_free.sum() - UNCHANGED) < 0.1
    assert not motion[unchanged].any()
    augmented = emotion_free & ~unchanged
    shown, target = motion[augmented][..., 43:45].max((1, 2)), expression[augmented][..., 43:45].max((1, 2))  # smiles
    assert np.corrcoef(shown, target)[0, 1] > 0.9
    assert abs((~use_audio).mean() - NO_AUDIO) < 0.06


def test_mean_and_deviation_are_those_of_emotional_speech() -> None:
    mean, deviation = expression_dataset().mean_and_deviation(clips=20)
    np.testing.assert_array_equal(mean, 1)
    np.testing.assert_array_equal(deviation, 0)


def test_emotion_free_performances_are_written_once_beside_the_others(tmp_path: Path) -> None:
    speech, motion = corpus(tmp_path / "corpus"), tmp_path / "motion"
    perform_free(speech, motion, 2, 0, 1, lambda done, unit: None)
    units = list(read_motion_units(motion / FREE))
    assert [unit.name for unit in units] == ["flite/awb-en-000", "flite/kal16-en-000"]
    for each in units:
        assert len(each.motion) == 2 and (each.emotion[..., 0] == 1).all()
        assert not any(direction.emotion for direction in each.directions)
    before = {file: file.stat().st_mtime_ns for file in motion.rglob("*.safetensors")}
    perform_free(speech, motion, 2, 0, 1, lambda done, unit: None)
    assert before == {file: file.stat().st_mtime_ns for file in motion.rglob("*.safetensors")}
    with pytest.raises(CorpusError, match="asked for were 3 of each unit"):
        perform_free(speech, motion, 3, 0, 1, lambda done, unit: None)
