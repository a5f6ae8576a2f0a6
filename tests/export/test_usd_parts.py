# SPDX-License-Identifier: GPL-3.0-or-later
"""Teeth and brows in USD, as USD's own code poses them."""

from fractions import Fraction

import numpy as np
import pytest
from mien.export import export
from mien.export.strands import strands_of
from mien.heads.default import load_head
from mien.heads.identity import load_identity
from mien.heads.retarget import to_vertices
from mien.take import Take

usd = pytest.importorskip("pxr.Usd")
from pxr import UsdGeom, UsdSkel, UsdShade  # noqa: E402, I001

HEAD = load_head()
WEIGHTS = {"jawOpen": 0.5, "eyeBlinkLeft": 1.0}


@pytest.fixture
def take() -> Take:
    weights = np.zeros((2, len(HEAD.channels)), np.float32)
    weights[1, HEAD.order(list(WEIGHTS))] = list(WEIGHTS.values())
    return Take(
        fps=Fraction(25),
        duration=Fraction(2, 25),
        head_rotation=np.zeros((2, 3), np.float32),
        channels=HEAD.channels,
        weights=weights,
        meta=HEAD.take_meta,
    )


def posed(stage, name: str, frame: float) -> np.ndarray:
    """(N, 3) points of a mesh with its BlendShapes, as UsdSkel has them."""
    prim = stage.GetPrimAtPath(f"/head/{name}")
    points = np.array(UsdGeom.Mesh(prim).GetPointsAttr().Get())
    binding = UsdSkel.BindingAPI(prim)
    animation = UsdSkel.Animation(stage.GetPrimAtPath("/head/skeleton/take"))
    names, weights = animation.GetBlendShapesAttr().Get(), animation.GetBlendShapeWeightsAttr().Get(frame)
    of = dict(zip(names, weights, strict=True))
    for shape, path in zip(
        binding.GetBlendShapesAttr().Get(), binding.GetBlendShapeTargetsRel().GetTargets(), strict=True
    ):
        key = UsdSkel.BlendShape(stage.GetPrimAtPath(path))
        points[np.array(key.GetPointIndicesAttr().Get())] += of[shape] * np.array(key.GetOffsetsAttr().Get())
    return points


def test_the_lower_teeth_go_with_the_jaw_and_the_lashes_with_the_lid(take, tmp_path) -> None:
    export(take, HEAD, tmp_path / "a.usdc")
    stage = usd.Stage.Open(str(tmp_path / "a.usdc"))
    opened = HEAD.teeth_vertices + 0.5 * HEAD.teeth_deltas[HEAD.teeth_channels.index("jawOpen")]
    np.testing.assert_allclose(posed(stage, "teeth", 0), HEAD.teeth_vertices, atol=1e-6)
    np.testing.assert_allclose(posed(stage, "teeth", 1), opened, atol=1e-6)
    face = HEAD.pose(take.weights[1])
    assert np.abs(posed(stage, "brows", 1) - strands_of(HEAD).at(face)).max() < 1e-4


def test_an_identity_has_brows_of_its_colour(take, tmp_path) -> None:
    identity = load_identity("woman_a")
    export(take, HEAD, tmp_path / "a.usda", identity)
    stage = usd.Stage.Open(str(tmp_path / "a.usda"))
    shader = UsdShade.Shader(stage.GetPrimAtPath("/head/materials/brows/surface"))
    assert tuple(shader.GetInput("diffuseColor").Get()) == pytest.approx(identity.brow_colour, abs=1e-6)
    np.testing.assert_allclose(posed(stage, "teeth", 0), identity.head.teeth_vertices, atol=1e-6)


def test_a_take_of_vertices_has_brows_and_no_teeth(take, tmp_path) -> None:
    export(to_vertices(take, HEAD), HEAD, tmp_path / "a.usdc")
    stage = usd.Stage.Open(str(tmp_path / "a.usdc"))
    assert not stage.GetPrimAtPath("/head/teeth")
    assert len(UsdGeom.Mesh(stage.GetPrimAtPath("/head/brows")).GetPointsAttr().Get())
