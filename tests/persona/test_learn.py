# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings become a persona that says what it was learnt from; too little is refused in words."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from mien.engines.articulation.persona import read_persona
from mien.persona import LearningError
from mien.persona.learn import learn, sentences_of
from personas import LIVELY, clips, spoken


def test_a_persona_says_what_it_was_learnt_from(tmp_path: Path) -> None:
    stages = []
    ada = learn(spoken(LIVELY), "ada", lambda done, stage: stages.append((done, stage)))
    path = tmp_path / "ada.persona.safetensors"
    path.write_bytes(ada.to_bytes())
    read = read_persona(path)
    assert read.name == "ada" and read.style.jaw > 1.4 and read.learnt["clips"] == 3
    assert set(read.learnt["sounds"].values()) == {each.sha256 for each in clips()}
    assert read.learnt["ranges"]["jawOpen"][1] > 0.1 and not read.learnt["filmed"]
    lines = " ".join(sentences_of(read))
    assert "of 3 clips" in lines and "That is little" in lines and "jaw 1." in lines
    assert [done for done, _ in stages] == sorted(done for done, _ in stages) and stages[-1][0] == 1


def test_too_little_is_refused_in_words() -> None:
    brief = dataclasses.replace(clips()[0], seen=np.arange(len(clips()[0].seen)) < 50)
    with pytest.raises(LearningError, match="2.0 s of a speaking face in all; 5 s are the least"):
        learn([brief], "ada")
