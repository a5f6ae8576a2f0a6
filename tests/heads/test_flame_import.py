# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's FLAME is converted whole or not at all, with a card; what is no FLAME is refused in a sentence."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import flame
import numpy as np
import pytest
from mien.heads.flame import CARD, FILE, read_flame
from mien.heads.flame_file import FlameError
from mien.heads.flame_import import CLOSED_LICENCE, OPEN_LICENCE, import_flame, import_landmarks, licence_of


@pytest.fixture
def model(tmp_path) -> Path:
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(flame.python2(flame.as_published(flame.model(20, 4))))
    return path


@pytest.fixture
def embedding(tmp_path) -> Path:
    path = tmp_path / "flame_static_embedding.pkl"
    path.write_bytes(flame.python2(flame.embedding(40)))
    return path


def changed(path: Path, **changes) -> Path:
    content = flame.as_published(flame.model(20, 4)) | changes
    path.write_bytes(flame.python2({key: value for key, value in content.items() if value is not None}))
    return path


def test_the_card_says_whence_and_under_which_licence(model, embedding, tmp_path) -> None:
    folder = tmp_path / "data" / "heads" / "flame"
    written = import_flame(model, folder, embedding)
    card = json.loads((folder / CARD).read_text())
    assert written == folder / FILE and sorted(path.name for path in folder.iterdir()) == [CARD, FILE]
    assert card["sha256"] == hashlib.sha256(written.read_bytes()).hexdigest() == read_flame(folder).sha256
    assert card["source"] == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (model, embedding)}
    assert card["licence"] == CLOSED_LICENCE.name == read_flame(folder).licence and not card["paid_work"]


def test_the_same_file_gives_the_same_bytes(model, tmp_path) -> None:
    first, second = (import_flame(model, tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second


def test_the_open_flame_is_known_by_its_name_alone() -> None:
    assert licence_of(Path("flame2023_Open.pkl")) is OPEN_LICENCE and OPEN_LICENCE.paid
    for name in ("generic_model.pkl", "flame2023.pkl", "FLAME_NEUTRAL.pkl"):
        assert licence_of(Path("open") / name) is CLOSED_LICENCE


def test_landmarks_can_come_later(model, embedding, tmp_path) -> None:
    folder = tmp_path / "flame"
    import_flame(model, folder)
    with pytest.raises(FlameError, match="FLAME's landmarks are not here. To turn its takes into channels"):
        read_flame(folder).landmarks(np.zeros((20, 3)))
    import_landmarks(embedding, folder)
    assert read_flame(folder).landmarks(np.ones((20, 3))) == pytest.approx(1)
    assert set(json.loads((folder / CARD).read_text())["source"]) == {model.name, embedding.name}


def test_landmarks_without_a_flame_are_refused(embedding, tmp_path) -> None:
    with pytest.raises(FlameError, match="FLAME is not here. FLAME is the user's own to bring: register"):
        import_landmarks(embedding, tmp_path / "flame")
    assert not (tmp_path / "flame").exists()


SOURCE = flame.model(20, 4)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"weights": None}, "it has no array weights. Give generic_model.pkl"),
        ({"shapedirs": "none"}, "it has no array shapedirs"),
        ({"shapedirs": SOURCE["shapedirs"][:, :, :300]}, "has 300 coefficients; FLAME has 300 of shape and its"),
        ({"shapedirs": SOURCE["shapedirs"][:-1]}, "its shape_basis has the shape"),
        ({"posedirs": SOURCE["posedirs"][:, :, :27]}, "its pose_basis has the shape"),
        ({"v_template": SOURCE["v_template"][:, :2].copy()}, "its template has the shape"),
        ({"v_template": SOURCE["v_template"][0]}, r"its v_template \(3,\) has too many or too few axes"),
        ({"v_template": SOURCE["v_template"] * np.nan}, "its template holds values that are no numbers"),
        ({"f": SOURCE["f"] + 20}, "a triangle points outside its 20 vertices"),
        ({"kintree_table": SOURCE["kintree_table"] * 0}, "Is it SMPL or another body"),
        ({"kintree_table": np.zeros((2, 24), np.uint32)}, "has joints that hang on"),
        ({"bs_style": "dqbs"}, "has joints that hang on"),
    ],
)
def test_what_is_no_flame_is_refused_and_the_former_one_stays(model, tmp_path, changes, sentence) -> None:
    folder = tmp_path / "flame"
    import_flame(model, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    other = changed(tmp_path / "other.pkl", **changes)
    with pytest.raises(FlameError, match=sentence) as refusal:
        import_flame(other, folder)
    assert str(refusal.value).startswith("other.pkl") and "\n" not in str(refusal.value)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with pytest.raises(FlameError):
        import_flame(other, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"lmk_face_idx": np.arange(68)}, "has 68 landmarks; FLAME's static embedding has 51"),
        ({"lmk_face_idx": np.arange(51)}, "names triangle 50; the model has 40"),
        ({"lmk_b_coords": None}, "is no landmark embedding of FLAME"),
    ],
)
def test_a_wrong_embedding_is_refused(model, embedding, tmp_path, changes, sentence) -> None:
    content = {key: value for key, value in (flame.embedding(40) | changes).items() if value is not None}
    embedding.write_bytes(flame.python2(content))
    with pytest.raises(FlameError, match=f"flame_static_embedding.pkl {sentence}"):
        import_flame(model, tmp_path / "flame", embedding)
    assert not (tmp_path / "flame").exists()


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / FILE).write_bytes((folder / FILE).read_bytes()[:-1]),
        lambda folder: (folder / CARD).write_text("{}"),
        lambda folder: (folder / CARD).write_text((folder / CARD).read_text().replace('"sha256": "', '"sha256": "0')),
    ],
)
def test_an_import_that_was_harmed_is_refused(model, tmp_path, harm) -> None:
    folder = tmp_path / "flame"
    import_flame(model, folder)
    harm(folder)
    with pytest.raises(FlameError, match="import it again"):
        read_flame(folder)
