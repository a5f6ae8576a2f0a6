# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of a body pulled by key points: the base by smooth weights, forearms and hands as rigid meshes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.ndimage import binary_dilation

from mien.engines.diffted.key_points import index
from mien.engines.diffted.placed_motion import chest_frame
from mien.numeric.smoothstep import smoothstep
from mien.photo.body.arap import RigidMesh, folded
from mien.photo.body.layers import ArmLayer, BodyLayers
from mien.photo.canvas import AT, SECOND, SHARE, Part, block

CELL = 0.035  # shoulder widths between the vertices of a forearm's mesh
STILL = 0.02  # pixels
RING = (0.004, 0.02)  # shoulder widths of motion over which the pixels around an arm are left behind
ARM_ROOM = 0.36  # shoulder widths around an upper arm's bone that go with it
HAND_ROOM = 0.5  # shoulder widths around a hand without a layer, which the base takes along
WRIST = (0.72, 1.02)  # of the forearm, over which the hand's own turn begins
HELD, BONE, LOOSE = 1.0, 0.3, 0.02  # how much a vertex of hand or elbow, near the bone, or elsewhere is held
SLOT = 7
SIDES = ("left", "right")


class BodyWarp:
    """A MovingBody (photo/animator.py) of layers, whose key points at rest are rest (50, 2) pixels."""

    def __init__(self, layers: BodyLayers, rest: np.ndarray) -> None:
        self._rest, self._points = rest, rest
        left, right = rest[index("torso", "left_shoulder")], rest[index("torso", "right_shoulder")]
        self._unit = max(float(np.linalg.norm(left - right)), 1.0)
        self.arms = [_ArmMesh(arm, rest, self._unit, depth) for depth, arm in enumerate(reversed(layers.arms))][::-1]
        self._layered = {arm.side for arm in layers.arms}
        self.images: Mapping[str, np.ndarray] = {name: image for arm in self.arms for name, image in arm.images.items()}
        self.parts: Mapping[str, Part] = {arm.name: arm.part for arm in self.arms}
        self._bones = _bones(rest, rest)
        self.person = np.zeros((0, 2))  # the vertices of the base as last carried

    def pose(self, points: np.ndarray) -> None:
        """Key points (50, 2) pixels for the next picture."""
        self._points = points
        self._bones = _bones(self._rest, points)

    @property
    def still(self) -> bool:
        return bool(np.abs(self._points - self._rest).max() < STILL)

    def bind(self, places: np.ndarray) -> None:
        self._weights = base_weights(places, self._rest, self._unit)
        self._hand_shares = {
            side: smoothstep(1 - np.linalg.norm(places - self._rest[index(f"{side}_hand", "palm")], axis=1)
                          / (HAND_ROOM * self._unit), 0.0, 0.8)
            for side in SIDES if side not in self._layered
        }  # fmt: skip

    def carried(self, positions: np.ndarray) -> np.ndarray:
        carried = _skinned(positions, self._bones[:3], self._weights) + self._weights[:, 3:] * positions
        for side, share in self._hand_shares.items():
            wrist = index(f"{side}_hand", "wrist")
            carried += share[:, None] * (positions + self._points[wrist] - self._rest[wrist] - carried)
        self.person = carried
        return carried

    def carried_head(self, positions: np.ndarray) -> np.ndarray:
        return _apply(self._bones[0], positions)

    def blocks(self) -> dict[str, np.ndarray]:
        return {arm.name: arm.block(self._points, self._bones) for arm in self.arms}

    def folds(self) -> tuple[int, int]:
        """(triangles of forearms and hands that are turned over in the last picture, all of them)."""
        turned = [folded(arm.rest, arm.places, arm.part.triangles) for arm in self.arms]
        return sum(int(t.sum()) for t in turned), sum(len(t) for t in turned)


class _ArmMesh:
    def __init__(self, layer: ArmLayer, rest: np.ndarray, unit: float, depth: int) -> None:
        self.name, self._side, self._unit, self._depth = f"{layer.side} arm", layer.side, unit, float(depth)
        self.images = {self.name: layer.image, f"{self.name} ring": layer.ring}
        self.rest, triangles = _grid(layer.ring[..., 3] > 0, max(2.0, CELL * unit))
        self.part = Part(len(self.rest), triangles, SLOT, self.name, f"{self.name} ring", soft=True)
        self._block = block(len(self.rest))
        self._block[:, AT] = self._block[:, SECOND] = self.rest
        self._weights, pull = self._bound(rest, layer)
        self._at_base = base_weights(
            self.rest, rest, unit
        )  # the elbow's disc goes with the base, and so leaves no seam
        self._mesh = RigidMesh(self.rest, triangles, pull) if len(triangles) else None
        self.places = self.rest

    def _bound(self, rest: np.ndarray, layer: ArmLayer) -> tuple[np.ndarray, np.ndarray]:
        """Weights (N, 3) of upper arm with torso, forearm and hand; pull (N,)."""
        elbow, wrist = (rest[index(f"{self._side}_forearm", end)] for end in ("start", "end"))
        along, aside = _to_bone(self.rest, elbow, wrist)
        reach = layer.disc / max(float(np.linalg.norm(wrist - elbow)), 1e-9)
        lower = smoothstep(along, -0.6 * reach, 0.9 * reach)
        hand = smoothstep(along, *WRIST)
        weights = np.stack([1 - lower, lower * (1 - hand), lower * hand], 1)
        near_bone = aside < 0.3 * layer.palm
        pull = np.where(near_bone, BONE, LOOSE)
        at_elbow = np.linalg.norm(self.rest - elbow, axis=1) < 0.8 * layer.disc
        return weights, np.where(at_elbow | (hand > 0.95), HELD, pull)

    def block(self, points: np.ndarray, bones: tuple[np.ndarray, ...]) -> np.ndarray:
        """The vertices of the mesh for key points (50, 2) and the bones of the body."""
        i = SIDES.index(self._side)
        base = _skinned(self.rest, bones[:3], self._at_base) + self._at_base[:, 3:] * self.rest
        forearm, hand = _apply(bones[3 + i], self.rest), _apply(bones[5 + i], self.rest)
        w = self._weights
        goals = w[:, :1] * base + w[:, 1:2] * forearm + w[:, 2:] * hand
        moved = float(np.abs(goals - self.rest).max()) if len(goals) else 0.0
        self.places = self.rest if self._mesh is None or moved < STILL else self._mesh(goals)
        self._block[:, :2], self._block[:, 2] = self.places, self._depth
        self._block[:, SHARE] = 1 - smoothstep(np.array(moved / self._unit), *RING)
        return self._block


