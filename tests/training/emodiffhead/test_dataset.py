# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches of made-up performances, whose every frame says which it is."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mien.engines.emodiffhead.expression import directed
from mien.engines.emodiffhead.network import STYLE
from mien.engines.neural import audio_features
from mien.training.emodiffhead.dataset import BARE, DEAF, EMOTION_FREE, FREE, perform_free
from mien.training.motion_corpus import performances
from mien.training.speech_corpus.utterance import CorpusError
from motion_data import HAPPY, corpus, felt


def test_a_batch_has_all_that_a_step_needs() -> None:
    motion, sound, style, expression, t, drawn, hears, feels = next(felt().batches(0, 0, 64, 80))
    assert motion.shape == drawn.shape == (64, 80, 57) and sound.shape == (64, 80, audio_features.SIZE)
    assert style.shape == (64, 80, STYLE) and expression.shape == (64, 80, 52)
    assert hears.dtype == feels.dtype == torch.bool and all(each.dtype == torch.float32 for each in (motion, t, drawn))
    np.testing.assert_array_equal(np.sort(np.floor(64 * t.numpy())), np.arange(64))  # times of all parts alike
    assert abs(float(drawn.mean())) < 0.02 and abs(float(drawn.std()) - 1) < 0.02
    assert set(sound[:, 0, 90].tolist()) == {0, 1, 2, 3}  # every way of hearing


def test_a_step_has_the_same_batch_whenever_it_comes() -> None:
    material = felt()
    whole = material.batches(0, 0, 4, 40)
    batches = [next(whole) for _ in range(3)]
    for one, two in zip(next(material.batches(0, 2, 4, 40)), batches[2], strict=True):
        assert torch.equal(one, two)
    assert not torch.equal(batches[0][5], batches[1][5])


def test_the_expression_of_emotional_speech_is_what_the_engine_would_make_of_its_direction() -> None:
    motion, _, _, expression, *_ = next(felt(plain=False).batches(0, 0, 8, 160))
    wanted = directed(HAPPY, 160)
    for one in expression.numpy():
        np.testing.assert_allclose(one, wanted, atol=1e-3)
    assert (motion == 1).all()


def test_half_of_the_examples_are_free_of_emotion_and_most_of_these_wear_a_face() -> None:
    examples = [next(felt().batches(0, step, 100, 16)) for step in range(4)]
    motion, expression, hears = (torch.cat([each[i] for each in examples]).numpy() for i in (0, 3, 6))
    plain = motion[:, 0, 56] == 0  # gaze, on which no face has any influence
    assert abs(plain.mean() - EMOTION_FREE) < 0.1
    bare = plain & ~expression.any((1, 2))
    assert abs(bare.sum() / plain.sum() - BARE) < 0.1
    assert not motion[bare].any()
    worn = plain & ~bare
    shown, asked = motion[worn][..., 43:45].max((1, 2)), expression[worn][..., 43:45].max((1, 2))  # smiles
    assert np.corrcoef(shown, asked)[0, 1] > 0.9
    assert abs((~hears).mean() - DEAF) < 0.06


def test_the_spread_is_that_of_emotional_speech() -> None:
    mean, spread = felt().spread(stretches=20)
    np.testing.assert_array_equal(mean, 1)
    np.testing.assert_array_equal(spread, 0)


def test_emotion_free_performances_are_made_once_beside_the_others(tmp_path: Path) -> None:
    speech, motion = corpus(tmp_path / "corpus"), tmp_path / "motion"
    perform_free(speech, motion, 2, 0, 1, lambda done, unit: None)
    made = list(performances(motion / FREE))
    assert [unit.name for unit in made] == ["flite/awb-en-000", "flite/kal16-en-000"]
    for each in made:
        assert len(each.motion) == 2 and (each.emotion[..., 0] == 1).all()
        assert not any(direction.emotion for direction in each.directions)
    before = {file: file.stat().st_mtime_ns for file in motion.rglob("*.safetensors")}
    perform_free(speech, motion, 2, 0, 1, lambda done, unit: None)
    assert before == {file: file.stat().st_mtime_ns for file in motion.rglob("*.safetensors")}
    with pytest.raises(CorpusError, match="asked for were 3 of each unit"):
        perform_free(speech, motion, 3, 0, 1, lambda done, unit: None)
