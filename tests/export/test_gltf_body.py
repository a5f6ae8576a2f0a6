# SPDX-License-Identifier: GPL-3.0-or-later
"""glTF of a gesturing take: the tree of joints puts every joint where the take does, and the head on its neck."""

import json
import struct
from fractions import Fraction

import numpy as np
from mien.body.kinematics import forward
from mien.body.skeleton import JOINTS, REST
from mien.export import gltf
from mien.export.gltf_body import quaternions
from mien.heads.default import load_head
from mien.take import Take
from scipy.spatial.transform import Rotation

MOVED = ("chest", "left_shoulder", "left_upper_arm", "right_lower_arm")


def take_of(joints=None, names=()):
    still = np.zeros((3, 3), np.float32)
    weights = np.zeros((3, 1), np.float32)
    return Take(Fraction(25), Fraction(3, 25), still, ("jawOpen",), weights, joints=joints, joint_names=names)


def read(path):
    data = path.read_bytes()
    size = struct.unpack_from("<I", data, 12)[0]
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def test_joints_are_where_the_take_has_them_and_carry_the_head(tmp_path):
    joints = np.random.default_rng(1).normal(0, 0.7, (3, len(MOVED), 3)).astype(np.float32)
    gltf.write(take_of(joints, MOVED), load_head(), tmp_path / "a.glb")
    content, data = read(tmp_path / "a.glb")
    nodes, animation = content["nodes"], content["animations"][0]
    turns = {}
    for channel in animation["channels"]:
        if channel["target"]["path"] == "rotation":
            accessor = content["accessors"][animation["samplers"][channel["sampler"]]["output"]]
            start = content["bufferViews"][accessor["bufferView"]]["byteOffset"]
            turns[channel["target"]["node"]] = np.frombuffer(data, "<f4", 12, start).reshape(3, 4)
    places = {}

    def walk(number, place, turn):
        node = nodes[number]
        place = place + turn.apply(np.array(node.get("translation", (0, 0, 0)), float))
        places[node["name"], number] = place
        turn = turn * Rotation.from_quat(turns[number]) if number in turns else turn
        for child in node.get("children", ()):
            walk(child, place, turn)

    for number in content["scenes"][0]["nodes"]:
        walk(number, np.zeros((3, 3)), Rotation.identity(3))
    expected, _ = forward(joints, MOVED)
    body = {name: place for (name, number), place in places.items() if number not in (gltf.ROOT, gltf.NECK, gltf.FACE)}
    for name in JOINTS:
        if name != "head":
            np.testing.assert_allclose(body[name], expected[name] - REST["neck"], atol=1e-5, err_msg=name)
    np.testing.assert_allclose(places["root", gltf.ROOT], body["neck"], atol=1e-6)


def test_a_take_without_joints_has_no_body(tmp_path):
    gltf.write(take_of(), load_head(), tmp_path / "a.glb")
    content, _ = read(tmp_path / "a.glb")
    assert len(content["nodes"]) == 3 and content["scenes"][0]["nodes"] == [gltf.ROOT, gltf.FACE]


def test_quaternions_do_not_change_sign_between_frames():
    angles = np.linspace(0.0, 7.0, 40)
    found = quaternions(np.stack([angles, 0 * angles, 0 * angles], 1))
    assert ((found[1:] * found[:-1]).sum(1) > 0).all()
