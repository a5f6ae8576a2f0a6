# SPDX-License-Identifier: GPL-3.0-or-later
"""What is here and what could be, and which files of a download are meant."""

from __future__ import annotations

import json
from pathlib import Path

import flame
import motion_model
import numpy as np
from mien.engines import ENGINES
from mien.engines.emodiffhead import USER_WEIGHTS
from mien.files.safetensors import write_tensors
from mien.heads.flame import FLAME_FOLDER, read_flame
from mien.models.catalogue import models
from mien.models.user_import import find


def by_name(data_folder: Path) -> dict:
    return {each.name: each for each in models(data_folder)}


def test_what_comes_with_mien_is_here_and_what_does_not_says_where_to_get_it(tmp_path) -> None:
    found = by_name(tmp_path)
    shipped = [name for name, info in ENGINES.items() if info.weights]
    own = [info.user_model.name for info in ENGINES.values() if info.user_model]
    assert list(found) == ["mien", "phone recogniser", "face tracker", "refinement", *shipped, "flame", *own, "tps"]
    for name in shipped:
        card = json.loads(ENGINES[name].card.read_text("utf-8"))
        assert found[name].licence == card["licence"] and card["sha256"].startswith(found[name].here.split()[-1])
    assert found["mien"].here and found["mien"].licence == "CC0-1.0" and not found["mien"].needs
    for name in ("phone recogniser", "face tracker", "refinement"):
        assert found[name].here and not found[name].needs
    assert found["face tracker"].licence == "Apache-2.0"
    for name in ("flame", *own, "tps"):
        assert not found[name].here and found[name].needs and found[name].licence
    assert "https://flame.is.tue.mpg.de" in found["flame"].needs and "CC-BY-4.0" in found["flame"].licence


def test_an_imported_flame_is_here_first_without_landmarks(tmp_path) -> None:
    find(flame.model_at(tmp_path / "flame2023_Open.pkl")).convert(tmp_path)
    listed = by_name(tmp_path)["flame"]
    assert listed.here == "flame2023_Open, 20 vertices, 4 expressions, without landmarks"
    assert listed.licence == "CC-BY-4.0" and "flame_static_embedding.pkl" in listed.needs
    find(flame.landmarks_at(tmp_path / "any name.pkl")).convert(tmp_path)
    listed = by_name(tmp_path)["flame"]
    assert listed.here.endswith("with landmarks") and not listed.needs


def test_weights_trained_on_the_users_flame_are_listed_for_that_flame_alone(tmp_path) -> None:
    find(flame.model_at(tmp_path / "flame2023_Open.pkl")).convert(tmp_path)
    listed = by_name(tmp_path)["emodiffhead-flame"]
    assert not listed.here and "mien train emodiffhead CORPUS MOTION RUN --head flame" in listed.needs
    path = tmp_path / USER_WEIGHTS
    path.parent.mkdir(parents=True)
    for sha256, fits in ((read_flame(tmp_path / FLAME_FOLDER).sha256, True), ("1" * 64, False)):
        path.write_bytes(write_tensors({"x": np.zeros(500_000, np.float16)}, {"flame": sha256}))
        listed = by_name(tmp_path)["emodiffhead-flame"]
        assert listed.here == "1 MB of weights" and bool(listed.needs) is not fits
    path.write_bytes(b"")
    assert "cannot be read" in by_name(tmp_path)["emodiffhead-flame"].needs


def test_each_motion_model_that_was_imported_is_listed(tmp_path) -> None:
    for name in ("vox", "ted"):
        find(motion_model.saved(tmp_path / f"{name}.pth.tar", motion_model.model())).convert(tmp_path)
    listed = by_name(tmp_path)
    assert "tps" not in listed and listed["tps ted"].licence.startswith("MIT")
    for name in ("tps ted", "tps vox"):
        assert "MB of weights" in listed[name].here and not listed[name].needs
    (tmp_path / "engines" / "tps" / "ted.card.json").unlink()
    assert "ted.card.json is missing or damaged" in by_name(tmp_path)["tps ted"].needs


def test_a_harmed_import_says_so(tmp_path) -> None:
    find(flame.model_at(tmp_path / "generic_model.pkl")).convert(tmp_path)[0].write_bytes(b"")
    listed = by_name(tmp_path)["flame"]
    assert not listed.here and "import it again" in listed.needs
