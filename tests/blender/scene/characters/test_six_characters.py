# SPDX-License-Identifier: GPL-3.0-or-later
"""Six characters of different origin, from import to a take of a recorded voice by a real backend: what each is set up
with, and that mouth, lids, brows and head do what the take asks. A scan needs its points picked, FLAME its file."""

import json
import sys
from dataclasses import dataclass

import bpy
import flame
import numpy as np
import pytest
from blender_scene import shown
from checkout import BACKEND, SAMPLES
from rigs import characters

from addon.animation import nla_layers, takes
from addon.binding import picks
from addon.binding.run import run as binding
from addon.connection import preferences
from addon.generation import runner
from addon.scene.characters import check
from addon.shape_keys import keys

pytest.importorskip("mien.service.server", reason="the backend is not installed for this Python")
from mien.bind.picks import POINTS
from mien.heads.default import load_head
from mien.heads.flame_import import import_flame

VOICE = SAMPLES / "voice" / "sense_and_sensibility.wav"
START = 200  # frame of the line
MILLIMETRE = 1e-3


@dataclass(frozen=True)
class Character:
    """said: what Set Up Character says of it. opened, shut: metres between the lips, beyond those at rest, that the
    take reaches at the widest, and at most while they touch."""

    name: str
    said: tuple[str, ...]
    opened: float = 10 * MILLIMETRE
    shut: float = 1.2 * MILLIMETRE


SIX = (
    Character(
        "arkit_multi_mesh", ("left eye, right eye, head, neck", "Wolf3D_Teeth, Wolf3D_Tongue", "eyes turned by bones")
    ),
    Character("vrm_like", ("left eye, right eye, head, neck", "mouth by VRM 0's vowels"), opened=7 * MILLIMETRE),
    Character(
        "with_eye_objects", ("further meshes Teeth", "'Character' turns with the head", "eyes turned by objects")
    ),
    Character("all_driven", ("52 of 52 shape keys", "turns the head")),
    Character("closed_scan", ("press Bind", "turns the head")),
    Character("flame_like", ("FLAME's mesh", "turns the head")),
)


@pytest.fixture(scope="module")
def own_backend(tmp_path_factory):
    """A backend that Blender starts as its child; it has a FLAME, a made-up one."""
    folder = tmp_path_factory.mktemp("six")
    model, landmarks = flame.files_of(flame.of_published_size(), folder / "download")
    import_flame(model, folder / "data" / "heads" / "flame", landmarks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preferences._Defaults, "address", "http://127.0.0.1:9")
        patch.setattr(preferences._Defaults, "command", f'"{sys.executable}" -m mien')
        patch.setenv("PYTHONPATH", str(BACKEND))
        patch.setenv("MIEN_DATA_FOLDER", str(folder / "data"))
        yield
        runner.runner.local.stop()


def pick_points(face: bpy.types.Object) -> None:
    """As a user clicks them, on vertices."""
    head, rest = load_head(), keys.rest(face.data)
    for point in picks.points_to_pick(face):
        place = keys.to_blender(head.vertices[head.landmarks[list(POINTS[point.name])]].mean(0))
        nearest = rest[np.linalg.norm(rest - place, axis=1).argmin()]
        picks.place_empty(bpy.context, face, point.name, nearest.tolist())


def lips_of(face: bpy.types.Object, name: str) -> tuple[int, int]:
    """Vertices of the upper and the lower lip, at the middle, a little off the line where they meet."""
    head = load_head()
    if name == "flame_like":
        made = flame.of_published_size()
        marks = [
            made.triangles[made.landmark_triangles[i - 17]][made.landmark_weights[i - 17].argmax()] for i in (51, 57)
        ]
        return int(marks[0]), int(marks[1])
    rest = keys.rest(face.data)
    places = [keys.to_blender(head.vertices[head.landmarks[i]]) for i in (51, 57)]
    return tuple(int(np.linalg.norm(rest - place, axis=1).argmin()) for place in places)


def in_world(face: bpy.types.Object, frame: int) -> np.ndarray:
    """(V, 3) at a frame, as they are shown."""
    bpy.context.scene.frame_set(frame)
    matrix = np.array(face.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world)
    return shown(face) @ matrix[:3, :3].T + matrix[:3, 3]


def gap(points: np.ndarray, lips: tuple[int, int]) -> float:
    return float(np.linalg.norm(points[lips[0]] - points[lips[1]]))


def touching(face: bpy.types.Object) -> list[float]:
    """The middles of what the take says the lips touch, in frames."""
    layers = [layer for id_ in takes.driven(face) for layer in nla_layers.layers(id_) if layer.mark.role == "take"]
    holds = json.loads(layers[0].strip.action[nla_layers.FACTS])["mouth_holds"]
    return [(first + last) / 2 for first, last in holds]


@pytest.mark.slow
@pytest.mark.parametrize("character", SIX, ids=lambda each: each.name)
def test_it_goes_from_import_to_a_take(character: Character, own_backend):
    scene = bpy.context.scene
    scene.render.fps = 25
    face = getattr(characters, character.name)()
    bpy.context.view_layer.objects.active = face
    face.select_set(True)
    assert bpy.ops.mien.set_up_character() == {"FINISHED"}
    for words in character.said:
        assert words in face.mien_driving.found
    if character.name == "closed_scan":
        pick_points(face)
        assert bpy.ops.mien.bind() == {"FINISHED"} and binding.error == ""
        assert "the mouth is cut open" in " ".join(binding.warnings) and "nothing behind it" in " ".join(
            binding.warnings
        )
    lips = lips_of(face, character.name)
    if character.name != "flame_like":  # it has no keys to pose
        checked = check.play(scene, face)
        assert checked.missing == ()
        check.remove(scene, face)
    still = in_world(face, 1)

    face.mien.sound, face.mien.place_sound = str(VOICE), False
    face.mien.lines[0].start_frame = START
    face.mien.performance.engine = "articulation"
    assert bpy.ops.mien.generate() == {"FINISHED"}
    last = face.mien.lines[0].takes[0].last_frame
    frames = range(START, last + 1)
    points = np.array([in_world(face, frame) for frame in frames])
    assert np.isfinite(points).all()
    gaps = np.array([gap(each, lips) for each in points]) - gap(still, lips)
    assert gaps.max() > character.opened
    shut = [gaps[round(middle) - START] for middle in touching(face) if START <= middle <= last]
    assert len(shut) >= 5 and max(shut) < character.shut
    top = still[:, 2].argmax()
    assert np.linalg.norm(points[:, top] - still[top], axis=1).max() > 2 * MILLIMETRE  # the head moves
    steps = np.linalg.norm(np.diff(points, axis=0), axis=2).max()
    assert steps < 30 * MILLIMETRE  # and nothing leaps
    for frame in (START - 60, last + 60):
        np.testing.assert_allclose(in_world(face, frame), still, atol=1e-5)


@pytest.mark.slow
def test_without_a_flame_a_sentence_says_how_to_get_one(own_backend, monkeypatch, tmp_path):
    runner.runner.local.stop()
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path / "none"))
    face = characters.flame_like()
    bpy.context.view_layer.objects.active = face
    face.mien.sound = str(VOICE)
    with pytest.raises(RuntimeError, match="mien models import"):
        bpy.ops.mien.generate()
    runner.runner.local.stop()


def test_without_points_a_scan_is_told_which():
    face = characters.closed_scan()
    bpy.context.view_layer.objects.active = face
    assert "press Bind" in (bpy.ops.mien.set_up_character() and face.mien_driving.found)
    with pytest.raises(RuntimeError, match="Not picked on 'Scan'"):
        bpy.ops.mien.bind()
