# SPDX-License-Identifier: GPL-3.0-or-later
"""Lips models by name, their network and file."""

from pathlib import Path

import numpy as np
import pytest
import torch
from lips import write_lips_model
from mien.audio.speech import Speech
from mien.engines.articulation.lips.curve import lip_curve
from mien.engines.articulation.lips.model import FOLDER, curve_of, model_digest, model_path, model_paths
from mien.engines.articulation.lips.network import (
    CURVES,
    FORMAT,
    SHARE,
    SIZE,
    LipNetwork,
    lip_features,
    load_lips,
    predict,
)
from mien.engines.base import EngineError, EngineMissing
from mien.files.atomic import write_whole
from mien.files.safetensors import write_tensors
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import PhoneTrack

TRACK = PhoneTrack.from_segments([("SIL", 0.2), ("AA", 0.3), ("M", 0.1), ("IY", 0.3), ("SIL", 0.1)])
SPEECH = Speech.from_samples(np.random.default_rng(0).normal(0, 0.05, 16000).astype(np.float32))
PROSODY = analyse_prosody(SPEECH)


def test_before_training_the_network_is_the_statistics() -> None:
    features = lip_features(SPEECH, TRACK, PROSODY)
    assert features.shape == (len(TRACK), SIZE + CURVES) and np.isfinite(features).all()
    curve = predict([LipNetwork().eval()], features)
    np.testing.assert_allclose(curve.aperture, SHARE * lip_curve(TRACK, PROSODY).aperture, atol=1e-5)


def test_a_model_comes_back_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path))
    networks = write_lips_model(tmp_path, "mine")
    given = predict(networks, lip_features(SPEECH, TRACK, PROSODY))
    read = curve_of(SPEECH, TRACK, PROSODY, "mine")
    np.testing.assert_allclose(read.aperture, given.aperture, atol=1e-5)
    assert np.abs(read.aperture - curve_of(SPEECH, TRACK, PROSODY, "").aperture).max() > 0.1
    assert [path.stem for path in model_paths(tmp_path)] == ["mine"]


def test_another_model_of_one_name_is_read_anew_and_has_another_digest(tmp_path: Path) -> None:
    write_lips_model(tmp_path, "mine")
    first = model_digest("mine", tmp_path), load_lips(model_path("mine", tmp_path))
    model_path("mine", tmp_path).unlink()
    write_lips_model(tmp_path, "mine", seed=1, note="another")
    second = model_digest("mine", tmp_path), load_lips(model_path("mine", tmp_path))
    assert first[0] != second[0]
    assert not torch.equal(first[1][0].correct.weight, second[1][0].correct.weight)


def test_a_missing_or_damaged_model_is_told_in_words(tmp_path: Path) -> None:
    write_lips_model(tmp_path, "mine")
    with pytest.raises(EngineMissing, match="no lips model 'yours'; there are: mine. Train one .* -o yours"):
        model_path("yours", tmp_path)
    other = tmp_path / FOLDER / "other.safetensors"
    write_whole(
        other, write_tensors({"0.share": np.zeros((3, 1), np.float32)}, {"format": FORMAT, "format_version": "1"})
    )
    with pytest.raises(EngineError, match="does not fit the network"):
        load_lips(other)
    write_whole(other, write_tensors({}, {"format": "mien.take", "format_version": "1"}))
    with pytest.raises(EngineError, match="holds no lips model"):
        load_lips(other)
    other.write_bytes(b"no tensors")
    with pytest.raises(EngineError, match="cannot be read"):
        load_lips(other)
