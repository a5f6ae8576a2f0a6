# SPDX-License-Identifier: GPL-3.0-or-later
"""What is here and what could be, and which files of a download are meant."""

from __future__ import annotations

from pathlib import Path

import flame
import pytest
from mien.heads.flame import read_flame
from mien.heads.flame_file import FlameError
from mien.heads.flame_import import CLOSED_LICENCE, OPEN_LICENCE
from mien.models import FLAME_FOLDER, find, models


def model_at(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(flame.python2(flame.as_published(flame.model(20, 4))))
    return path


def landmarks_at(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(flame.python2(flame.embedding(40)))
    return path


def by_name(data_folder: Path) -> dict:
    return {each.name: each for each in models(data_folder)}


def test_what_comes_with_mien_is_here_and_what_does_not_says_where_to_get_it(tmp_path) -> None:
    found = by_name(tmp_path)
    assert list(found) == ["mien", "ear", "flame", "probtalk3d"]
    assert found["mien"].here and found["mien"].licence == "CC0-1.0" and not found["mien"].needs
    assert found["ear"].here and not found["ear"].needs
    for name in ("flame", "probtalk3d"):
        assert not found[name].here and found[name].needs and found[name].licence
    assert "https://flame.is.tue.mpg.de" in found["flame"].needs and "CC-BY-4.0" in found["flame"].licence


def test_an_imported_flame_is_here_first_without_landmarks(tmp_path) -> None:
    find(model_at(tmp_path / "flame2023_Open.pkl")).convert(tmp_path)
    listed = by_name(tmp_path)["flame"]
    assert listed.here == "flame2023_Open, 20 vertices, 4 expressions, without landmarks"
    assert listed.licence == "CC-BY-4.0" and "flame_static_embedding.pkl" in listed.needs
    find(landmarks_at(tmp_path / "any name.pkl")).convert(tmp_path)
    listed = by_name(tmp_path)["flame"]
    assert listed.here.endswith("with landmarks") and not listed.needs


def test_a_harmed_import_says_so(tmp_path) -> None:
    find(model_at(tmp_path / "generic_model.pkl")).convert(tmp_path).write_bytes(b"")
    listed = by_name(tmp_path)["flame"]
    assert not listed.here and "import it again" in listed.needs


def test_a_download_is_looked_through_two_folders_deep(tmp_path) -> None:
    model = model_at(tmp_path / "FLAME2020" / "generic_model.pkl")
    model_at(tmp_path / "FLAME2020" / "female_model.pkl")
    landmarks = landmarks_at(tmp_path / "RingNet" / "flame_model" / "flame_static_embedding.pkl")
    found = find(tmp_path)
    assert found.files == (model, landmarks) and found.licence is CLOSED_LICENCE
    found.convert(tmp_path / "data")
    assert read_flame(tmp_path / "data" / FLAME_FOLDER).landmark_weights.shape == (51, 3)


def test_a_file_is_known_by_what_it_holds(tmp_path) -> None:
    female = model_at(tmp_path / "female_model.pkl")
    assert find(female).model == female
    assert find(model_at(tmp_path / "flame2023_Open.pkl")).licence is OPEN_LICENCE
    landmarks = landmarks_at(tmp_path / "x.pkl")
    assert find(landmarks).landmarks == landmarks and find(landmarks).licence is CLOSED_LICENCE


def test_what_is_nothing_of_flame_is_refused_in_words(tmp_path) -> None:
    with pytest.raises(FlameError, match="holds nothing that Mien imports: no generic_model.pkl"):
        find(tmp_path)
    (tmp_path / "FLAME2020.zip").write_bytes(b"PK")
    with pytest.raises(FlameError, match="FLAME2020.zip is an archive; unpack it"):
        find(tmp_path / "FLAME2020.zip")
    (tmp_path / "other.pkl").write_bytes(flame.python2({"a": 1}))
    with pytest.raises(FlameError, match="other.pkl is neither a FLAME model nor its landmarks"):
        find(tmp_path / "other.pkl")
    model_at(tmp_path / "2020" / "generic_model.pkl")
    model_at(tmp_path / "2023" / "generic_model.pkl")
    with pytest.raises(FlameError, match=r"holds several that could be meant: 2020.generic_model.pkl, 2023"):
        find(tmp_path)
