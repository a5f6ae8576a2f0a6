# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaths that were seen in recordings, and what is counted of those that are heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from mien.evaluation import EvaluationError
from mien.evaluation.phones import breaths
from mien.evaluation.phones.breaths import Silence


def test_every_silence_that_was_looked_at_has_a_time_and_a_name() -> None:
    known = breaths.silences()
    assert {each.what for each in known} == {"breath", "none", "unsure"}
    assert all(0 <= each.begin < each.end < 60 for each in known)
    assert sum(each.what == "breath" for each in known) >= 30


def test_recordings_are_found_where_packages_put_them_and_in_folders(tmp_path: Path) -> None:
    packaged, own = tmp_path / breaths.PACKAGED[0], tmp_path / "own"
    for folder, name in ((packaged, "a"), (own, "b")):
        folder.mkdir(parents=True)
        (folder / f"{name}.wav").touch()
    found = breaths.find_recordings({"a", "b", "c"}, [own], tmp_path)
    assert found == {"a": packaged / "a.wav", "b": own / "b.wav"}
    with pytest.raises(EvaluationError, match="no recording"):
        breaths.find_recordings({"c"}, [own], tmp_path)


def test_a_breath_counts_where_it_is_heard_and_unsure_ones_do_not(tmp_path: Path, monkeypatch) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(16000 * 4), 16000)
    course = np.zeros(400)
    course[100:120] = 0.5
    monkeypatch.setattr(breaths, "courses", lambda speech: dict.fromkeys(breaths.THRESHOLDS, course))
    looked_at = [("breath", 1.0, 1.3), ("breath", 2.0, 2.3), ("none", 0.9, 1.1), ("none", 3.0, 3.5), ("unsure", 1, 2)]
    monkeypatch.setattr(breaths, "silences", lambda: [Silence("a", *each) for each in looked_at])
    rows = breaths.evaluate({"a": tmp_path / "a.wav"}, lambda done, name: None)
    by_threshold = {row[:2]: row[2:] for row in rows}
    assert by_threshold["the network", "0.4"] == ("1 of 2", "1 of 2")
    assert by_threshold["the network", "0.55"] == ("0 of 2", "0 of 2")
    assert "Of 1 recordings" in breaths.report(rows, 1)


def test_both_ways_to_hear_have_a_course(tmp_path: Path) -> None:
    from mien.audio.speech import Speech

    noise = np.random.default_rng(0).normal(0, 0.01, 8000).astype(np.float32)
    found = breaths.courses(Speech.from_samples(noise))
    assert set(found) == set(breaths.THRESHOLDS) and all(len(course) == 50 for course in found.values())
