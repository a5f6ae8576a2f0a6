# SPDX-License-Identifier: GPL-3.0-or-later
"""Gestures that know the speech: joints of the default body for a voice.

What hands do is `hand_motion.py`; here spine, shoulders, arms and fingers come together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from mien.body.kinematics import curl, forward, reach
from mien.body.skeleton import JOINTS, REST, SHOULDER_WIDTH, SIDES
from mien.direction import Direction
from mien.engines.articulation.smooth_noise import waves
from mien.engines.diffted.arm_paths import ArmPath
from mien.engines.diffted.hand_motion import Mover, by_grammar
from mien.engines.diffted.strokes import Stroke
from mien.numeric.random_streams import stream
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import RATE, PhoneTrack
from mien.take import Take

NAMES = tuple(name for name in JOINTS if not name.endswith(("leg", "foot")) and name not in ("hips", "neck", "head"))
BREATH = (3.2, 4.6)  # s of a breath
BREATH_CHEST, BREATH_SHOULDERS = np.radians(0.5), np.radians(0.7)
SWAY = np.radians(np.array([1.1, 1.3, 0.9]))  # of the whole spine: pitch, yaw, roll
SWAY_HZ, SHIFT_EVERY = (0.06, 0.35), 9.0  # of sway; s between shifts of posture
SHIFT = np.radians(2.2)
WITH_HEAD = np.array([0.10, 0.16, 0.12])  # share of the head's pitch, yaw, roll that the spine takes
WITH_STROKE = np.radians(1.4)  # that the spine bows with a stroke of a shoulder width a second
RAISED = np.radians(9.0)  # of a shoulder whose hand is as high as itself
SPINE = {"spine": 0.3, "chest": 0.35, "upper_chest": 0.35}
FINGERS_STIR = 0.04  # radians of each joint
SMOOTH = 0.02  # s, of joints: corners of minimum-jerk ways


@dataclass(frozen=True, eq=False)
class Gestures:
    """joints (F, J, 3): rotation vectors in radians of `names`, in the body's axes at rest, each on top of its
    parent's; ends: seconds at which strokes end; strokes: the plan, () where there is none; seams: seconds at which
    windows of a network meet."""

    joints: np.ndarray
    names: tuple[str, ...]
    ends: tuple[float, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    seams: tuple[float, ...] = ()


def gestures(
    track: PhoneTrack,
    prosody: Prosody,
    direction: Direction,
    times: np.ndarray,
    head_rotation: np.ndarray,
    mover: Mover = by_grammar,
) -> Gestures:
    """For frames at times (F,) seconds of the sound; head_rotation (F, 3) of the take, which the spine goes along with.
    The direction says how large gestures are and which hands move; its seed draws them, its emotions colour them.
    mover: what moves the hands."""
    seconds = max(len(track) / RATE, float(times[-1]) + 1 / RATE if len(times) else 0.0)
    clock = np.arange(int(np.ceil(seconds * RATE)) + 1) / RATE
    moved = mover(track, prosody, direction, clock)
    paths = moved.paths
    head = np.stack([np.interp(clock, times, column) for column in head_rotation.T], 1)
    rotations = _spine(clock, head, paths, stream(direction.seed, "spine"))
    rotations |= _arms(clock, paths, rotations, stream(direction.seed, "hands"))
    joints = np.stack([rotations.get(name, np.zeros((len(clock), 3))) for name in NAMES], 1)
    joints = gaussian_filter1d(joints, SMOOTH * RATE, axis=0, mode="nearest")
    shown = np.stack([np.interp(times, clock, column) for column in joints.reshape(len(clock), -1).T], 1)
    return Gestures(
        shown.reshape(len(times), len(NAMES), 3).astype(np.float32), NAMES, moved.ends, moved.strokes, moved.seams
    )


def with_gestures(take: Take, track: PhoneTrack, prosody: Prosody, direction: Direction) -> Take:
    """The take with joints of the body."""
    made = gestures(track, prosody, direction, take.times, take.head_rotation)
    return replace(take, joints=made.joints, joint_names=made.names)


def _spine(
    clock: np.ndarray, head: np.ndarray, paths: dict[str, ArmPath], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Sway, shifts of posture, breath, what goes with the head and with strokes; and shoulders that rise with hands."""
    frames = len(clock)
    total = SWAY * np.stack([waves(frames, *SWAY_HZ, rng) for _ in range(3)], 1)
    total[:, 2] += _shifts(clock, rng)
    total += WITH_HEAD * gaussian_filter1d(head, 0.15 * RATE, axis=0, mode="nearest")
    speeds = [np.gradient(path.wrist, 1 / RATE, axis=0) if frames > 1 else path.wrist * 0 for path in paths.values()]
    down = gaussian_filter1d(-np.mean([speed[:, 1] for speed in speeds], 0), 0.08 * RATE, mode="nearest")
    total[:, 0] += WITH_STROKE * np.clip(down, -1, 2)
    breath = np.sin(2 * np.pi * (clock / rng.uniform(*BREATH) + rng.random()))
    rotations = {name: share * total for name, share in SPINE.items()}
    rotations["upper_chest"] = rotations["upper_chest"] - BREATH_CHEST * breath[:, None] * [1.0, 0, 0]
    for side, path in paths.items():
        height = np.clip((path.wrist[:, 1] + 0.75) / 0.75, 0, 1.2)
        lift = RAISED * height**2 + BREATH_SHOULDERS * (breath + 1) / 2
        sign = 1.0 if side == "left" else -1.0
        rotations[f"{side}_shoulder"] = np.outer(lift, [0, 0, sign])
    return rotations


def _shifts(clock: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(T,) radians: the weight goes from one leg to the other now and then."""
    steps = np.zeros(len(clock))
    at, side = rng.exponential(SHIFT_EVERY), float(rng.choice([-1, 1]))
    steps += 0.3 * side
    while at < clock[-1]:
        side = -side
        steps[clock >= at] = side * rng.uniform(0.3, 1.0)
        at += max(3.0, rng.exponential(SHIFT_EVERY))
    return SHIFT * gaussian_filter1d(steps, 0.45 * RATE, mode="nearest")


def _arms(
    clock: np.ndarray, paths: dict[str, ArmPath], spine: dict[str, np.ndarray], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Arms that reach the places of the paths, which half go along with the chest; fingers that are never quite
    still."""
    named = list(spine)
    places, turns = forward(np.stack([spine[name] for name in named], 1), named)
    middle, rest = ((each["left_upper_arm"] + each["right_upper_arm"]) / 2 for each in (places, REST))
    found = {}
    for side in SIDES:
        path = paths[side]
        goal = rest + 0.5 * (middle - rest) + SHOULDER_WIDTH * path.wrist
        found |= reach(side, places[f"{side}_upper_arm"], turns[f"{side}_shoulder"], goal, path.hand, path.palm)
        amounts = {
            finger: values + FINGERS_STIR * waves(len(clock), 0.08, 0.5, rng) for finger, values in path.curls.items()
        }
        found |= curl(side, amounts)
    return found
