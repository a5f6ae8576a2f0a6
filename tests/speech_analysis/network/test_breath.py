# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of breaths: what it is told, what the one that ships hears, and files that are read with care."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from mien.audio.speech import Speech
from mien.files.safetensors import read_tensors, write_tensors
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.network import inference
from mien.speech_analysis.network.breath import (
    BANDS,
    INPUTS,
    WEIGHTS,
    BreathNetwork,
    breath_features,
    breath_network,
    breath_probability,
    save,
)
from mien.speech_analysis.track import INDEX, PHONES, PhoneTrack
from mien.training.speech_corpus.augmentation.noise import coloured
from mien.training.speech_corpus.voices.pauses import breath
from voices import voice

SPEECH = 4.0  # s of the voice that are heard before and after the pause
PAUSE, BREATH = 1.1, (0.35, 0.95)  # s: the pause, and the breath in it


def spoken(rng: np.random.Generator, breath_db: float | None) -> PhoneTrack:
    """A voice that pauses in a room with a soft noise, with a breath so many dB below it, or none."""
    samples = voice("shipped").samples[: round(SPEECH * 16000)]
    loud = float(np.sqrt(np.mean(np.square(samples))))
    pause = coloured(rng, round(PAUSE * 16000), 1.0) * np.float32(loud * 10 ** (-50 / 20))
    if breath_db is not None:
        begin, end = (round(second * 16000) for second in BREATH)
        pause[begin:end] += breath(rng, (end - begin) / 16000) * np.float32(loud * 10 ** (-breath_db / 20))
    return inference.recognise(Speech.from_samples(np.concatenate([samples, pause, samples])))


@pytest.mark.parametrize("breath_db", [20.0, 28.0])
def test_a_breath_in_a_pause_is_heard_where_it_is(breath_db: float) -> None:
    track = spoken(np.random.default_rng(1), breath_db)
    begin, end = (round((SPEECH + second) * 100) for second in BREATH)
    assert track.breath is not None and track.pause is not None
    assert track.breath[begin:end].max() > 0.7
    around = np.r_[track.breath[: begin - 15], track.breath[end + 15 :]]
    assert np.mean(around > 0.5) < 0.02
    silent = track.posteriors[:, INDEX["SIL"]]
    np.testing.assert_allclose(track.breath + track.pause, silent, atol=1e-5)


def test_a_pause_without_a_breath_is_a_pause() -> None:
    track = spoken(np.random.default_rng(1), None)
    inside = slice(round((SPEECH + BREATH[0]) * 100), round((SPEECH + BREATH[1]) * 100))
    assert track.breath is not None and track.pause is not None
    assert track.breath[inside].max() < 0.5 < track.pause[inside].mean()


def test_features_do_not_depend_on_the_level() -> None:
    rng = np.random.default_rng(0)
    bands = rng.normal(0, 0.5, (200, BANDS)).astype(np.float32)
    posteriors = rng.dirichlet(np.ones(len(PHONES)), 200).astype(np.float32)
    voiced = rng.random(200).astype(np.float32)
    one = breath_features(bands, posteriors, voiced)
    assert one.shape == (200, INPUTS)
    np.testing.assert_allclose(breath_features(bands + 0.7, posteriors, voiced), one, atol=1e-4)


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_the_shortest_sounds_have_a_probability(frames: int) -> None:
    posteriors = np.eye(len(PHONES), dtype=np.float32)[np.zeros(frames, int)]
    inputs = breath_features(np.zeros((frames, BANDS), np.float32), posteriors, np.zeros(frames, np.float32))
    probability = breath_probability(inputs, breath_network())
    assert probability.shape == (frames,) and np.all((probability >= 0) & (probability <= 1))


def test_weights_are_kept_and_other_files_refused(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network, path = BreathNetwork().eval(), tmp_path / "breath.safetensors"
    save(network, path, {"steps": "1"})
    inputs = np.random.default_rng(0).random((50, INPUTS)).astype(np.float32)
    np.testing.assert_allclose(
        breath_probability(inputs, breath_network(path)), breath_probability(inputs, network), atol=2e-3
    )
    with pytest.raises(RecognitionError, match="cannot be read"):
        breath_network(tmp_path / "absent.safetensors")
    tensors, metadata = read_tensors(WEIGHTS, dtypes=("F16",))
    other = tmp_path / "other.safetensors"
    other.write_bytes(write_tensors(tensors, metadata | {"format": "mien.ear"}))
    with pytest.raises(RecognitionError, match="no weights of breaths"):
        breath_network(other)
    tensors.popitem()
    short = tmp_path / "short.safetensors"
    short.write_bytes(write_tensors(tensors, metadata))
    with pytest.raises(RecognitionError, match="do not fit"):
        breath_network(short)
