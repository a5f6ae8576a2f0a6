# SPDX-License-Identifier: GPL-3.0-or-later
"""The classifier of emotions on performances that show them clearly; how far faces rise with intensity."""

import functools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.direction import EMOTIONS, Direction, strength
from mien.engines import ENGINES
from mien.evaluation import EvaluationError
from mien.evaluation.takes.clips import Clip, take_of
from mien.evaluation.takes.expression import (
    EmotionClassifier,
    bend,
    displacement,
    diversity,
    energy,
    feeling,
    intensities,
    named,
    rises,
)  # fmt: skip
from mien.heads.default import load_head
from mien.speech_analysis.network.inference import recognise
from mien.speech_analysis.prosody import Prosody, analyse_prosody
from mien.speech_analysis.track import PhoneTrack
from voices import voice

CLIP = Clip("a 0", Speech.from_samples(np.zeros(1600, np.float32)), Direction(), np.zeros((1, 57)), None, True)


def face(emotion: int, level: float, seed: int = 0) -> np.ndarray:
    """(100, 57): a channel of its own for each emotion, beside noise."""
    motion = np.random.default_rng(seed).uniform(0, 0.05, (100, 57)).astype(np.float32)
    if emotion:
        motion[:, 5 + emotion] += 0.5 * level
    return motion


def perform(clip: Clip, directions: list[Direction]) -> list:
    times = np.zeros(1)
    takes = []
    for direction in directions:
        gains = direction.gains(times)
        emotion, level = max(((EMOTIONS.index(name), float(g[0])) for name, g in gains.items()), default=(0, 0.0))
        takes.append(take_of(face(emotion, level, direction.seed if direction.temperature else 0)))
    return takes


def known(emotions: range) -> list[SimpleNamespace]:
    gains = np.zeros((len(emotions), 100, len(EMOTIONS)))
    gains[np.arange(len(emotions)), :, list(emotions)] = 1
    return [
        SimpleNamespace(motion=np.stack([face(each, 1.0, 8 * unit + each) for each in emotions]), emotion=gains)
        for unit in range(1, 13)
    ]


def test_a_classifier_names_what_it_has_learnt() -> None:
    counts = named(EmotionClassifier(known(range(8))), [CLIP, CLIP], perform)
    np.testing.assert_array_equal(counts, 2 * np.eye(8, dtype=int))


def test_a_classifier_without_examples_of_an_emotion_is_refused() -> None:
    with pytest.raises(EvaluationError, match="do not show every emotion"):
        EmotionClassifier(known(range(7)))


def test_a_face_rises_with_intensity() -> None:
    risen = intensities([CLIP], perform)
    assert list(risen) == list(EMOTIONS[1:]) and risen["sad"].energies.shape == (1, 11)
    for each in risen.values():
        assert rises(each.intensity, each.energies[0]) == rises(each.intensity, each.displacements[0]) == 1
        assert each.displacements[0, 0] == 0 and each.bend == pytest.approx(0.04, abs=0.001)  # `strength` itself
    assert rises(np.arange(11), np.arange(11)[::-1]) == -1


def test_a_rise_without_a_bend_has_none() -> None:
    assert bend(np.linspace(0.3, 2, 11)) == pytest.approx(0, abs=1e-9)
    assert bend(np.linspace(0, 1, 11) ** 2) == pytest.approx(0.02)
    assert bend(np.repeat([0, 1], [5, 6])) == 1


def test_a_displacement_is_that_of_the_vertices() -> None:
    head = load_head()
    one, two = (take_of(face(emotion, 1.0, emotion)) for emotion in (1, 2))
    apart = head.faces(one) - head.faces(two)
    rms = np.sqrt(np.square(apart).sum(2).mean(1)).mean()
    assert displacement(one, two) == pytest.approx(1000 * rms, rel=1e-3)
    assert displacement(one, one) == 0


def test_energy_is_the_mean_over_frames_of_the_channels_squares() -> None:
    motion = np.zeros((2, 57), np.float32)
    motion[0, :3] = 0.5, 1.0, 0.0
    motion[:, 52:] = 9  # head and gaze are no channels
    assert energy(take_of(motion)) == pytest.approx(1.25 / 2)


def test_takes_of_one_seed_have_no_diversity() -> None:
    assert diversity(CLIP, perform, 0.0) == (0, 0)
    whole, lips = diversity(CLIP, perform, 1.0)
    assert whole > 0 and lips > 0


def test_a_feeling_lasts_throughout() -> None:
    gains = feeling(Direction.from_json({"emotion": {"happy": [[0, 1], [1, 0]]}}), "fear", 0.4).gains(np.arange(3.0))
    assert list(gains) == ["fear"] and gains["fear"] == pytest.approx(strength(0.4))


@pytest.mark.parametrize("emotion", ["happy", "fear", "contempt"])
@pytest.mark.parametrize("name", ["probtalk3d", "emodiffhead", "kfusion", "articulation"])
def test_every_engine_shows_more_of_an_emotion_evenly(name: str, emotion: str) -> None:
    """Of one seed: without a leap, the level curve's own 0.04 among it, and without two intensities that swap."""
    acting, speech = engine_of(name), voice("shipped")
    levels = np.linspace(0, 1, 11)
    directions = [feeling(Direction(seed=4), emotion, level) for level in levels]
    takes = [acting.perform(speech, *hearing(), [direction])[0].resample(25) for direction in directions]
    displacements = np.array([displacement(take, takes[0]) for take in takes])
    assert rises(levels, displacements) >= 0.99
    assert displacements[-1] > 0.5 and bend(displacements) < 0.15


@functools.cache
def engine_of(name: str) -> Any:
    acting = ENGINES[name].create()
    acting.load("cpu")
    return acting


@functools.cache
def hearing() -> tuple[PhoneTrack, Prosody]:
    return recognise(voice("shipped")), analyse_prosody(voice("shipped"))
