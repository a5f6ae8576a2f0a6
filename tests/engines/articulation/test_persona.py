# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a persona: the same after writing and reading, refused in words where it is damaged, kept by name."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from mien.direction import Direction
from mien.engines.articulation.lips.curve import lip_curve
from mien.engines.articulation.persona import (
    FOLDER,
    LipCorrection,
    Persona,
    PersonaError,
    keep_persona,
    read_persona,
    style_of,
)
from mien.engines.articulation.styles import STYLES
from mien.files.safetensors import read_tensors, write_tensors
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from personas import LIVELY, correction, write_persona
from voices import voice


def test_it_is_the_same_after_writing_and_reading(tmp_path: Path) -> None:
    path = tmp_path / "ada.persona.safetensors"
    ada = Persona("ada", LIVELY, correction(), {"seconds": 60.0})
    path.write_bytes(ada.to_bytes())
    read = read_persona(path)
    assert (read.name, read.style, read.learnt) == ("ada", LIVELY, {"seconds": 60.0})
    assert read.lips is not None and read.to_bytes() == ada.to_bytes()
    path.write_bytes(Persona("ada", LIVELY).to_bytes())
    assert read_persona(path).lips is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": "mien.take"}, "holds no persona in format 1"),
        ({"style": "{"}, "is damaged"),
        ({"style": '{"jaw": 1}'}, "its style is no object of jaw, lips"),
        ({"style": '{"jaw": 9, "lips": 1}'}, "jaw is 9, not a number from 0.2 to 4"),
        ({"style": '{"jaw": 1, "lips": NaN}'}, "lips is nan"),
        ({"style": '{"jaw": 1, "lips": 1, "tilt": [1, 2]}'}, "tilt is not three angles"),
        ({"style": '{"jaw": 1, "lips": 1, "resting": {"nose": 0.1}}'}, "'nose', which is no channel"),
        ({"learnt": "[]"}, "no object"),
    ],
)
def test_a_damaged_header_is_refused_in_words(tmp_path: Path, changes: dict[str, str], why: str) -> None:
    path = write_persona(tmp_path, "ada")
    tensors, metadata = read_tensors(path)
    path.write_bytes(write_tensors(tensors, metadata | changes))
    with pytest.raises(PersonaError, match=why):
        read_persona(path)


@pytest.mark.parametrize(
    ("tensors", "why"),
    [
        ({"kernel": np.zeros((3, 40, 5), np.float32)}, "its tensors are kernel, not"),
        ({"kernel": np.zeros((3, 40, 4), np.float32)}, "kernel has shape"),
        ({"kernel": np.full((3, 40, 5), np.nan, np.float32)}, "kernel has values beyond"),
    ],
)
def test_damaged_tensors_are_refused_in_words(tmp_path: Path, tensors: dict[str, np.ndarray], why: str) -> None:
    path = write_persona(tmp_path, "ada", lips=correction())
    whole, metadata = read_tensors(path)
    others = {} if "tensors are" in why else whole
    path.write_bytes(write_tensors({**others, **tensors}, metadata))
    with pytest.raises(PersonaError, match=why):
        read_persona(path)


def test_a_file_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "ada.persona.safetensors"
    path.write_bytes(b"nothing")
    with pytest.raises(PersonaError, match="cannot be read"):
        read_persona(path)


def test_a_file_is_kept_by_its_name_and_another_of_that_name_beside_it(tmp_path: Path) -> None:
    here, away = tmp_path / "data", tmp_path / "away"
    path = write_persona(away, "ada")
    assert keep_persona(path, here) == keep_persona(path, here) == "ada"
    write_persona(away, "ada", lips=correction())
    second = keep_persona(path, here)
    assert second.startswith("ada-") and second == keep_persona(path, here)
    assert len(list((here / FOLDER).iterdir())) == 2
    with pytest.raises(PersonaError, match="is no name for a persona"):
        keep_persona(path.rename(path.with_name("my ada.persona.safetensors")), here)


def test_it_takes_the_place_of_the_style(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path))
    write_persona(tmp_path, "ada")
    assert style_of(Direction(persona="ada", style="clear")) == LIVELY
    assert style_of(Direction(style="clear")) == STYLES["clear"]
    write_persona(tmp_path, "ada", dataclasses.replace(LIVELY, jaw=1.0, tilt=(0.0, 0.0, 1.0)))
    assert style_of(Direction(persona="ada")).jaw == 1.0


def test_a_correction_moves_the_curve_at_its_phones_and_is_told_in_json() -> None:
    speech = voice("shipped")
    track = recognise_phones(speech)
    curve = lip_curve(track, analyse_prosody(speech))
    none = LipCorrection(np.zeros((3, 40, 5)), np.zeros(3), np.ones(3))
    np.testing.assert_allclose(none.of(curve, track.posteriors).aperture, curve.aperture)
    moved = correction().of(curve, track.posteriors)
    assert 0.3 < np.std(moved.aperture - curve.aperture) < 2
    assert json.loads(json.dumps(dataclasses.asdict(LIVELY)))["tilt"] == [2.0, 0.0, -3.0]
