# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes said another way: as the 52 channels of Mien's head, as its vertices, or as a basis with coefficients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from mien.channels import ARKIT
from mien.heads.correspondence import Binding, bind_flame, bind_head
from mien.heads.default import Head, HeadError, rotation_matrix
from mien.heads.flame import Flame
from mien.heads.lip_gap import CLOSED, lip_gap
from mien.heads.vertex_motion import Movement, blocks, few_shapes
from mien.numeric.bounded_least_squares import solve
from mien.take import Take

OF_A_HEAD = ("head", "head_sha256", "head_shape", "basis_error_m", "channel_error_m")  # in a take's metadata
STILL = 1e-7  # of the largest, added to the least squares: what nothing shows stays 0
EXACT, CARRIED = 1e-7, 1e-5  # m^2: how weights cling to those of the frame before; a carried movement is no exact one
SEEN = 0.25  # of what a channel moves has to be seen, or it stays 0: tongue, eyes to the side (jawForward: 0.44)
BASIS_ERROR = 0.0001  # m: no vertex of a basis is further from the take
TURNED = 1e-5  # radians: less is noise
MEASURED = 2000  # frames, spread over the take
STIRRED = 0.001  # m: a vertex that never goes further is left out of a typical error


def to_vertices(take: Take, head: Head | Flame) -> Take:
    """The same as exact offsets of the head's vertices, head movement beside them. HeadError as Head.faces."""
    offsets = head.faces(take) - rest_of(head)
    return _said(take, head, offsets=offsets.astype(np.float32))


def to_basis(take: Take, head: Head | Flame, error_m: float = BASIS_ERROR) -> Take:
    """The same as a basis with coefficients of at most 1. Of channels: their own shapes, exactly. Of vertices: the
    fewest principal movements that leave no vertex further than `error_m` away; metadata `basis_error_m` is what was
    measured. HeadError where the take is of another head."""
    if take.weights is not None and isinstance(head, Head):
        used = head.order(take.channels)
        return _said(take, head, {"basis_error_m": 0.0}, basis=head.deltas[used].copy(), coefficients=take.weights)
    moved = _moved(take, head)
    basis, coefficients, error = few_shapes(moved.at, take.frames, error_m)
    return _said(take, head, {"basis_error_m": error}, basis=basis, coefficients=coefficients)


def way(head: Head | Flame, its: Head | Flame) -> Callable[[Take], Take]:
    """What makes of a take of the head `its` one of `head`. HeadError, in words, where there is no way, or FLAME's
    landmarks are missing."""
    if head is its:
        return lambda take: take
    if isinstance(head, Head) and isinstance(its, Flame):
        return partial(to_channels, head=head, flame=its, binding=bind_flame(its, head))
    if isinstance(head, Flame) and isinstance(its, Head):
        return partial(to_flame, head=its, flame=head, binding=bind_head(its, head))
    raise HeadError("a take of one FLAME face cannot become one of another; generate it with --head flame --shape.")


def to_flame(take: Take, head: Head, flame: Flame, binding: Binding) -> Take:
    """A take of Mien's head as one that moves FLAME's vertices; `binding` binds these to Mien's head. Of channels: a
    basis, the channels' shapes carried over. What `binding` has not found stays at rest. HeadError where the take is
    of another head."""
    if take.weights is not None:
        moved = Movement(head.deltas[head.order(take.channels)], take.weights)
        rotation = np.zeros((take.frames, 3))
    else:
        faces, rotation = held_still(head.faces(take), head)
        moved = Movement(faces - head.vertices)
    moved = moved.changed(binding.carried)
    head_rotation = composed(take.head_rotation, rotation)
    if moved.coefficients is None:
        return _said(take, flame, head_rotation=head_rotation, offsets=moved.shapes.astype(np.float32))
    basis = moved.shapes.astype(np.float32)
    return _said(
        take, flame, {"basis_error_m": 0.0}, head_rotation=head_rotation, basis=basis, coefficients=take.weights
    )


