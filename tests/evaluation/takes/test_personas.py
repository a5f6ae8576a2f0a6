# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate persona`, on a few seconds: the tables have their rows, and too few sounds are said."""

from pathlib import Path

import numpy as np
import pytest
from mien.evaluation import EvaluationError
from mien.evaluation.takes import personas
from scipy.io import wavfile
from voices import voice


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i, name in enumerate(("shipped", "english man")):
        samples = np.asarray(voice(name).samples, np.float32)
        wavfile.write(tmp_path / f"{i}.wav", 16000, samples)
    return tmp_path


def test_speakers_are_learnt_and_takes_with_a_persona_are_nearer(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(personas, "PIECE", 5.0)
    monkeypatch.setattr(personas, "HELD_OUT", 1)
    monkeypatch.setattr(personas, "PERFORMANCES", 1)
    monkeypatch.setattr(personas, "HABITS", 1)
    recoveries, near = personas.evaluate_personas(folder, [5.0], 3, lambda done, stage: None)
    assert recoveries[0].correlations["jaw"] == pytest.approx(1.0)
    styles, habits = near
    assert styles.lips[1] < styles.lips[0] and styles.nearer[0] == 1 and habits.nonverbal is None
    page = personas.for_page(recoveries, near)
    assert page.count("| 5 s |") == 3 and "mouth lean" in page


def test_too_few_sounds_are_said(folder: Path) -> None:
    with pytest.raises(EvaluationError, match="to learn from and .* 600 s and 3 are needed"):
        personas.evaluate_personas(folder, [600.0], 3, lambda done, stage: None)
    with pytest.raises(EvaluationError, match="has 0 s of sounds"):
        personas.evaluate_personas(folder / "none", [60.0], 3, lambda done, stage: None)
