# SPDX-License-Identifier: GPL-3.0-or-later
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mien.engines import no_progress
from mien.evaluation import EvaluationError
from mien.evaluation.cache import Cache
from mien.evaluation.phones import ablations
from mien.speech_analysis.network.model import AcousticModel, RecogniserConfig
from mien.speech_analysis.network.weights import save
from mien.training.speech_corpus.build import HELD_OUT
from mien.training.speech_corpus.store import write_unit
from mien.training.speech_corpus.utterance import Utterance, Voice

SHAPE = RecogniserConfig(width=16, blocks=1, contexts=0)


def run(folder: Path, shape: RecogniserConfig = SHAPE, **plan) -> Path:
    folder.mkdir()
    torch.manual_seed(0)
    save(AcousticModel(shape), folder / "phones.safetensors", {})
    training = {"steps": 5, "batch": 2, "seed": 0, "without": [], **plan}
    (folder / "phones.card.json").write_text(json.dumps({"shape": shape.as_dict(), "training": training}))
    return folder


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """A unit of a held-out voice, and six of another one."""
    folder = tmp_path_factory.mktemp("corpus")
    hum = (0.3 * np.sin(2 * np.pi * 150 * np.arange(16000) / 16000)).astype(np.float32)
    kept_back = Voice(*next(voice for voice in HELD_OUT if voice[0] == "flite"), "en")
    for number in range(7):
        voice = Voice("flite", "somebody", "en") if number else kept_back
        utterance = Utterance(voice, "ma", hum, (("m", 0.1, 0.4), ("a", 0.4, 0.9)))
        write_unit(folder / "flite", f"{voice.name}-en-{number:03d}", number, [utterance])
    return folder


def test_recordings_are_of_held_out_voices_and_some_of_each_synthesiser(corpus: Path) -> None:
    voices = [each.voice for each in ablations.chosen(corpus)]
    assert len(voices) == 1 + ablations.EACH and voices.count("somebody") == ablations.EACH


def test_a_row_has_what_differs_and_marks_what_was_not_trained_on(corpus: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(ablations, "find_prompts", list)
    wide = RecogniserConfig(width=24, blocks=1, contexts=0)
    runs = [run(tmp_path / "base"), run(tmp_path / "other", wide, seed=1, without=["flite"])]
    results = ablations.compare(corpus, runs, 1, Cache(None), no_progress)
    head, (base, other) = ablations.rows(*results)
    assert head[:5] == ("run", "otherwise than the first", "parameters", "held-out voices", "flite")
    assert base[1] == "" and other[1] == "width 24, seed 1, without flite"
    assert other[4].endswith("*") and not base[4].endswith("*")
    truth = ablations.columns(results[1])["flite"]["base"]
    assert truth.seconds == pytest.approx(ablations.EACH, abs=0.1)
    assert float(base[4]) == pytest.approx(truth.accuracy, abs=5e-4)


def test_a_corpus_without_held_out_voices_is_refused(tmp_path: Path) -> None:
    hum = np.zeros(16000, np.float32)
    utterance = Utterance(Voice("flite", "somebody", "en"), "ma", hum, (("m", 0.1, 0.4),))
    write_unit(tmp_path / "corpus" / "flite", "somebody-en-000", 0, [utterance])
    with pytest.raises(EvaluationError, match="no voice in .* is held out"):
        ablations.compare(tmp_path / "corpus", [run(tmp_path / "ear")], 1, Cache(None), no_progress)


def test_a_run_that_goes_on_and_a_name_that_is_there_twice_are_refused(tmp_path: Path) -> None:
    (tmp_path / "begun").mkdir()
    with pytest.raises(EvaluationError, match="has not ended"):
        ablations.Training.read(tmp_path / "begun")
    (tmp_path / "again").mkdir()
    twice = [run(tmp_path / "ear"), run(tmp_path / "again" / "ear")]
    with pytest.raises(EvaluationError, match="same name"):
        ablations.compare(tmp_path, twice, 1, Cache(None), no_progress)
