# SPDX-License-Identifier: GPL-3.0-or-later
"""From the rest pose of Mien's body to that of another rig: axes of the model, and how far each joint is turned.

A take turns joints from the rest of Mien's body, whose arms hang 45 degrees from it. Another rig may rest in a T-pose,
with other bones and rolls. `alignments` is the pose of Mien's body that looks like the other's rest: each bone of arms
and fingers is swung, from the shoulder outwards, to the direction that the other's has, and the hand turned so that the
palms agree. What the take says is then told from that pose. numpy alone; no bpy.
"""

import numpy as np

CHAINS = ("upper_arm", "lower_arm", "hand")
TWIST_TO_FOREARM = 0.6  # of what palms differ by: it is the forearm that pronates
NEAR_AXES = 0.94  # cosine: a model that stands so nearly along its axes is meant to


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def model_axes(places: dict[str, np.ndarray]) -> np.ndarray:
    """(3, 3) whose columns are a rig's left, up and front in its own axes, by joint -> place (3,) at rest. Snapped to
    the rig's axes where it stands nearly along them. Raises KeyError without upper arms."""
    left = unit(places["left_upper_arm"] - places["right_upper_arm"])
    middle = (places["left_upper_arm"] + places["right_upper_arm"]) / 2
    low = next((places[name] for name in ("hips", "spine", "chest") if name in places), None)
    if low is None:
        low = middle - np.array([0.0, 0.0, 1.0])  # Blender's up
    up = middle - low
    up = unit(up - (up @ left) * left)
    axes = np.stack([left, up, np.cross(left, up)], 1)
    snapped = np.zeros((3, 3))
    for column in range(2):
        row = int(np.abs(axes[:, column]).argmax())
        snapped[row, column] = np.sign(axes[row, column])
    snapped[:, 2] = np.cross(snapped[:, 0], snapped[:, 1])
    near = (snapped * axes).sum(0).min() > NEAR_AXES and abs(np.linalg.det(snapped)) > 0.5
    return snapped if near else axes


def swing(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(3, 3) the smallest rotation that takes direction a (3,) to direction b (3,)."""
    a, b = unit(a), unit(b)
    axis, cosine = np.cross(a, b), float(a @ b)
    if cosine < -1 + 1e-9:
        other = unit(np.cross(a, np.eye(3)[int(np.abs(a).argmin())]))
        return 2 * np.outer(other, other) - np.eye(3)
    skew = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + skew + skew @ skew / (1 + cosine)


def about(axis: np.ndarray, angle: float) -> np.ndarray:
    """(3, 3) rotation by radians about a unit axis (Rodrigues)."""
    skew = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew


def palm(side: str, places: dict[str, np.ndarray]) -> np.ndarray | None:
    """(3,) out of the palm at rest, None for a hand without index and little finger."""
    names = f"{side}_hand", f"{side}_index_proximal", f"{side}_little_proximal"
    if not all(name in places for name in names):
        return None
    wrist, index, little = (places[name] for name in names)
    across = np.cross(index - wrist, little - wrist)
    return unit(across if side == "right" else -across)


def alignments(
    own: dict[str, np.ndarray], ends: dict[str, np.ndarray], theirs: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """joint -> (3, 3): the rotation of Mien's body, from its rest, that makes it look as another rig rests.

    own: joint -> place at rest in the model's axes; ends: joint -> direction (3,) in which the other's bone goes, in
    the same axes; theirs: joint -> place there. Joints beside arms and fingers are not among the results: theirs rest
    as they do.
    """
    out: dict[str, np.ndarray] = {}
    for side in ("left", "right"):
        last = np.eye(3)
        for part, after in zip(CHAINS, ("lower_arm", "hand", "middle_proximal"), strict=True):
            joint = f"{side}_{part}"
            if joint not in ends:
                continue
            direction = own[f"{side}_{after}"] - own[joint]
            last = swing(last @ direction, ends[joint]) @ last
            out[joint] = last
        _agree_palms(side, own, theirs, ends, out)
        hand = out.get(f"{side}_hand", out.get(f"{side}_lower_arm", last))
        for finger in ("thumb", "index", "middle", "ring", "little"):
            turn = hand
            joints = [name for name in own if name.startswith(f"{side}_{finger}_")]
            for joint, after in zip(joints, [*joints[1:], None], strict=True):
                direction = own[after] - own[joint] if after else own[joint] - own[joints[-2]]
                if joint in ends:
                    turn = swing(turn @ direction, ends[joint]) @ turn
                    out[joint] = turn
    return out


def _agree_palms(side: str, own, theirs, ends, out: dict[str, np.ndarray]) -> None:
    """Turn the hand about itself until its palm looks as the other's, and the forearm by a share of that."""
    joint, fore = f"{side}_hand", f"{side}_lower_arm"
    mine, other = palm(side, own), palm(side, theirs)
    if mine is None or other is None or joint not in out:
        return
    axis = unit(ends[joint])
    a, b = out[joint] @ mine, other
    a, b = unit(a - (a @ axis) * axis), unit(b - (b @ axis) * axis)
    angle = float(np.arctan2(np.cross(a, b) @ axis, a @ b))
    out[joint] = about(axis, angle) @ out[joint]
    if fore in out:
        out[fore] = about(unit(ends[fore]), TWIST_TO_FOREARM * angle) @ out[fore]
