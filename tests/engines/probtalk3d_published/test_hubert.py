# SPDX-License-Identifier: GPL-3.0-or-later
import json
import sys
from pathlib import Path

import numpy as np
import probtalk3d
import pytest
import torch
from mien.audio.speech import read_speech
from mien.engines.base import EngineError
from mien.engines.probtalk3d_published.hubert import SHORTEST, Hubert, current_names, pair_frames, prepare, read_config

SOUND = np.random.default_rng(0).normal(0, 0.1, 4000).astype(np.float32)


def test_a_prepared_sound_has_mean_0_and_variance_1() -> None:
    found = prepare(SOUND)
    assert found.shape == (1, 4000) and found.dtype == torch.float32
    assert found.mean().item() == pytest.approx(0, abs=1e-5)
    assert found.var(correction=0).item() == pytest.approx(1, abs=1e-3)


def test_loudness_and_offset_do_not_matter() -> None:
    """The variance is that of a sound stretched to [-1, 1], so the number added to it stays small."""
    torch.testing.assert_close(prepare(0.01 * SOUND + 0.2), prepare(SOUND), rtol=0, atol=1e-3)


def test_silence_is_zeros() -> None:
    for level in (0.0, 0.25):
        assert (prepare(np.full(4000, level, np.float32)) == 0).all()


def test_a_sound_too_short_for_two_frames_is_refused_in_words() -> None:
    assert prepare(SOUND[:SHORTEST]).shape == (1, SHORTEST)
    with pytest.raises(EngineError, match=r"the sound lasts 0\.085 s; ProbTalk3D needs at least 0\.085 s"):
        prepare(SOUND[: SHORTEST - 1])
    with pytest.raises(EngineError, match=r"lasts 0\.000 s"):
        prepare(SOUND[:0])


@pytest.mark.parametrize("frames", [6, 7])
def test_frames_are_joined_two_by_two_and_an_odd_last_one_is_left_out(frames: int) -> None:
    hidden = torch.arange(2 * frames * 3.0).reshape(2, frames, 3)
    found = pair_frames(hidden)
    assert found.shape == (2, 3, 6)
    for t in range(3):
        assert found[1, t].tolist() == [*hidden[1, 2 * t].tolist(), *hidden[1, 2 * t + 1].tolist()]


def test_only_weight_normed_layers_are_renamed() -> None:
    one = torch.zeros(1)
    found = current_names({"a.conv.weight_g": one, "a.conv.weight_v": one, "a.conv.weight": one, "weight_gain": one})
    assert list(found) == [
        "a.conv.parametrizations.weight.original0",
        "a.conv.parametrizations.weight.original1",
        "a.conv.weight",
        "weight_gain",
    ]


def test_without_transformers_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(EngineError, match=r"pip install 'mien\[hubert\]'"):
        read_config(None)


@probtalk3d.needs_transformers
def test_the_base_model_is_what_stands_without_a_file() -> None:
    config = read_config(None)
    assert (config.hidden_size, config.num_hidden_layers, config.num_attention_heads) == (768, 12, 12)
    with torch.device("meta"):
        hubert = Hubert(config)
    assert round(sum(weight.numel() for weight in hubert.parameters()) / 1e6, 1) == 94.4


@probtalk3d.needs_transformers
def test_a_configuration_is_read_from_its_file_or_folder(tmp_path: Path) -> None:
    written = {**probtalk3d.HUBERT, "mask_time_prob": 0.05, "auto_map": {"AutoModel": "x.y"}}
    (tmp_path / "config.json").write_text(json.dumps(written))
    for path in (tmp_path, tmp_path / "config.json"):
        config = read_config(path)
        assert config.hidden_size == 16 and config.mask_time_prob == 0
        assert not hasattr(config, "auto_map")


@probtalk3d.needs_transformers
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "cannot be read"),
        ("[1]", "is no configuration of a HuBERT"),
        ('{"model_type": "bert"}', "is no configuration of a HuBERT"),
        (json.dumps({**probtalk3d.HUBERT, "conv_dim": [8]}), "is refused by transformers"),
        (json.dumps({**probtalk3d.HUBERT, "hidden_size": "wide"}), "is refused by transformers"),
    ],
)
def test_other_files_are_refused_in_words(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(EngineError, match=sentence):
        read_config(tmp_path)


@probtalk3d.needs_transformers
def test_a_missing_file_and_sizes_that_do_not_fit_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be read"):
        read_config(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({**probtalk3d.HUBERT, "num_attention_heads": 5}))
    with pytest.raises(EngineError, match="cannot build a HuBERT of this configuration"):
        Hubert(read_config(tmp_path))


@probtalk3d.needs_transformers
@pytest.mark.parametrize("samples", [1360, 4000, 4079, 4080])
@torch.inference_mode()
def test_frames_are_counted_as_published(tmp_path: Path, samples: int) -> None:
    (tmp_path / "config.json").write_text(json.dumps(probtalk3d.HUBERT))
    hubert = Hubert(read_config(tmp_path)).eval()
    assert hubert(torch.zeros(1, samples)).shape == (1, (samples - 400) // 320 + 1, 16)


@probtalk3d.needs_golden
@pytest.mark.parametrize("case", probtalk3d.CASES)
def test_sounds_become_the_recorded_input(case: str) -> None:
    wanted = probtalk3d.recorded(2, case)
    speech = read_speech(probtalk3d.GOLDEN / "wav" / str(wanted["wav"]))
    probtalk3d.close(speech.samples, wanted["audio_raw"], 0)
    probtalk3d.close(prepare(speech.samples), wanted["input_values"], 1e-5)
    probtalk3d.close(prepare(wanted["audio_minmax"]), wanted["input_values"], 1e-5)
    probtalk3d.close(pair_frames(torch.from_numpy(wanted["hubert_last_hidden"])), wanted["paired_features"], 0)
