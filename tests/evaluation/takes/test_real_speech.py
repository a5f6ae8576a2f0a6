# SPDX-License-Identifier: GPL-3.0-or-later
import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from checkout import SHARED
from mien.audio.speech import SpeechError
from mien.direction import Direction
from mien.engines import no_progress
from mien.evaluation.takes.real_speech import curves, write_curves
from mien.heads.default import HeadError, load_head
from mien.speak import speak
from mien.take import Take

RIG = SHARED / "real-speech"


def face(**weights: float) -> Take:
    values = np.array([list(weights.values())], np.float32)
    return Take(fps=25, duration=0, channels=tuple(weights), weights=values, head_rotation=np.zeros((1, 3), np.float32))


def test_an_open_jaw_opens_the_lips_and_a_smile_widens_the_mouth() -> None:
    head = load_head()
    rest, open_, smile, pucker = (
        {k: float(v[0]) for k, v in curves(face(**weights), head).items()}
        for weights in (
            {"jawOpen": 0.0},
            {"jawOpen": 0.5},
            {"jawOpen": 0.0, "mouthSmileLeft": 1.0, "mouthSmileRight": 1.0},
            {"jawOpen": 0.0, "mouthPucker": 1.0},
        )
    )
    assert 0.5 < rest["aperture"] < 2.5 and 35 < rest["width"] < 70 and rest["jaw"] == 0  # mm, of a grown-up's mouth
    assert open_["aperture"] > rest["aperture"] + 5 and open_["jaw"] == 0.5
    assert smile["width"] > rest["width"] + 2 > pucker["width"] + 2


def test_curves_measure_what_the_posed_head_shows(hum) -> None:
    """Against the whole head posed, which is slower."""
    head, take = load_head(), speak(hum, Direction.from_json({"emotion": "happy"}), fps=25)
    found = curves(take, head)
    random_pose = head.vertices + head.offsets(replace(take, head_rotation=np.zeros_like(take.head_rotation)))
    corners = random_pose[:, head.landmarks[[48, 54]]]
    np.testing.assert_allclose(found["width"], 1000 * np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1), atol=1e-2)
    assert {k: v.shape for k, v in found.items()} == dict.fromkeys(("t", "aperture", "width", "jaw"), (take.frames,))
    np.testing.assert_allclose(found["t"], np.arange(take.frames) / 25)


def test_a_channel_the_head_has_not_is_refused() -> None:
    with pytest.raises(HeadError, match="'earWiggle'"):
        curves(face(jawOpen=0.0, earWiggle=1.0), load_head())


def test_every_wav_of_a_folder_is_written(hum, tmp_path: Path) -> None:
    audio, out = tmp_path / "audio", tmp_path / "new" / "out"
    audio.mkdir()
    for name in ("b", "a"):
        soundfile.write(audio / f"{name}.wav", hum.samples, 16000)
    (audio / "notes.txt").write_text("not a sound")
    calls: list[tuple[float, str]] = []
    written = write_curves(audio, out, "articulation", Direction(), lambda *call: calls.append(call))
    assert written == [out / "a.npz", out / "b.npz"] and calls == [(0.0, "a"), (0.5, "b")]
    with np.load(out / "a.npz") as first, np.load(out / "b.npz") as second:
        assert set(first.files) == {"t", "aperture", "width", "jaw"} and len(first["t"]) == 120
        for name in first.files:
            np.testing.assert_array_equal(first[name], second[name])


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_a_folder_without_sounds_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(SpeechError, match="no .wav files in .*--audio"):
        write_curves(tmp_path / folder, tmp_path / "out", "articulation", Direction(), no_progress)
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not RIG.is_dir(), reason="../shared/real-speech, the tracked lips, is not here")
def test_the_projects_score_reads_them(tmp_path: Path) -> None:
    sound = min((RIG / "audio").glob("*.wav"), key=lambda path: path.stat().st_size)
    audio = tmp_path / "audio"
    audio.mkdir()
    (audio / sound.name).write_bytes(sound.read_bytes())
    write_curves(audio, tmp_path / "out", "articulation", Direction(), no_progress)
    command = [sys.executable, RIG / "score.py", "--pred", tmp_path / "out", "--clips", sound.stem, "--no-control"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "out" in done.stdout and "nan" not in done.stdout.lower()


@pytest.mark.skipif(not RIG.is_dir(), reason="../shared/real-speech, the tracked lips, is not here")
def test_the_mouth_follows_the_lips_of_real_speakers(tmp_path: Path) -> None:
    """Opening against tracked lips: r of at least 0.52 within 20 ms of lag, and nothing of it by chance."""
    spec = importlib.util.spec_from_file_location("score", RIG / "score.py")
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    write_curves(RIG / "audio", tmp_path, "articulation", Direction(), no_progress)
    clips = score.load_clips()
    ours = score.load_preds(tmp_path, clips)
    mean = score.evaluate(ours, clips)[1]
    assert mean["n_clips"] == len(clips)
    assert mean["r"] >= 0.52 and abs(mean["lag"]) <= 0.020
    assert mean["F1"] > score.controls(ours, clips)["shifted"]["F1"] + 0.1
