# SPDX-License-Identifier: GPL-3.0-or-later
"""The acoustic model: its receptive field, windows that change nothing, and files that are read with care."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from mien.audio.speech import Speech
from mien.files.safetensors import read_tensors, write_tensors
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.inventory import FOLD, SOUNDS
from mien.speech_analysis.network import inference
from mien.speech_analysis.network.features import BANDS, HOP, log_mel, padded
from mien.speech_analysis.network.model import FLAGS, AcousticModel, RecogniserConfig
from mien.speech_analysis.network.weights import load, save
from mien.speech_analysis.track import PHONES

SMALL = RecogniserConfig(width=16, blocks=3, widening=2, contexts=1, context=0.5)


@pytest.fixture(scope="module")
def small() -> AcousticModel:
    torch.manual_seed(0)
    return AcousticModel(SMALL).eval()


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=round(seconds * 16000)) * np.linspace(0.01, 0.2, round(seconds * 16000))).astype(np.float32)


def test_a_frame_is_loudest_where_it_sounds():
    """A click in the middle of frame 50 is loudest there, and equal in its neighbours."""
    samples = np.zeros(16000, np.float32)
    samples[50 * HOP + HOP // 2] = 1.0
    mel = log_mel(padded(torch.from_numpy(samples)[None]))[0]
    assert mel.shape == (100, BANDS)
    loudness = mel.mean(1)
    assert int(loudness.argmax()) == 50
    assert loudness[49] == pytest.approx(float(loudness[51]), abs=0.2)


def test_no_frame_sees_further_than_the_configuration_says(small: AcousticModel):
    mel = torch.randn(1, 240, BANDS)
    with torch.inference_mode():
        before = small(mel)[0][0]
        for changed in (120, 121):
            other = mel.clone()
            other[0, changed] += 3.0
            moved = (small(other)[0][0] - before).abs().amax(1) > 1e-7
            frames = torch.nonzero(moved).flatten()
            assert changed - int(frames.min()) <= SMALL.lookahead
            assert int(frames.max()) - changed <= SMALL.behind


def test_the_default_configuration_can_stream():
    assert RecogniserConfig().latency < 0.200


@pytest.mark.parametrize("seconds", [0.0, 0.004, 0.5, 3.21, 7.777])
def test_windows_change_no_frame(small: AcousticModel, seconds: float, monkeypatch: pytest.MonkeyPatch):
    samples = noise(seconds)
    whole = inference.probabilities_of(samples, small)
    assert len(whole.sounds) == len(whole.flags) == max(1, -(-len(samples) // HOP))
    for window in (50, 97, 200):
        monkeypatch.setattr(inference, "WINDOW", window)
        parts = inference.probabilities_of(samples, small)
        np.testing.assert_allclose(parts.sounds, whole.sounds, atol=1e-4)
        np.testing.assert_allclose(parts.flags, whole.flags, atol=1e-4)


def test_memory_is_that_of_a_window(small: AcousticModel, monkeypatch: pytest.MonkeyPatch):
    """However long the sound, the network is given no more than a window and what it depends on."""
    longest = 0

    def watched(samples: torch.Tensor) -> torch.Tensor:
        nonlocal longest
        longest = max(longest, samples.shape[1])
        return log_mel(samples)

    monkeypatch.setattr(inference, "log_mel", watched)
    monkeypatch.setattr(inference, "WINDOW", 100)
    inference.probabilities_of(noise(12.0), small)
    assert longest <= (100 + SMALL.behind + SMALL.lookahead + 4) * HOP + 400


def test_a_stop_is_heeded(small: AcousticModel, monkeypatch: pytest.MonkeyPatch):
    class Stop(Exception):
        pass

    def progress(done: float) -> None:
        if done > 0:
            raise Stop

    monkeypatch.setattr(inference, "WINDOW", 100)
    with pytest.raises(Stop):
        inference.probabilities_of(noise(3.0), small, progress)


def test_weights_come_back(small: AcousticModel, tmp_path):
    save(small, tmp_path / "phones.safetensors", {"steps": "0"})
    again = load(tmp_path / "phones.safetensors")
    names = read_tensors(tmp_path / "phones.safetensors", dtypes=("F16",))[0]
    assert {"body.2.heard.1.weight", "body.2.told.weight"} <= set(names)  # format 1 has older names
    assert again.config == SMALL
    mel = torch.randn(1, 60, BANDS)
    with torch.inference_mode():
        assert (again(mel)[0] - small(mel)[0]).abs().max() < 0.02  # half precision on disk


def test_a_track_of_the_recogniser_is_whole(small: AcousticModel, tmp_path):
    save(small, tmp_path / "phones.safetensors", {})
    track = inference.recognise(Speech(noise(1.5), "0" * 64, "noise"), weights=tmp_path / "phones.safetensors")
    assert track.posteriors.shape == (150, len(PHONES))
    np.testing.assert_allclose(track.posteriors.sum(1), 1, atol=1e-4)
    assert track.segments[0].begin == 0 and track.segments[-1].end == 150
    for flag in FLAGS:
        assert ((getattr(track, flag) >= 0) & (getattr(track, flag) <= 1)).all()


def test_files_that_are_no_recogniser_are_refused_in_words(small: AcousticModel, tmp_path):
    path = tmp_path / "phones.safetensors"
    with pytest.raises(RecognitionError, match="cannot be read"):
        load(path)
    path.write_bytes(b"nothing")
    with pytest.raises(RecognitionError, match="cannot be read"):
        load(path)
    path.write_bytes(write_tensors({"a": np.zeros(3, np.float16)}, {"format": "mien.take"}))
    with pytest.raises(RecognitionError, match="no weights of a phone recogniser"):
        load(path)
    note = {"format": "mien.ear", "format_version": "1", "flags": json.dumps(FLAGS)}
    path.write_bytes(write_tensors({"a": np.zeros(3, np.float16)}, {**note, "sounds": '["sil"]'}))
    with pytest.raises(RecognitionError, match="other sounds"):
        load(path)
    note["sounds"] = json.dumps(SOUNDS, ensure_ascii=False)
    for shape in ('{"width": 16}', '{"breadth": 3}', "none"):
        path.write_bytes(write_tensors({"a": np.zeros(3, np.float16)}, {**note, "shape": shape}))
        with pytest.raises(RecognitionError, match="do not fit"):
            load(path)


def test_every_phone_has_a_sound_and_every_sound_a_phone():
    assert set(FOLD) == set(SOUNDS)
    assert set(FOLD.values()) == set(PHONES)


def test_a_gru_is_an_ablation_that_still_works():
    network = AcousticModel(replace(SMALL, contexts=0, recurrent=8, both_ways=True)).eval()
    sounds, flags = network(torch.randn(2, 20, BANDS))
    assert sounds.shape == (2, 20, len(SOUNDS)) and flags.shape == (2, 20, len(FLAGS))
