# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of a lips model: what it learns, what it refuses, and what its card says."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from lips import talking, with_sound_of
from mien.engines.articulation.lips.network import SIZE, load_lips, predict
from mien.files.card import card_path
from mien.training.lips import LipsTrainingError
from mien.training.lips.train import LipsTraining, example_of, fit, lips_loss, train_lips

SHORT = LipsTraining(steps=12, batch=4, seeds=1)


def test_a_model_is_measured_on_speakers_left_out_and_written_with_its_card(tmp_path: Path) -> None:
    clips = [talking(begin=begin, seconds=3.0) for begin in (0.0, 3.0)]
    clips.append(with_sound_of(talking(), talking(begin=3.0)))
    told = []
    result = train_lips(
        clips, tmp_path / "mine.safetensors", SHORT, progress=lambda done, stage: told.append((done, stage))
    )
    assert (result.clips, result.speakers) == (2, 2) and len(result.refused) == 1
    assert result.left_out is not None and result.left_out[0] > 0.8  # lips that are the statistics' with noise
    assert result.seconds == pytest.approx(6.0, abs=0.2)
    card = json.loads(card_path(result.path).read_text("utf-8"))
    assert card["correlation_on_speakers_left_out"]["aperture"] == result.left_out[0]
    assert card["data"]["refused"] == list(result.refused) and card["training"]["steps"] == 12
    (network,) = load_lips(result.path)
    example = example_of(clips[0])
    assert len(predict([network], example.features)) == len(example.known)
    assert [done for done, _ in told] == sorted(done for done, _ in told) and told[-1] == (1.0, "done")


def test_one_speaker_leaves_nothing_out_and_nobody_in_sync_is_refused(tmp_path: Path) -> None:
    clip = talking(seconds=3.0)
    assert train_lips([clip], tmp_path / "one.safetensors", SHORT).left_out is None
    other = with_sound_of(talking(), talking(begin=3.0))
    with pytest.raises(LipsTrainingError, match="none of 1 clips can be used. shipped 0 dubbed is left out: the lips"):
        train_lips([other], tmp_path / "none.safetensors", SHORT)
    assert not (tmp_path / "none.safetensors").exists()


def test_the_same_seed_is_the_same_network_and_training_fits_the_lips() -> None:
    example = example_of(talking(seconds=3.0))
    one, again, other = (fit([example], SHORT, seed, lambda done: None) for seed in (0, 0, 1))
    assert torch.equal(one.correct.weight, again.correct.weight)
    assert not torch.equal(one.correct.weight, other.correct.weight)
    habit = example.targets + 0.8 * np.sin(np.arange(len(example.known)) / 9).astype(np.float32)
    mine = type(example)(example.clip, example.sync, example.features, habit, example.known)
    known = example.known > 0
    before, after = (
        np.corrcoef(
            predict([fit([mine], LipsTraining(steps=steps, batch=4, learning_rate=1e-2), 0, lambda done: None)],
                    mine.features).aperture[known], habit[0][known]
        )[0, 1]
        for steps in (2, 60)
    )  # fmt: skip
    assert after > before + 0.02


def test_a_networks_curves_vary_as_much_as_the_statistics() -> None:
    example = example_of(talking(seconds=3.0))
    curve = predict([fit([example], SHORT, 0, lambda done: None)], example.features)
    for row, values in enumerate((curve.aperture, curve.width, curve.jaw)):
        assert values.std() == pytest.approx(example.features[:, SIZE + row].std(), rel=0.01)


def test_the_loss_counts_known_frames_alone() -> None:
    curve = torch.sin(torch.arange(200) / 9.0).repeat(1, 3, 1)
    known = torch.ones(1, 1, 200)
    assert lips_loss(curve, curve, known).item() == pytest.approx(0.0, abs=1e-5)
    assert lips_loss(-curve, curve, known).item() > 2.0
    known[..., 100:] = 0
    wrong = curve.clone()
    wrong[..., 100:] = 7
    assert lips_loss(wrong, curve, known).item() == pytest.approx(0.0, abs=1e-5)