def to_channels(take: Take, head: Head, flame: Flame | None = None, binding: Binding | None = None) -> Take:
    """The 52 channels and the head movement that come nearest to a take of vertices, of Mien's head or, with `flame`
    and its `binding`, of FLAME; a take of channels as it is.

    Lips that are held together stay so (`mouth_holds`). Metadata `channel_error_m`: the 95th of a hundred distances
    between vertices that move and what was asked of them. HeadError where the take is of another head.
    """
    if take.weights is not None:
        head.order(take.channels)
        return take
    if flame is None or binding is None:
        faces, rotation = held_still(head.faces(take), head)
        moved, seen, smooth, nearer = Movement(faces - head.vertices), np.ones(len(head.vertices), bool), EXACT, 0.0
    else:
        rotation = np.zeros((take.frames, 3))
        moved, seen, smooth = flame.movement(take).changed(binding.carried), binding.found, CARRIED
        nearer = binding.gap_difference
    weights = channels_of(moved, head, seen, smooth)
    _close(weights, moved, take, head, nearer)
    error = _typical_error(weights, moved, head, seen)
    head_rotation = composed(take.head_rotation, rotation)
    said = {"weights": weights[:, head.order(ARKIT)].astype(np.float32), "channels": ARKIT}
    return _said(take, head, {"channel_error_m": error}, head_rotation=head_rotation, **said)


def rest_of(head: Head | Flame) -> np.ndarray:
    """(V, 3) metres: the face that offsets are added to."""
    return head.vertices if isinstance(head, Head) else head.template


def channels_of(moved: Movement, head: Head, seen: np.ndarray, smooth: float) -> np.ndarray:
    """(F, C) weights in 0..1, float64, in the head's order, that come nearest to a movement at the vertices `seen`
    (V,). A channel that moves mostly what is not seen stays 0."""
    energy = (head.deltas.astype(float) ** 2).sum(-1)
    known = (energy * seen).sum(1) >= SEEN * energy.sum(1)
    basis = head.deltas[known][:, seen].astype(float).reshape(known.sum(), -1)
    gram = basis @ basis.T
    gram += STILL * np.diag(gram).max() * np.eye(len(gram))
    products = np.concatenate(
        [moved.at(rows)[:, seen].reshape(-1, basis.shape[1]).astype(float) @ basis.T for rows in blocks(len(moved))]
    )
    weights = np.zeros((len(moved), len(head.channels)))
    weights[:, known] = solve(gram, products, smooth)
    return weights


def held_still(faces: np.ndarray, head: Head) -> tuple[np.ndarray, np.ndarray]:
    """(faces (F, V, 3) with the head's movement taken out, that movement (F, 3) radians: pitch, yaw, roll).

    Of what no channel moves and what follows the head whole: the best turn about the neck (Kabsch 1976). The others
    go back the part of the way that their neck weight says.
    """
    rigid = (np.abs(head.deltas).max((0, 2)) == 0) & (head.neck_weights == 1)
    pivot = head.joint("neck")
    rest = (head.vertices[rigid] - pivot).astype(float)
    spread = np.einsum("fvc,vd->fcd", faces[:, rigid] - pivot, rest)
    left, _, right = np.linalg.svd(spread)
    sign = np.ones((len(faces), 1, 3))
    sign[:, 0, 2] = np.sign(np.linalg.det(left @ right))
    turns = (left * sign) @ right
    rotation = angles(turns)
    if np.abs(rotation).max() < TURNED:
        return faces, np.zeros_like(rotation)
    still = faces.copy()
    for share in np.unique(head.neck_weights):
        part = head.neck_weights == share
        back = np.linalg.inv((1 - share) * np.eye(3) + share * turns)
        still[:, part] = (faces[:, part] - pivot) @ back.swapaxes(-1, -2) + pivot
    return still, rotation


