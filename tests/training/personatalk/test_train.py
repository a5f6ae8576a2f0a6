# SPDX-License-Identifier: GPL-3.0-or-later
import json
from pathlib import Path

import numpy as np
import torch
from dub_voices import voice_motion_of
from mien.cli.main import main
from mien.engines.personatalk.geometry.audio_features import PHONETIC
from mien.engines.personatalk.geometry.weights import load
from mien.training.loop import TrainingConfig
from mien.training.personatalk import clips, dataset, train
from mien.training.personatalk.clips import FPS, MOUTH, Clip
from mien.training.personatalk.dataset import SpeakerDataset
from mien.training.personatalk.speakers import draw_style, perform
from motion_data import corpus


def clip_of(seconds: float = 8.0, held_out: bool = False) -> Clip:
    voice = voice_motion_of(seconds)
    rng = np.random.default_rng(3)
    object.__setattr__(voice, "phonetic", rng.random((len(voice.plain), PHONETIC)).astype(np.float32))
    motion = np.zeros((2, round(seconds * FPS), len(MOUTH)))
    motion[..., MOUTH.index("jawOpen")] = voice.opening[::2]
    return Clip("test", held_out, voice, motion, rng.integers(0, 40, len(voice.plain)))


def test_a_speaker_moves_as_the_rules_do_in_a_style_of_their_own() -> None:
    clip, times = clip_of(), np.arange(150) / 25
    rng = np.random.default_rng(0)
    one, other = (perform(clip, draw_style(rng), times, rng) for _ in range(2))
    assert one.shape == other.shape and np.isfinite(one).all() and not np.allclose(one, other)
    first = np.linalg.svd(one - one.mean(0), full_matrices=False)[0][:, 0]
    jaw = np.interp(times, np.arange(len(clip.motion[0])) / FPS, clip.motion[0][:, MOUTH.index("jawOpen")])
    assert abs(np.corrcoef(first, jaw)[0, 1]) > 0.3


def test_examples_are_the_same_for_the_same_step_and_hide_what_is_wanted() -> None:
    def batch(step: int):
        speakers = SpeakerDataset([clip_of()], 0, 6.0)
        speakers.basis = speakers.find_basis(4)
        return next(speakers.batches(step, 2, pool=3))

    one, same, other = batch(5), batch(5), batch(6)
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one[2], other[2])
    assert not (one[3] & one[4]).any() and one[4].any(1).all() and one[3].any(1).all()


def test_the_command_makes_clips_and_weights_with_a_card(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(clips, "PERFORMANCES", 1)
    monkeypatch.setattr(train, "HELD_OUT_BATCHES", 1)
    monkeypatch.setattr(train, "CONFIG", TrainingConfig(steps=2, batch=2, seconds=6.0))
    monkeypatch.setattr(dataset, "PARTS", 2)
    speech, run = corpus(tmp_path / "corpus"), tmp_path / "run"
    shape = {"width": 16, "heads": 2, "blocks": [1, 1], "tokens": [1, 2]}
    few = ["--steps", "2", "--jobs", "1", "--shape", json.dumps(shape), "--json"]
    assert main(["train", "personatalk", str(speech), str(tmp_path / "clips"), str(run), *few]) == 0
    assert json.loads(capsys.readouterr().out) == {"weights": str(run / "personatalk.safetensors")}
    network = load(run / "personatalk.safetensors")
    assert network.config.width == 16 and network.basis.norm(dim=1).sub(1).abs().max() < 1e-2
    card = json.loads((run / "personatalk.card.json").read_text("utf-8"))
    assert card["data"]["voices_of_synthesisers"] == {"flite": 1} and card["training"]["clips"] == 1
    assert 0 < card["held_out_voices"]["error"] < 3
