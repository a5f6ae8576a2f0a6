# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written is read back: by readers of others where there are any (USD's own, trimesh; Blender in
tests/blender/default_head/test_exported_head.py), else by the format's few lines here."""

from __future__ import annotations

import csv
import json
import signal
import struct
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import flame
import numpy as np
import pytest
import trimesh
from checkout import SAMPLES
from mien.channels import ARKIT
from mien.export import ExportError, export
from mien.export.live_link import HEADER, ORDER, timecode
from mien.heads.default import HeadError, load_head, rotation_matrix
from mien.heads.identity import load_identity
from mien.heads.retarget import to_basis, to_vertices
from mien.take import Take, read_take

HEAD = load_head()
SAMPLE = read_take(SAMPLES / "default_style.take.safetensors")


@pytest.fixture(scope="module")
def take() -> Take:
    """Eight frames of a spoken take with the head turned a lot, from 2 s on."""
    frames = 8
    turns = np.random.default_rng(0).uniform(-0.5, 0.5, (frames, 3)).astype(np.float32)
    kept = {name: getattr(SAMPLE, name)[20 : 20 + frames] for name in ("weights", "gaze")}
    return replace(SAMPLE, start=2.0, duration=Fraction(2) + frames / SAMPLE.fps, head_rotation=turns, **kept)


def written(take: Take, folder: Path, name: str, head=HEAD) -> Path:
    path = folder / name
    export(take, head, path)
    assert list(folder.iterdir()) == [path]
    return path


# --- channels


def test_live_link_face_has_every_column_under_its_name(take, tmp_path) -> None:
    rows = list(csv.DictReader(written(take, tmp_path, "a.csv").open()))
    assert len(rows) == take.frames and tuple(rows[0]) == HEADER and len(HEADER) == 63
    for name in ARKIT:
        column = [float(row[name[0].upper() + name[1:]]) for row in rows]
        np.testing.assert_allclose(column, take.channel(name), rtol=0, atol=1e-7)
    assert {row["BlendShapeCount"] for row in rows} == {"61"}
    pitch, yaw, roll = take.head_rotation.T
    for name, values in (("HeadYaw", yaw), ("HeadPitch", -pitch), ("HeadRoll", -roll)):
        np.testing.assert_allclose([float(row[name]) for row in rows], values, atol=1e-7)
    for eye in ("LeftEye", "RightEye"):
        np.testing.assert_allclose([float(row[f"{eye}Yaw"]) for row in rows], take.gaze[:, 1], atol=1e-7)
        np.testing.assert_allclose([float(row[f"{eye}Pitch"]) for row in rows], -take.gaze[:, 0], atol=1e-7)
    assert rows[0]["Timecode"] == "00:00:02:00.000" and rows[7]["Timecode"] == "00:00:02:07.000"


def test_the_order_is_all_of_arkit() -> None:
    assert sorted(ORDER) == sorted(ARKIT) and ORDER[0] == "eyeBlinkLeft" and ORDER[-1] == "tongueOut"


@pytest.mark.parametrize(
    ("frame", "fps", "text"),
    [
        (0, Fraction(60), "00:00:00:00.000"),
        (59, Fraction(60), "00:00:00:59.000"),
        (60 * 3661 + 5, Fraction(60), "01:01:01:05.000"),
        (30, Fraction(30000, 1001), "00:00:01:00.000"),
        (25 * 24 * 3600, Fraction(25), "00:00:00:00.000"),
    ],
)
def test_timecodes(frame, fps, text) -> None:
    assert timecode(frame, fps) == text


def test_audio2face_has_a_row_of_weights_a_frame(take, tmp_path) -> None:
    content = json.loads(written(take, tmp_path, "a.json").read_text())
    assert content["exportFps"] == 25 and content["numFrames"] == 8 and content["numPoses"] == 52
    matrix = np.array(content["weightMat"])
    for column, name in enumerate(content["facsNames"]):
        np.testing.assert_allclose(matrix[:, column], take.channel(name), rtol=0, atol=1e-7)


