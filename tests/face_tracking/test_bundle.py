# SPDX-License-Identifier: GPL-3.0-or-later
import json

import numpy as np
import pytest
from mien.face_tracking import TrackingError, bundle
from mien.face_tracking.bundle import BUNDLE, CARD, canonical_face, load_bundle
from mien.face_tracking.landmark_indices import CHIN, NOSE_TIP, OUTER_EYE_CORNERS
from mien.files.digest import sha256_of


def test_the_card_describes_the_file_that_ships() -> None:
    card = json.loads(CARD.read_text("utf-8"))
    assert card["file"] == BUNDLE.name
    assert card["sha256"] == sha256_of(BUNDLE) == load_bundle().sha256
    assert card["bytes"] == BUNDLE.stat().st_size
    assert card["licence"] == load_bundle().licence == "Apache-2.0"
    assert "Apache License" in CARD.with_name(card["licence_text"]).read_text("utf-8")


def test_another_file_than_the_card_says_is_refused(tmp_path, monkeypatch) -> None:
    harmed = tmp_path / BUNDLE.name
    harmed.write_bytes(BUNDLE.read_bytes()[:-1])
    monkeypatch.setattr(bundle, "BUNDLE", harmed)
    with pytest.raises(TrackingError, match="install mien again"):
        load_bundle.__wrapped__()
    monkeypatch.setattr(bundle, "BUNDLE", tmp_path / "gone.task")
    with pytest.raises(TrackingError, match="missing"):
        load_bundle.__wrapped__()


def test_the_canonical_face_is_a_face_in_centimetres() -> None:
    face = canonical_face()
    assert face.points.shape == (468, 3)
    assert face.uv.shape == (468, 2)
    assert face.triangles.shape == (898, 3)
    assert 0 <= face.triangles.min() < face.triangles.max() == 467
    assert len(face.basis) == len(face.weights) == 33
    assert (face.weights > 0).all()
    right, left = face.points[list(OUTER_EYE_CORNERS)]
    assert right[0] == pytest.approx(-left[0], abs=0.01)  # the person's right eye is at the picture's left
    assert right[0] < 0
    assert np.linalg.norm(left - right) == pytest.approx(8.9, abs=0.3)
    assert face.points[NOSE_TIP, 2] > face.points[CHIN, 2]
    assert face.points[NOSE_TIP, 1] > face.points[CHIN, 1]
