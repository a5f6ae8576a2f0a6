# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of a download are meant, and what they are taken for."""

from __future__ import annotations

from pathlib import Path

import flame
import pytest
from mien.downloads import DownloadError, find
from mien.heads.flame import FLAME_FOLDER, read_flame
from mien.heads.flame_import import CLOSED_LICENCE, OPEN_LICENCE


def model_at(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(flame.python2(flame.as_published(flame.model(20, 4))))
    return path


def landmarks_at(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(flame.python2(flame.embedding(40)))
    return path


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
    with pytest.raises(DownloadError, match="holds nothing that Mien imports: no generic_model.pkl"):
        find(tmp_path)
    (tmp_path / "FLAME2020.zip").write_bytes(b"PK")
    with pytest.raises(DownloadError, match="FLAME2020.zip is an archive; unpack it"):
        find(tmp_path / "FLAME2020.zip")
    (tmp_path / "other.pkl").write_bytes(flame.python2({"a": 1}))
    with pytest.raises(DownloadError, match="other.pkl is neither a FLAME model nor its landmarks"):
        find(tmp_path / "other.pkl")
    model_at(tmp_path / "2020" / "generic_model.pkl")
    model_at(tmp_path / "2023" / "generic_model.pkl")
    with pytest.raises(DownloadError, match=r"holds several that could be meant: 2020.generic_model.pkl, 2023"):
        find(tmp_path)
