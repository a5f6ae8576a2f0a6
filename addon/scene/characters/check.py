# SPDX-License-Identifier: GPL-3.0-or-later
"""Character check: a row of poses played on a rig, to see what of a take it shows, with what is missing named."""

from dataclasses import dataclass
from fractions import Fraction

import bpy
import numpy as np

from ...animation import nla_layers, takes
from ...animation.nla_layers import Mark
from ...formats.channels import ARKIT, sides
from ...formats.take import Take
from ...shape_keys import eye_objects
from ...shape_keys.recognition import short_list
from ...shape_keys.viseme_mix import viseme_shape
from .. import apply, sound

CHECK = Mark("check")
HOLD_S, CHANGE_S = 0.6, 0.3  # of a pose; from one to the next
SHOWN = 1e-3  # of the face's size: a pose that moves less shows nothing
MARKER = "Mien: "  # prefix of the poses' markers in the timeline


@dataclass(frozen=True)
class Pose:
    """channels: of ARKIT -> weight; phones: a viseme whose channels are added to them."""

    name: str
    channels: dict[str, float]
    phones: str = ""

    @property
    def weights(self) -> np.ndarray:
        """(52,) in the order of ARKIT."""
        out = viseme_shape(self.phones) if self.phones else np.zeros(len(ARKIT))
        for name, value in self.channels.items():
            out[ARKIT.index(name)] = value
        return out

    @property
    def main_channels(self) -> tuple[str, ...]:
        """The channels that the pose is known by."""
        weights = self.weights
        return tuple(name for name, weight in zip(ARKIT, weights, strict=True) if weight >= 0.9 * weights.max() > 0.0)


def _both(name: str, value: float) -> dict[str, float]:
    return dict.fromkeys(sides(name), value)


POSES = (
    Pose("rest", {}),
    Pose("aa", {}, "/AA/"),
    Pose("oo", {}, "/UW/"),
    Pose("p", {}, "/P B M/"),
    Pose("smile", _both("mouthSmile", 0.8)),
    Pose("blink", _both("eyeBlink", 1.0)),
    Pose("brows", {"browInnerUp": 0.8, **_both("browOuterUp", 0.8)}),
)


@dataclass(frozen=True)
class Seen:
    """What a pose moved: the farthest vertex, as a share of the face's size."""

    pose: str
    share: float
    frame: int

    @property
    def shown(self) -> bool:
        return self.share > SHOWN


@dataclass(frozen=True)
class CharacterCheck:
    """first, last: the scene's frames of the poses; missing: of poses that should move something and do not."""

    first: int
    last: int
    seen: tuple[Seen, ...]
    notes: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(pose.pose for pose in self.seen if not pose.shown and pose.pose not in ("rest", "p"))

    @property
    def sentence(self) -> str:
        shown = ", ".join(f"{pose.pose} {pose.share:.1%}" for pose in self.seen if pose.pose != "rest")
        wanted = {pose.name: short_list(pose.main_channels) for pose in POSES}
        lacking = ", ".join(f"{name} ({wanted[name]})" for name in self.missing)
        lack = f" Nothing moves for {lacking}." if lacking else " Nothing is missing."
        return f"Frames {self.first} to {self.last}: of the face's size it moves {shown}.{lack} {' '.join(self.notes)}"


