# SPDX-License-Identifier: GPL-3.0-or-later
"""The body's file: whole, of the skeleton that takes are of, and as its card says."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from mien.body.skeleton import PARENTS, REST
from mien.files.safetensors import write_tensors

from addon.formats.body_file import read_body
from addon.formats.head_file import HeadError

MESHES = Path(__file__).parents[3] / "meshes"


def test_the_body_has_the_joints_of_the_backend_where_they_rest():
    body = read_body()
    assert body.parents == {name: parent or "" for name, parent in PARENTS.items()}
    for name, place in REST.items():
        np.testing.assert_allclose(body.joints[name], place, atol=1e-6)


def test_every_vertex_is_carried_whole_and_every_face_is_there():
    body = read_body()
    np.testing.assert_allclose(body.joint_weights.sum(1), 1.0, atol=2e-4)
    assert body.joint_rows.max() < len(body.joints)
    assert body.quads.min() == 0 and body.quads.max() == len(body.vertices) - 1
    assert set(np.unique(body.quad_material)) == set(range(len(body.materials)))


def test_skin_is_shown_at_the_hands_alone():
    body = read_body()
    skin = np.unique(body.quads[body.quad_material == 0])
    wrist = min(abs(REST[f"{side}_lower_arm"][0]) for side in ("left", "right"))
    assert np.abs(body.vertices[skin, 0]).min() > wrist


def test_the_card_is_of_this_file():
    card = json.loads((MESHES / "body.card.json").read_text())
    assert card["licence"] == "CC0-1.0"
    assert card["sha256"] == hashlib.sha256((MESHES / "body.safetensors").read_bytes()).hexdigest()


def test_other_files_are_refused_in_words(tmp_path):
    path = tmp_path / "body.safetensors"
    path.write_bytes(write_tensors({"a": np.zeros(1, np.float32)}, {"format": "mien.head", "format_version": "1"}))
    with pytest.raises(HeadError, match="reads 'mien.body'"):
        read_body(path)
