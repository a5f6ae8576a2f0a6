# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that make what ships, from a corpus of six seconds to weights."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from checkout import SAMPLES
from emodiffhead import SMALL
from mien.audio.speech import Speech
from mien.cli.main import main
from mien.direction import Direction
from mien.engines import EngineError
from mien.engines.probtalk3d.generate import generate
from mien.engines.probtalk3d.weights import load_all
from mien.files.safetensors import write_tensors
from mien.speech_analysis.network.weights import load
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.take import read_take
from mien.training.speech_corpus.utterance import RATE
from motion_data import corpus, small_batches
from published import import_flame

SAMPLE = SAMPLES / "mono_16k.wav"


def test_mien_train_ear_trains_the_phone_recogniser(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    few = ["--steps", "2", "--shape", '{"width": 16, "blocks": 1}', "--plan", '{"batch": 3}', "--json"]
    assert main(["train", "phones", str(corpus(tmp_path / "corpus")), str(run), *few]) == 0
    assert json.loads(capsys.readouterr().out) == {"weights": str(run / "phones.safetensors")}
    assert load(run / "phones.safetensors").config.width == 16
    card = json.loads((run / "phones.card.json").read_text("utf-8"))
    assert (card["training"]["steps"], card["training"]["batch"]) == (2, 3)
    assert card["data"]["voices_of_synthesisers"] == {"flite": 1}


def test_a_run_goes_on_as_it_was_begun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--shape", '{"width": 16, "blocks": 1}', "--plan", '{"batch": 2}', "--json"]
    command = ["train", "phones", str(corpus(tmp_path / "corpus")), str(tmp_path / "run"), *few]
    assert main([*command, "--steps", "2"]) == 0
    assert main([*command, "--steps", "3", "--seed", "1"]) == 2
    assert "was begun with another seed (0, not 1)" in capsys.readouterr().out
    assert main([*command, "--steps", "1"]) == 2
    assert "has 2 steps already" in capsys.readouterr().out
    assert main([*command, "--steps", "3"]) == 0


def test_a_size_that_nothing_has_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", "phones", str(tmp_path), str(tmp_path / "run")]
    assert main([*command, "--shape", '{"wide": 16}']) == 2
    assert "--shape has 'wide', which is none of width, blocks" in capsys.readouterr().err
    assert main([*command, "--plan", "16"]) == 2
    assert "'16' is no JSON object" in capsys.readouterr().err


@pytest.fixture
def small() -> Iterator[None]:
    with small_batches():
        yield


@pytest.mark.usefixtures("small")
def test_probtalk3d_is_trained_in_two_stages_and_performs(tmp_path: Path) -> None:
    """From speech to a take: performances, codecs, audio features, the code predictor, sampling."""
    speech, motion, run = corpus(tmp_path / "corpus"), tmp_path / "motion", tmp_path / "run"
    assert main(["corpus", "perform", str(speech), str(motion), "--performances", "2", "--jobs", "1", "--json"]) == 0
    assert main(["train", "codec", str(motion), str(run), "--steps", "2", "--json"]) == 0
    few = ["--steps", "2", "--jobs", "1", "--json"]
    assert main(["train", "performer", str(speech), str(motion), str(run), *few]) == 0
    for name in ("codec.csv", "performer.csv"):
        lines = (run / name).read_text().splitlines()
        assert lines[0] == "step,minutes,what,value" and all(line.startswith("2,") for line in lines[1:])
        assert sum("held out" in line for line in lines) >= 4
    card = json.loads((run / "performer.card.json").read_text("utf-8"))
    assert card["training"]["steps"] == 2 and card["data"]["voices_of_synthesisers"] == {"flite": 1}
    assert card["bytes"] == (run / "performer.safetensors").stat().st_size and "mouth" in card["held_out_voices"]
    sound = Speech.from_samples(np.random.default_rng(1).uniform(-0.1, 0.1, RATE).astype(np.float32))
    directions = [Direction.from_json({"emotion": "happy", "style": "speaker-02", "seed": seed}) for seed in (1, 2)]
    takes = generate(
        sound, recognise_phones(sound), analyse_prosody(sound), directions, weights=run / "performer.safetensors"
    )
    assert [take.frames for take in takes] == [100, 100] and np.isfinite(takes[0].weights).all()
    first, again = run / "performer.safetensors", tmp_path / "again"
    assert main(["train", "codec", str(motion), str(again), "--steps", "2", "--initial", str(first), "--json"]) == 0
    assert main(["train", "performer", str(speech), str(motion), str(again), "--initial", str(first), *few]) == 0
    card = json.loads((again / "performer.card.json").read_text("utf-8"))
    assert card["training"]["initial"] == hashlib.sha256(first.read_bytes()).hexdigest()


@pytest.mark.usefixtures("small")
def test_emodiffhead_learns_a_flame_of_ones_own_and_poses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The engine finds the weights where the training left them."""
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setattr("mien.engines.emodiffhead.flame_space.FITTED", 100)
    somebody = import_flame(tmp_path / "data")
    speech, motion, run = corpus(tmp_path / "corpus"), tmp_path / "motion", tmp_path / "run"
    assert main(["corpus", "perform", str(speech), str(motion), "--performances", "2", "--jobs", "1", "--json"]) == 0
    few = ["--steps", "2", "--jobs", "1", "--shape", json.dumps(SMALL.as_dict()), "--json"]
    assert main(["train", "emodiffhead", str(speech), str(motion), str(run), "--head", "flame", *few]) == 0
    card = json.loads((run / "emodiffhead.card.json").read_text("utf-8"))
    assert card["training"]["flame"] == somebody.sha256 and card["training"]["targets_error_m"] < 0.002
    take_file = tmp_path / "f.take.safetensors"
    command = ["speak", str(SAMPLE), "--engine", "emodiffhead", "--emotion", "happy", "-o", str(take_file)]
    assert main([*command, "--head", "flame"]) == 0
    take = read_take(take_file)
    assert take.basis is not None and take.meta["head"] == "flame" and take.weights is None


def test_weights_that_are_none_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.safetensors"
    file.write_bytes(write_tensors({"x": np.zeros(3, np.float16)}, {"format": "mien.ear"}))
    for path in (file, tmp_path / "absent.safetensors"):
        with pytest.raises(EngineError, match="probtalk3d|ProbTalk3D"):
            load_all(path)