def base_weights(places: np.ndarray, rest: np.ndarray, unit: float) -> np.ndarray:
    """(N, 4) shares of torso, left and right upper arm, and of what stays, for places (N, 2) of a photo."""
    chest, _ = chest_frame(rest)
    hips = (rest[index("torso", "left_hip")] + rest[index("torso", "right_hip")]) / 2
    up, _ = _to_bone(places, hips, chest)
    torso = smoothstep(up, 0.0, 1.0)
    arms = []
    for side in SIDES:
        start, end = (rest[index(f"{side}_upper_arm", point)] for point in ("start", "end"))
        along, aside = _to_bone(places, start, end)
        arms.append(smoothstep(1 - aside / (ARM_ROOM * unit), 0.0, 0.85) * smoothstep(along, -0.1, 0.55))
    left, right = arms
    total = np.maximum(left + right, 1.0)
    left, right = left / total, right / total
    free = 1 - left - right
    return np.stack([free * torso, left, right, free * (1 - torso)], 1)


def _bones(rest: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, ...]:
    """Affine maps (2, 3): torso; left, right upper arm, forearm, hand."""
    old, old_side = chest_frame(rest)
    new, new_side = chest_frame(points)
    bones = [_similarity(old, old_side, new, new_side)]
    for part in ("upper_arm", "forearm"):
        for side in SIDES:
            start, end = index(f"{side}_{part}", "start"), index(f"{side}_{part}", "end")
            bones.append(_bone(rest[start], rest[end], points[start], points[end]))
    for side in SIDES:
        wrist, palm = index(f"{side}_hand", "wrist"), index(f"{side}_hand", "middle_knuckle")
        bones.append(_similarity(rest[wrist], rest[palm] - rest[wrist], points[wrist], points[palm] - points[wrist]))
    return tuple(bones)


def _similarity(old: np.ndarray, old_way: np.ndarray, new: np.ndarray, new_way: np.ndarray) -> np.ndarray:
    """Takes old to new and turns and scales old_way into new_way."""
    ratio = complex(*new_way) / (complex(*old_way) or 1.0)
    matrix = np.array([[ratio.real, -ratio.imag], [ratio.imag, ratio.real]])
    return np.c_[matrix, new - matrix @ old]


def _bone(start: np.ndarray, end: np.ndarray, new_start: np.ndarray, new_end: np.ndarray) -> np.ndarray:
    """Takes a bone to its new place; across, its size stays."""
    way, new_way = end - start, new_end - new_start
    length, new_length = max(float(np.linalg.norm(way)), 1e-9), max(float(np.linalg.norm(new_way)), 1e-9)
    old_axes = np.array([way, [-way[1], way[0]]]).T / length
    new_axes = np.array([new_way, [-new_way[1], new_way[0]]]).T / new_length
    matrix = new_axes @ np.diag([new_length / length, 1.0]) @ old_axes.T
    return np.c_[matrix, new_start - matrix @ start]


def _apply(bone: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ bone[:, :2].T + bone[:, 2]


def _skinned(points: np.ndarray, bones: tuple[np.ndarray, ...], weights: np.ndarray) -> np.ndarray:
    return sum((weights[:, i : i + 1] * _apply(bone, points) for i, bone in enumerate(bones)), np.zeros_like(points))


def _to_bone(places: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(share of the way (N,), not bounded; pixels to the bone (N,))."""
    way = end - start
    along = (places - start) @ way / max(float(way @ way), 1e-9)
    nearest = start + np.clip(along, 0, 1)[:, None] * way
    return along, np.linalg.norm(places - nearest, axis=1)


def _grid(seen: np.ndarray, cell: float) -> tuple[np.ndarray, np.ndarray]:
    """(vertices (N, 2), triangles (T, 3)) of a grid over what is seen (H, W) bool, with a pixel around it."""
    height, width = seen.shape
    xs = np.linspace(0, width, max(2, round(width / cell)) + 1)
    ys = np.linspace(0, height, max(2, round(height / cell)) + 1)
    wide = np.asarray(binary_dilation(seen, iterations=2), bool)
    used = np.zeros((len(ys) - 1, len(xs) - 1), bool)
    y, x = np.nonzero(wide)
    rows = np.clip(np.searchsorted(ys, y + 0.5) - 1, 0, len(ys) - 2)
    columns = np.clip(np.searchsorted(xs, x + 0.5) - 1, 0, len(xs) - 2)
    used[rows, columns] = True
    number = np.arange(len(ys) * len(xs)).reshape(len(ys), len(xs))
    a, b, c, d = number[:-1, :-1][used], number[:-1, 1:][used], number[1:, :-1][used], number[1:, 1:][used]
    triangles = np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)])
    kept, triangles = np.unique(triangles, return_inverse=True)
    vertices = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)[kept]
    return vertices, triangles.reshape(-1, 3).astype(np.int32)