def test_a_take_of_a_few_channels_has_zeros_for_the_rest(take, tmp_path) -> None:
    few = replace(take, channels=("jawOpen",), weights=take.weights[:, :1].copy(), gaze=None)
    rows = list(csv.DictReader(written(few, tmp_path, "a.csv").open()))
    np.testing.assert_allclose([float(row["JawOpen"]) for row in rows], few.weights[:, 0], atol=1e-7)
    assert {row["MouthClose"] for row in rows} == {"0.00000000"} == {row["LeftEyeYaw"] for row in rows}


@pytest.mark.parametrize("name", ["a.csv", "a.json"])
def test_vertices_are_no_channels(take, tmp_path, name) -> None:
    with pytest.raises(ExportError, match="mien convert TAKE -o OUT --to channels"):
        export(to_vertices(take, HEAD), HEAD, tmp_path / name)
    other = replace(take, channels=("A",), weights=take.weights[:, :1].copy())
    with pytest.raises(ExportError, match="has none of the 52 ARKit channels"):
        export(other, HEAD, tmp_path / name)
    assert not list(tmp_path.iterdir())


# --- every vertex


def expected(take: Take) -> np.ndarray:
    return HEAD.vertices + HEAD.offsets(take)


@pytest.mark.parametrize("kind", ["channels", "vertices", "basis"])
def test_pc2_has_every_vertex_of_every_frame(take, tmp_path, kind) -> None:
    conversions = {
        "channels": lambda t: t,
        "vertices": lambda t: to_vertices(t, HEAD),
        "basis": lambda t: to_basis(t, HEAD),
    }
    data = written(conversions[kind](take), tmp_path, "a.pc2").read_bytes()
    assert struct.unpack("<12siiffi", data[:32]) == (b"POINTCACHE2\0", 1, 4538, 50.0, 1.0, 8)
    np.testing.assert_allclose(np.frombuffer(data[32:], "<f4").reshape(8, -1, 3), expected(take), atol=1e-6)


