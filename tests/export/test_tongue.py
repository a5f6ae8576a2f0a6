# SPDX-License-Identifier: GPL-3.0-or-later
"""The tongue of a take in exported files: as morph targets in glTF and USD, in the vertices of a point cache."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from checkout import SAMPLES
from gltf_content import content_of, floats
from mien.export import export
from mien.heads.default import load_head
from mien.heads.identity import load_identity
from mien.heads.retarget import to_basis, to_channels
from mien.take import Take, read_take

HEAD = load_head()
SAMPLE = read_take(SAMPLES / "default_style.take.safetensors")
MOVED = np.random.default_rng(5).uniform(0, 0.8, (SAMPLE.frames, 3)).astype(np.float32)
SPOKEN = replace(SAMPLE, tongue=MOVED, tongue_names=HEAD.tongue_names)


@pytest.mark.parametrize("name", ["", "man_b"])
def test_gltf_has_it_as_morph_targets(tmp_path, name: str) -> None:
    identity = load_identity(name) if name else None
    export(SPOKEN, HEAD, tmp_path / "a.glb", identity)
    content, binary = content_of(tmp_path / "a.glb")
    mesh = content["meshes"][0]
    names = mesh["extras"]["targetNames"]
    assert names[-3:] == list(HEAD.tongue_names) and len(names) == 55
    head = identity.head if identity else HEAD
    for row, target in enumerate(mesh["primitives"][0]["targets"][-3:]):
        delta = floats(content, binary, target["POSITION"]).reshape(-1, 3)
        np.testing.assert_allclose(delta, head.tongue_deltas[row], atol=1e-6)
    sampler = content["animations"][0]["samplers"][0]
    weights = floats(content, binary, sampler["output"]).reshape(SPOKEN.frames, 55)
    np.testing.assert_allclose(weights[:, -3:], MOVED, atol=1e-7)


def test_usd_has_it_as_blend_shapes(tmp_path) -> None:
    usd, skel = pytest.importorskip("pxr.Usd"), pytest.importorskip("pxr.UsdSkel")
    export(SPOKEN, HEAD, tmp_path / "a.usdc")
    stage = usd.Stage.Open(str(tmp_path / "a.usdc"))
    animation = skel.Animation(stage.GetPrimAtPath("/head/skeleton/take"))
    names = list(animation.GetBlendShapesAttr().Get())
    assert names[-3:] == list(HEAD.tongue_names)
    at = animation.GetBlendShapeWeightsAttr().Get(SPOKEN.start * float(SPOKEN.fps) + 3)
    np.testing.assert_allclose(at[-3:], MOVED[3], atol=1e-6)


def test_a_point_cache_has_it(tmp_path) -> None:
    for name, take in (("with", SPOKEN), ("without", SAMPLE)):
        export(take, HEAD, tmp_path / f"{name}.pc2")
    sizes = [np.frombuffer((tmp_path / f"{name}.pc2").read_bytes()[32:], "<f4") for name in ("with", "without")]
    moved = np.abs(sizes[0] - sizes[1]).reshape(SPOKEN.frames, -1, 3).max((0, 2))
    tongue = np.unique(HEAD.quads[HEAD.quad_part == HEAD.parts.index("tongue")])
    assert moved[tongue].max() > 0.005 and not np.delete(moved, tongue).any()


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_formats_of_52_channels_stay_as_they_are(tmp_path, suffix: str) -> None:
    for name, take in (("with", SPOKEN), ("without", SAMPLE)):
        export(take, HEAD, tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"with{suffix}").read_bytes() == (tmp_path / f"without{suffix}").read_bytes()


def test_as_vertices_it_moves_too_and_no_channel_stands_in_for_it() -> None:
    short: Take = replace(
        SPOKEN,
        duration=12 / SPOKEN.fps,
        mouth_holds=None,
        eye_holds=None,
        **{name: getattr(SPOKEN, name)[:12] for name in ("weights", "head_rotation", "gaze", "tongue")},
    )
    vertices = to_basis(short, HEAD)
    assert vertices.tongue is None and vertices.tongue_names == ()
    np.testing.assert_allclose(HEAD.faces(vertices), HEAD.faces(short), atol=1e-5)
    back, plain = (
        to_channels(to_basis(take, HEAD), HEAD) for take in (short, replace(short, tongue=None, tongue_names=()))
    )
    assert np.abs(back.weights - plain.weights).max() < 0.05