def composed(first: np.ndarray, then: np.ndarray) -> np.ndarray:
    """(F, 3) float32: head rotation `then` applied to the face, and `first` around it. What does not turn changes
    nothing, to the bit."""
    if not then.any():
        return first
    return angles(rotation_matrix(first) @ rotation_matrix(then)).astype(np.float32)


def angles(turns: np.ndarray) -> np.ndarray:
    """(..., 3) pitch, yaw, roll of rotation matrices (..., 3, 3); the inverse of rotation_matrix."""
    pitch = np.arcsin(np.clip(-turns[..., 1, 2], -1, 1))
    yaw = np.arctan2(turns[..., 0, 2], turns[..., 2, 2])
    roll = np.arctan2(turns[..., 1, 0], turns[..., 1, 1])
    return np.stack([pitch, yaw, roll], -1)


def _close(weights: np.ndarray, moved: Movement, take: Take, head: Head, nearer: float) -> None:
    """In frames of `mouth_holds` bring the lips as near as the vertices have them, in place; `nearer` is how much
    less they are apart at rest on the face that the vertices come from."""
    if take.mouth_holds is None or not len(take.mouth_holds):
        return
    begin, end = take.mouth_holds.T.astype(float)
    times = take.times[:, None]
    held = ((times >= begin - 1e-6) & (times <= end + 1e-6)).any(1)
    if not held.any():
        return
    upper, lower = (np.unique(head.inner_lips[list(head.inner_lips_middle), side]) for side in (0, 1))
    mouth = np.union1d(upper, lower)
    lips = Movement(moved.shapes[:, mouth], moved.coefficients).at(held)
    heights = (head.vertices[mouth] + lips) @ head.gap_axis
    gap = heights[:, np.isin(mouth, upper)].min(1) - heights[:, np.isin(mouth, lower)].max(1) - nearer
    ordered = head.order(ARKIT)
    mouths = weights[np.ix_(held, ordered)]
    lip_gap().narrow(mouths, np.maximum(gap, CLOSED))
    weights[np.ix_(held, ordered)] = mouths


def _typical_error(weights: np.ndarray, moved: Movement, head: Head, seen: np.ndarray) -> float:
    """Metres: the 95th of a hundred distances between where weights put vertices and where a movement does, of those
    that are seen and go anywhere, in MEASURED frames at most."""
    drawn = np.unique(np.linspace(0, len(moved) - 1, min(MEASURED, len(moved))).astype(int))
    farthest, distances = np.zeros(len(head.vertices)), []
    for rows in blocks(len(drawn)):
        offsets = moved.at(drawn[rows])
        farthest = np.maximum(farthest, np.linalg.norm(offsets, axis=-1).max(0))
        away = np.linalg.norm(head.pose(weights[drawn[rows]]) - head.vertices - offsets, axis=-1)
        distances.append(away.astype(np.float32))
    stirred = seen & (farthest > STIRRED)
    return float(np.percentile(np.concatenate(distances)[:, stirred], 95)) if stirred.any() else 0.0


def _moved(take: Take, head: Head | Flame) -> Movement:
    return Movement(head.faces(take) - head.vertices) if isinstance(head, Head) else head.movement(take)


def _said(take: Take, head: Head | Flame, errors: Mapping[str, float] | None = None, **fields: object) -> Take:
    meta = {key: value for key, value in take.meta.items() if key not in OF_A_HEAD} | head.said
    licence = take.meta.get("licence", "")
    if isinstance(head, Flame) and head.licence not in licence:
        meta["licence"] = "; ".join(filter(None, (licence, head.licence)))
    meta |= {key: f"{error:.3g}" for key, error in (errors or {}).items()}
    empty = dict.fromkeys(("weights", "basis", "coefficients", "offsets")) | {"channels": ()}
    return replace(take, meta=meta, **(empty | fields))
