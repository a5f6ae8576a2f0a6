# SPDX-License-Identifier: GPL-3.0-or-later
"""The teeth of a .glb; what else one holds is in test_export.py."""

import numpy as np
import pytest
from checkout import SAMPLES
from gltf_content import content_of, floats
from mien.export import gltf
from mien.heads.default import load_head
from mien.heads.retarget import to_basis
from mien.take import Take, read_take

HEAD = load_head()


@pytest.fixture(scope="module")
def take() -> Take:
    return read_take(SAMPLES / "default_style.take.safetensors")


def test_both_rows_hang_on_the_neck_and_the_lower_one_follows_the_jaw(take, tmp_path) -> None:
    gltf.write(take, HEAD, tmp_path / "a.glb")
    content, binary = content_of(tmp_path / "a.glb")
    node = next(number for number, each in enumerate(content["nodes"]) if each["name"] == "teeth")
    assert node in content["nodes"][gltf.NECK]["children"]
    mesh = content["meshes"][content["nodes"][node]["mesh"]]
    assert [content["materials"][each["material"]]["name"] for each in mesh["primitives"]] == ["enamel", "gum"]
    jaw = mesh["extras"]["targetNames"].index("jawOpen")
    moved = floats(content, binary, mesh["primitives"][0]["targets"][jaw]["POSITION"]).reshape(-1, 3)
    lower = HEAD.teeth_lower == 1
    assert moved[lower, 1].max() < -0.005 and not moved[~lower].any()  # metres
    channel = next(
        each for each in content["animations"][0]["channels"] if each["target"] == {"node": node, "path": "weights"}
    )
    weights = floats(content, binary, content["animations"][0]["samplers"][channel["sampler"]]["output"])
    np.testing.assert_array_equal(weights.reshape(take.frames, -1)[:, jaw], take.channel("jawOpen"))


def test_a_take_of_vertices_does_not_say_where_the_jaw_is_and_has_no_teeth(take, tmp_path) -> None:
    gltf.write(to_basis(take, HEAD), HEAD, tmp_path / "a.glb")
    content, _ = content_of(tmp_path / "a.glb")
    assert "teeth" not in [each["name"] for each in content["nodes"]]