def test_mdd_has_every_vertex_of_every_frame(take, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("mien.export.point_cache.BLOCK", 3)
    data = written(take, tmp_path, "a.mdd").read_bytes()
    assert struct.unpack(">ii", data[:8]) == (8, 4538)
    np.testing.assert_allclose(np.frombuffer(data[8:40], ">f4"), take.times, rtol=1e-6)
    np.testing.assert_allclose(np.frombuffer(data[40:], ">f4").reshape(8, -1, 3), expected(take), atol=1e-6)


# --- shapes with weights


def chunks(path: Path) -> tuple[dict, bytes]:
    data = path.read_bytes()
    magic, version, length = struct.unpack("<4sII", data[:12])
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size = struct.unpack("<I", data[12:16])[0]
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def accessor(content: dict, data: bytes, number: int) -> np.ndarray:
    entry = content["accessors"][number]
    view = content["bufferViews"][entry["bufferView"]]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[entry["type"]]
    kind = {5126: "<f4", 5125: "<u4", 5121: "u1"}[entry["componentType"]]
    assert view["byteOffset"] % 4 == 0
    raw = data[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    return np.frombuffer(raw, kind).reshape(entry["count"], width)


def test_gltf_says_the_take_exactly(take, tmp_path) -> None:
    """Weights, shapes and a skin put together as the specification puts them: the head's own vertices."""
    content, data = chunks(written(take, tmp_path, "a.glb"))
    assert content["meshes"][0]["extras"]["targetNames"] == list(take.channels)
    primitive, (animation,) = content["meshes"][0]["primitives"][0], content["animations"]
    times, weights, turns = (
        accessor(content, data, number)
        for number in (animation["samplers"][0]["input"], *(each["output"] for each in animation["samplers"][:2]))
    )
    np.testing.assert_allclose(times[:, 0], take.times, atol=1e-6)
    weights = weights.reshape(8, -1)
    np.testing.assert_array_equal(weights, take.weights)
    deltas = np.stack([accessor(content, data, target["POSITION"]) for target in primitive["targets"]])
    rest = accessor(content, data, primitive["attributes"]["POSITION"])
    morphed = rest + np.tensordot(weights, deltas, 1)
    joints = accessor(content, data, primitive["attributes"]["JOINTS_0"])
    shares = accessor(content, data, primitive["attributes"]["WEIGHTS_0"])
    bind = accessor(content, data, content["skins"][0]["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
    pivot = np.array(content["nodes"][1]["translation"])
    for frame, (x, y, z, w) in enumerate(turns):
        neck = np.eye(4)
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        neck[:3, :3], neck[:3, 3] = np.eye(3) + 2 * w * cross + 2 * cross @ cross, pivot
        matrices = np.stack([np.eye(4), neck]) @ bind
        skinning = np.einsum("vj,vjab->vab", shares, matrices[np.minimum(joints, 1)])
        placed = np.einsum("vab,vb->va", skinning, np.concatenate([morphed[frame], np.ones((len(rest), 1))], 1))
        np.testing.assert_allclose(placed[:, :3], expected(take)[frame], atol=2e-6)
    for number in [primitive["attributes"]["POSITION"], *(target["POSITION"] for target in primitive["targets"])]:
        entry, values = content["accessors"][number], accessor(content, data, number)
        assert entry["min"] == values.min(0).tolist() and entry["max"] == values.max(0).tolist()


def test_trimesh_reads_the_mesh(take, tmp_path) -> None:
    scene = trimesh.load(written(take, tmp_path, "a.glb"), process=False)
    face = [mesh for name, mesh in scene.geometry.items() if not name.startswith("teeth")]
    area = sum(mesh.area for mesh in face)
    triangles = np.concatenate([HEAD.quads[:, [0, 1, 2]], HEAD.quads[:, [0, 2, 3]]])
    corners = HEAD.vertices[triangles].astype(float)
    wanted = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2
    assert area == pytest.approx(wanted, rel=1e-5)
    assert sum(len(mesh.faces) for mesh in face) == 2 * 4507
    assert sum(len(mesh.faces) for mesh in scene.geometry.values()) == 2 * (4507 + len(HEAD.teeth_quads))


def test_a_take_of_vertices_becomes_shapes_too(take, tmp_path) -> None:
    vertices = to_vertices(take, HEAD)
    content, data = chunks(written(vertices, tmp_path, "a.glb"))
    primitive = content["meshes"][0]["primitives"][0]
    deltas = np.stack([accessor(content, data, target["POSITION"]) for target in primitive["targets"]])
    weights = accessor(content, data, content["animations"][0]["samplers"][0]["output"]).reshape(8, -1)
    away = np.linalg.norm(np.tensordot(weights, deltas, 1) - vertices.offsets, axis=-1)
    assert away.max() < 0.0001 and len(deltas) <= 16 and weights.min() == 0


def test_usd_is_as_usds_own_code_reads_it(take, tmp_path) -> None:
    """UsdSkel's queries evaluate shapes and joints; skinning is UsdSkel's own as well."""
    pytest.importorskip("pxr", reason="needs the extra usd: pip install usd-core")
    from pxr import Usd, UsdGeom, UsdSkel, Vt

    for name in ("a.usda", "a.usdc"):
        path = tmp_path / name
        export(take, HEAD, path)
        stage = Usd.Stage.Open(str(path))
        assert UsdGeom.GetStageUpAxis(stage) == "Y" and UsdGeom.GetStageMetersPerUnit(stage) == 1
        assert (stage.GetStartTimeCode(), stage.GetEndTimeCode(), stage.GetTimeCodesPerSecond()) == (50, 57, 25)
        cache, root = UsdSkel.Cache(), UsdSkel.Root(stage.GetDefaultPrim())
        assert cache.Populate(root, Usd.PrimDefaultPredicate)
        mesh = stage.GetPrimAtPath("/head/face")
        skeleton = cache.GetSkelQuery(UsdSkel.Skeleton(stage.GetPrimAtPath("/head/skeleton")))
        skinning, shapes = cache.GetSkinningQuery(mesh), UsdSkel.BlendShapeQuery(UsdSkel.BindingAPI(mesh))
        rest = UsdGeom.Mesh(mesh).GetPointsAttr().Get()
        np.testing.assert_array_equal(np.array(rest), HEAD.vertices)
        for frame in range(take.frames):
            weights = skeleton.GetAnimQuery().ComputeBlendShapeWeights(50 + frame)
            np.testing.assert_array_equal(np.array(weights), take.weights[frame])
            points = Vt.Vec3fArray(rest)
            at, offsets = shapes.ComputeBlendShapePointIndices(), shapes.ComputeSubShapePointOffsets()
            assert shapes.ComputeDeformedPoints(*shapes.ComputeSubShapeWeights(weights), at, offsets, points)
            assert skinning.ComputeSkinnedPoints(skeleton.ComputeSkinningTransforms(50 + frame), points, 50 + frame)
            np.testing.assert_allclose(np.array(points), expected(take)[frame], atol=2e-6)


def test_usds_own_validators_find_nothing(take, tmp_path) -> None:
    pytest.importorskip("pxr", reason="needs the extra usd: pip install usd-core")
    from pxr import Usd, UsdValidation

    identity = load_identity("woman_c")
    for person in (None, identity):
        export(take, HEAD, tmp_path / "a.usdc", person)
        validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
        errors = UsdValidation.ValidationContext(validators).Validate(Usd.Stage.Open(str(tmp_path / "a.usdc")))
        assert [error.GetMessage() for error in errors] == []


def test_usd_on_a_full_disk_is_an_error_of_the_file(take, tmp_path, monkeypatch) -> None:
    """USD's own exception is no OSError and holds lines of its source."""
    pytest.importorskip("pxr", reason="needs the extra usd: pip install usd-core")
    resource = pytest.importorskip("resource", reason="the full disk is a limit of POSIX")
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            export(take, HEAD, tmp_path / "a.usda")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert caught.value.filename == str(tmp_path / "a.usda") and not list(tmp_path.iterdir())


def test_gltf_has_joint_0_where_the_weight_is_0(take, tmp_path) -> None:
    """The Khronos validator's ACCESSOR_JOINTS_USED_ZERO_WEIGHT."""
    content, data = chunks(written(take, tmp_path, "a.glb"))
    for mesh in (content["meshes"][node["mesh"]] for node in content["nodes"] if "skin" in node):
        for primitive in mesh["primitives"]:
            joints, weights = (
                accessor(content, data, primitive["attributes"][name]) for name in ("JOINTS_0", "WEIGHTS_0")
            )
            assert not joints[weights == 0].any() and weights.sum(1) == pytest.approx(1) and joints.any()


def test_usd_without_its_package_says_what_to_install(take, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pxr", None)
    with pytest.raises(ExportError, match=r"pip install 'mien\[usd\]'"):
        export(take, HEAD, tmp_path / "a.usda")
    assert not list(tmp_path.iterdir())


# --- FLAME


@pytest.mark.parametrize("suffix", [".pc2", ".mdd", ".glb"])
def test_a_take_of_flame_is_written_on_flames_mesh(tmp_path, suffix) -> None:
    somebody = flame.on_head()
    offsets = somebody.vertices(np.eye(3, 52, dtype=np.float32)) - somebody.template
    turned = np.array([[0.1, 0.2, 0.0]] * 3, np.float32)
    meta = {"licence": "somebody's own"}
    take = Take(fps=Fraction(25), duration=Fraction(3, 25), head_rotation=turned, offsets=offsets, meta=meta)
    path = written(take, tmp_path, f"a{suffix}", somebody)
    wanted = somebody.template + somebody.offsets(take)
    if suffix == ".glb":
        content, data = chunks(path)
        assert content["asset"]["copyright"] == "somebody's own"
        actual = accessor(content, data, content["meshes"][0]["primitives"][0]["attributes"]["POSITION"])
        np.testing.assert_array_equal(actual, somebody.template)
    else:
        header, order = (32, "<") if suffix == ".pc2" else (8 + 4 * 3, ">")
        actual = np.frombuffer(path.read_bytes()[header:], f"{order}f4").reshape(wanted.shape)
        np.testing.assert_allclose(actual, wanted, atol=1e-6)
    root = 1 - somebody.skin_weights[:, :1]
    neck = (somebody.joint_regressor @ somebody.template)[1]
    moved = somebody.template + offsets
    turn = (moved - neck) @ rotation_matrix(turned).swapaxes(-1, -2) + neck
    np.testing.assert_allclose(wanted, moved + root * (turn - moved), atol=1e-6)


# --- refusals


@pytest.mark.parametrize("suffix", [".pc2", ".mdd", ".glb"])
def test_a_take_of_another_head_leaves_nothing(tmp_path, suffix) -> None:
    nine = np.zeros((1, 9, 3), np.float32)
    take = Take(fps=Fraction(25), duration=Fraction(1, 25), head_rotation=np.zeros((1, 3), np.float32), offsets=nine)
    with pytest.raises(HeadError, match="the take moves 9 vertices and the mien head has 4538"):
        export(take, HEAD, tmp_path / f"a{suffix}")
    assert not list(tmp_path.iterdir())


def test_an_unknown_suffix_is_refused_with_the_known_ones(take, tmp_path) -> None:
    with pytest.raises(ExportError, match=r"a\.xyz: nothing is written as '\.xyz'; give one of \.csv \("):
        export(take, HEAD, tmp_path / "a.xyz")


def test_a_folder_that_is_not_there_is_named(take, tmp_path) -> None:
    with pytest.raises(FileNotFoundError) as error:
        export(take, HEAD, tmp_path / "none" / "a.csv")
    assert error.value.filename == str(tmp_path / "none" / "a.csv")


# --- identities


def test_an_identity_brings_its_face_and_hair_that_the_neck_carries(take, tmp_path) -> None:
    identity = load_identity("woman_a")
    path = tmp_path / "a.glb"
    export(take, HEAD, path, identity)
    data = path.read_bytes()
    content = json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])
    nodes = content["nodes"]
    hair = next(node for node in nodes if node["name"] == "hair")
    neck = next(node for node in nodes if node["name"] == "neck")
    assert [nodes[child]["name"] for child in neck["children"]] == [hair["name"], "teeth"]
    scene = trimesh.load(path, process=False)
    points = next(mesh.vertices for name, mesh in scene.geometry.items() if "hair" in name)
    np.testing.assert_allclose(points + identity.head.joint("neck"), identity.hair.vertices, atol=1e-6)
    materials = {m["name"]: m["pbrMetallicRoughness"]["baseColorFactor"][:3] for m in content["materials"]}
    np.testing.assert_allclose(materials["hair"], identity.hair.colour)
    skin = next(m["colour"] for m in identity.head.materials if m["name"] == "skin")
    np.testing.assert_allclose(materials["skin"], skin)


def test_usd_binds_the_hair_to_the_neck(take, tmp_path) -> None:
    usd = pytest.importorskip("pxr.Usd", reason="needs the extra usd")
    from pxr import UsdSkel

    identity = load_identity("man_c")
    export(take, HEAD, tmp_path / "a.usda", identity)
    stage = usd.Stage.Open(str(tmp_path / "a.usda"))
    hair = stage.GetPrimAtPath("/head/hair")
    np.testing.assert_allclose(hair.GetAttribute("points").Get(), identity.hair.vertices, atol=1e-6)
    binding = UsdSkel.BindingAPI(hair)
    assert list(binding.GetJointIndicesPrimvar().Get()) == [1] and list(binding.GetJointWeightsPrimvar().Get()) == [1.0]


def test_what_holds_channels_alone_refuses_an_identity(take, tmp_path) -> None:
    with pytest.raises(ExportError, match=r"a\.csv: Live Link Face holds channels and no face"):
        export(take, HEAD, tmp_path / "a.csv", load_identity("man_c"))
    assert not list(tmp_path.iterdir())


def test_a_point_cache_has_the_identitys_vertices(take, tmp_path) -> None:
    identity = load_identity("old_man")
    export(take, HEAD, tmp_path / "a.obj", identity)
    rows = [line.split()[1:] for line in (tmp_path / "a.obj").read_text().splitlines() if line.startswith("v ")]
    np.testing.assert_allclose(np.array(rows, float)[: len(HEAD.vertices)], identity.head.vertices, atol=1e-6)


def test_obj_has_teeth_and_brows_as_objects_after_the_face(take, tmp_path) -> None:
    export(take, HEAD, tmp_path / "a.obj")
    lines = (tmp_path / "a.obj").read_text().splitlines()
    assert [line for line in lines if line.startswith("o ")] == ["o face", "o teeth", "o brows"]
    points = np.array([line.split()[1:] for line in lines if line.startswith("v ")], float)
    teeth = points[len(HEAD.vertices) :][: len(HEAD.teeth_vertices)]
    np.testing.assert_allclose(teeth, HEAD.teeth_vertices, atol=1e-6)
    faces = [[int(corner) for corner in line.split()[1:]] for line in lines if line.startswith("f ")]
    assert max(map(max, faces)) == len(points) and min(map(min, faces)) == 1
