# SPDX-License-Identifier: GPL-3.0-or-later
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from films import write_pictures
from mien.audio.speech import Speech
from mien.cli import main
from mien.evaluation import EvaluationError
from mien.evaluation.films.dub_voice import HEAD, _lag, cells, evaluate_voice
from mien.video.writer import write_film
from rendered_faces import face, nobody
from sounds import voice


def test_a_clip_with_another_voice_beside_its_plan(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    pictures = [face((("jawOpen", jaw),)) for jaw in [0.0, 0.1, 0.35, 0.6, 0.4, 0.15] * 10]
    write_film(path, pictures, Fraction(25), voice(2.4), 16000)
    seen = []
    speech = Speech.from_samples(voice(1.2))
    result = evaluate_voice(path, speech, "articulation", lambda done, stage: seen.append(done))
    assert result.frames == 56  # a second longer than the voice
    assert result.r > 0.8 and abs(result.lag) <= 1 and 0.5 < result.gain < 1.5
    assert result.outside == 0 and result.silent_shut <= result.silent and result.silent > 0
    assert seen == sorted(seen) and seen[-1] == 1
    assert all(len(row) == len(HEAD) for row in cells([result]))


def test_a_gap_that_is_late_is_told_by_its_pictures() -> None:
    planned = np.sin(np.arange(60) / 3)
    assert _lag(planned, planned) == 0
    assert _lag(np.r_[np.nan, np.nan, planned[:-2]], planned) == 2
    assert _lag(np.r_[planned[1:], np.nan], planned) == -1


def test_a_clip_that_hardly_shows_a_face_is_refused(tmp_path: Path) -> None:
    pictures = [nobody()] * 24 + [face((("jawOpen", 0.1 * (i % 5)),)) for i in range(26)]
    path = write_pictures(tmp_path / "clip.mp4", pictures)
    speech = Speech.from_samples(voice(0.2))
    with pytest.raises(EvaluationError, match="are dubbed"):
        evaluate_voice(path, speech, "articulation", lambda done, stage: None)


def test_a_voice_without_clips_is_refused(capsys: pytest.CaptureFixture) -> None:
    assert main.main(["evaluate", "dub", "--voice", "voice.wav"]) == EvaluationError.exit_status
    assert "--voice" in capsys.readouterr().err
