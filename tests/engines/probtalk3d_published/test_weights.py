# SPDX-License-Identifier: GPL-3.0-or-later
"""The published weights, converted once: the same numbers afterwards, a card, and nothing half written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import probtalk3d
import published
import pytest
import torch
from mien.engines.base import EngineError
from mien.engines.probtalk3d_published import FILE
from mien.engines.probtalk3d_published.licence import LICENCE
from mien.engines.probtalk3d_published.network import read_stage_2
from mien.engines.probtalk3d_published.style_labels import style
from mien.engines.probtalk3d_published.weights import import_weights, read_weights
from mien.files.card import card_path

pytestmark = probtalk3d.needs_transformers
SOUND = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)
ANGRY = style("M009", "angry", "medium")


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    return published.download(tmp_path / "download")


def imported(checkpoint: Path, folder: Path) -> tuple[Path, bool]:
    return import_weights(checkpoint, folder, checkpoint.with_name("config.json"))


def test_what_is_imported_speaks_as_the_checkpoint_does(checkpoint, tmp_path) -> None:
    theirs = read_stage_2(checkpoint, checkpoint.parent)
    imported(checkpoint, tmp_path / "data")
    mine = read_weights(tmp_path / "data")
    np.testing.assert_allclose(mine.generate(SOUND, ANGRY), theirs.generate(SOUND, ANGRY), rtol=0, atol=1e-5)
    assert not mine.training and all(tensor.dtype == torch.float32 for tensor in mine.state_dict().values())


def test_the_card_says_whence_and_under_which_licence(checkpoint, tmp_path) -> None:
    path, new = imported(checkpoint, tmp_path / "data")
    card = json.loads(card_path(path).read_text())
    assert new and path == tmp_path / "data" / FILE
    assert sorted(each.name for each in path.parent.iterdir()) == sorted([FILE, card_path(path).name])
    files = (checkpoint, checkpoint.with_name("config.json"))
    assert card["source"] == {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in files}
    assert card["licence"] == LICENCE.name == "CC-BY-NC-4.0" and not card["paid_work"]


def test_the_same_again_does_nothing_and_another_replaces_it(checkpoint, tmp_path) -> None:
    path, _ = imported(checkpoint, tmp_path / "data")
    before = path.stat().st_mtime_ns
    assert imported(checkpoint, tmp_path / "data") == (path, False) and path.stat().st_mtime_ns == before
    net = published.model(checkpoint.parent)
    net.feature_predictor.audio_feature_map.weight.data *= 2
    published.saved(checkpoint, published.weights(net), published.STAGE_2)
    assert imported(checkpoint, tmp_path / "data") == (path, True)
    np.testing.assert_allclose(
        read_weights(tmp_path / "data").generate(SOUND, ANGRY), net.generate(SOUND, ANGRY), rtol=0, atol=1e-5
    )


def test_progress_is_reported_and_may_stop_it(checkpoint, tmp_path) -> None:
    class Stopped(Exception):
        pass

    def stop(fraction: float, stage: str) -> None:
        if stage == "writing the weights":
            raise Stopped

    with pytest.raises(Stopped):
        import_weights(checkpoint, tmp_path / "data", checkpoint.with_name("config.json"), stop)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("harm", ["cut", "swapped"])
def test_what_is_no_stage_2_is_refused_and_the_former_one_stays(checkpoint, tmp_path, harm) -> None:
    path, _ = imported(checkpoint, tmp_path / "data")
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    if harm == "cut":
        checkpoint.write_bytes(checkpoint.read_bytes()[:-9])
    else:
        published.saved(checkpoint, published.weights(published.prior()), published.STAGE_1)
    for folder in (tmp_path / "data", tmp_path / "new"):
        with pytest.raises(EngineError, match="is cut short" if harm == "cut" else "no checkpoint of ProbTalk3D"):
            imported(checkpoint, folder)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "are damaged .* import them again"),
        (lambda path: path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1"), "are not what their card describes"),
        (lambda path: card_path(path).write_text("{}"), "are damaged .* import them again"),
        (lambda path: card_path(path).unlink(), "are damaged .* import them again"),
    ],
)
def test_an_import_that_was_harmed_is_refused(checkpoint, tmp_path, harm, sentence) -> None:
    path, _ = imported(checkpoint, tmp_path / "data")
    harm(path)
    with pytest.raises(EngineError, match=f"the imported weights of ProbTalk3D in .* {sentence}"):
        read_weights(tmp_path / "data")


@probtalk3d.needs_golden
@pytest.mark.parametrize("case", probtalk3d.CASES)
def test_the_recorded_motion_comes_of_imported_weights(tmp_path, case) -> None:
    """From the recorded checkpoint as it lies there, through safetensors."""
    from mien.audio.speech import read_speech

    import_weights(probtalk3d.checkpoint(2), tmp_path, probtalk3d.TINY / "hubert_config.json")
    wanted = probtalk3d.recorded(2, case)
    speech = read_speech(probtalk3d.GOLDEN / "wav" / str(wanted["wav"]))
    motion = read_weights(tmp_path).generate(speech.samples, style(*case.split("_")[1:]))
    probtalk3d.close(motion[None], wanted["motion_norm"], 1e-5)