def take_of_poses(fps: Fraction) -> tuple[Take, list[float]]:
    """(a take of POSES, one after another, the second at which each is whole)."""
    hold, change = round(HOLD_S * fps), max(1, round(CHANGE_S * fps))
    rows, middles, last = [], [], np.zeros(len(ARKIT))
    for pose in POSES:
        goal = pose.weights
        share = np.linspace(0.0, 1.0, change + 1)[1:, None]
        rows += [last + (3 * share**2 - 2 * share**3) * (goal - last), np.repeat(goal[None], hold, 0)]
        middles.append((sum(map(len, rows)) - 1 - hold // 2) / float(fps))
        last = goal
    share = np.linspace(1.0, 0.0, change + 1)[1:, None]
    weights = np.concatenate([*rows, share * last]).astype(np.float32)
    p_at = middles[[pose.name for pose in POSES].index("p")]
    take = Take(
        fps=fps,
        start=Fraction(0),
        channels=ARKIT,
        head_rotation=np.zeros((len(weights), 3), np.float32),
        weights=weights,
        gaze=None,
        basis=None,
        coefficients=None,
        offsets=None,
        meta={"engine": "check"},
        mouth_holds=np.array([[p_at - HOLD_S / 3, p_at + HOLD_S / 3]], np.float32),
    )
    return take, middles


def play(scene: bpy.types.Scene, speaker: bpy.types.Object) -> CharacterCheck:
    """Put the poses on the rig after all its takes, in place of a former check, with a marker for each, and measure
    what they move. Raises ApplyError before anything is changed."""
    fps = sound.scene_fps(scene)
    take, middles = take_of_poses(fps)
    plan = apply.plan(speaker, take, CHECK)
    remove(scene, speaker)
    start = first_frame(scene, speaker)
    placed = apply.apply_take(speaker, take, plan, start, CHECK, f"check of {speaker.name}", fps)
    frames = [round(start + middle * float(fps)) for middle in middles]
    for pose, frame in zip(POSES, frames, strict=True):
        scene.timeline_markers.new(f"{MARKER}{pose.name}", frame=frame)
    scene.frame_end = max(scene.frame_end, placed.last_frame)
    was = scene.frame_current
    seen = _measure(scene, speaker, frames)
    scene.frame_set(was)
    notes = tuple(note for note in placed.notes if "keys lie between" not in note)
    return CharacterCheck(start, placed.last_frame, seen, notes)


def first_frame(scene: bpy.types.Scene, speaker: bpy.types.Object) -> int:
    """The scene's frame at which the poses begin: its first, or a second after the speaker's last take."""
    ends = [take.last_frame for line in speaker.mien.lines for take in line.takes]
    return max(ends) + round(float(sound.scene_fps(scene))) if ends else scene.frame_start


def is_there(speaker: bpy.types.Object) -> bool:
    return any(nla_layers.find(id_, CHECK) is not None for id_ in takes.driven(speaker))


def remove(scene: bpy.types.Scene, speaker: bpy.types.Object) -> None:
    """Remove the poses and their markers. Raises CurveError, changing nothing, where a track is locked."""
    for id_ in takes.driven(speaker):
        if nla_layers.find(id_, CHECK) is not None:
            nla_layers.refuse_layer(id_, CHECK)
    for id_ in takes.driven(speaker):
        nla_layers.drop(id_, CHECK)
    takes.drop_unused_rest(speaker)
    for marker in [marker for marker in scene.timeline_markers if marker.name.startswith(MARKER)]:
        scene.timeline_markers.remove(marker)


def _measure(scene: bpy.types.Scene, speaker: bpy.types.Object, frames: list[int]) -> tuple[Seen, ...]:
    objects = [*takes.meshes(speaker)]
    objects += [eye for eye in eye_objects.chosen(speaker, takes.meshes(speaker)).values() if eye.type == "MESH"]
    rest: list[np.ndarray] = []
    seen = []
    for pose, frame in zip(POSES, frames, strict=True):
        scene.frame_set(frame)
        points = [_points(obj) for obj in objects]
        rest = rest or points
        size = max(float(np.ptp(rest[0], axis=0).max(initial=0.0)), 1e-9)
        moved = [
            float(np.linalg.norm(now - was, axis=1).max(initial=0.0)) if len(now) == len(was) else 0.0
            for now, was in zip(points, rest, strict=True)
        ]
        seen.append(Seen(pose.name, max(moved) / size, frame))
    return tuple(seen)


def _points(obj: bpy.types.Object) -> np.ndarray:
    """(V, 3) the vertices as they are shown, in the world."""
    shown = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = shown.to_mesh()
    points = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", points)
    shown.to_mesh_clear()
    matrix = np.array(shown.matrix_world, np.float64)
    return points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
