# SPDX-License-Identifier: GPL-3.0-or-later
"""Retargeting: a take as the 52 channels of the default head, as vertices of a head, or as basis and coefficients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from mien.channels import ARKIT
from mien.heads.correspondence import Correspondence, flame_correspondence, head_correspondence
from mien.heads.default import Head, HeadError, rotation_matrix
from mien.heads.flame import Flame
from mien.heads.lip_aperture import CLOSED, lip_aperture
from mien.heads.vertex_motion import VertexMotion, blocks, principal_shapes
from mien.numeric.bounded_least_squares import solve
from mien.take import Take

HEAD_META = ("head", "head_sha256", "head_shape", "basis_error_m", "channel_error_m")  # in a take's metadata
RIDGE = 1e-7  # of the largest diagonal entry, added to the least squares: a channel without evidence stays 0
# m^2: penalty on the change of weights from frame to frame; transferred motion is not exact
SMOOTH_EXACT, SMOOTH_TRANSFERRED = 1e-7, 1e-5
LEAST_MATCHED = 0.25  # of what a channel moves must be matched, or it stays 0: tongue, gaze (jawForward: 0.44)
BASIS_ERROR = 0.0001  # m: no vertex of a basis is further from the take
NO_ROTATION = 1e-5  # radians: less is noise
MEASURED = 2000  # frames, evenly over the take, that an error is measured in
MOVING = 0.001  # m: a vertex that never moves further is left out of a typical error


def to_vertices(take: Take, head: Head | Flame) -> Take:
    """The take as exact offsets (F, V, 3) of the head's vertices, head rotation kept apart. HeadError as Head.faces."""
    offsets = head.faces(take) - rest_of(head)
    return _retargeted(take, head, offsets=offsets.astype(np.float32))


def to_basis(take: Take, head: Head | Flame, error_m: float = BASIS_ERROR) -> Take:
    """The take as a basis with coefficients of at most 1.

    Of channels: their own shapes and the tongue's, exactly. Of vertices: the fewest principal components that leave
    no vertex further than `error_m` metres away; metadata `basis_error_m` is the measured error. HeadError where the
    take is of another head.
    """
    if take.weights is not None and isinstance(head, Head):
        shown, rows = head.tongue_of(take)
        basis = np.concatenate([head.deltas[head.order(take.channels)], head.tongue_deltas[rows]])
        coefficients = np.concatenate([take.weights, shown], 1)
        return _retargeted(take, head, {"basis_error_m": 0.0}, basis=basis, coefficients=coefficients)
    motion = _motion(take, head)
    basis, coefficients, error = principal_shapes(motion.at, take.frames, error_m)
    return _retargeted(take, head, {"basis_error_m": error}, basis=basis, coefficients=coefficients)


def retargeter(head: Head | Flame, source: Head | Flame) -> Callable[[Take], Take]:
    """A function from takes of the head `source` to takes of `head`. HeadError, in words, where there is none, as from
    one FLAME face to another, or where FLAME's landmarks are missing."""
    if head is source:
        return lambda take: take
    if isinstance(head, Head) and isinstance(source, Flame):
        return partial(to_channels, head=head, flame=source, correspondence=flame_correspondence(source, head))
    if isinstance(head, Flame) and isinstance(source, Head):
        return partial(to_flame, head=source, flame=head, correspondence=head_correspondence(source, head))
    raise HeadError("a take of one FLAME face cannot become one of another; generate it with --head flame --shape.")


def to_flame(take: Take, head: Head, flame: Flame, correspondence: Correspondence) -> Take:
    """A take of the default head as one that moves FLAME's vertices; `correspondence` maps the default head to FLAME.

    Channels become a basis: their transferred shapes. Vertices without a match stay at rest. HeadError where the take
    is of another head.
    """
    if take.weights is not None:
        motion = VertexMotion(head.deltas[head.order(take.channels)], take.weights)
        rotation = np.zeros((take.frames, 3))
    else:
        faces, rotation = held_still(head.faces(take), head)
        motion = VertexMotion(faces - head.vertices)
    motion = motion.mapped(correspondence.transfer)
    head_rotation = composed(take.head_rotation, rotation)
    if motion.coefficients is None:
        return _retargeted(take, flame, head_rotation=head_rotation, offsets=motion.shapes.astype(np.float32))
    basis = motion.shapes.astype(np.float32)
    return _retargeted(
        take, flame, {"basis_error_m": 0.0}, head_rotation=head_rotation, basis=basis, coefficients=take.weights
    )


def to_channels(
    take: Take, head: Head, flame: Flame | None = None, correspondence: Correspondence | None = None
) -> Take:
    """The 52 channels and the head rotation that come nearest to a take of vertices: of the default head or, with
    `flame` and its `correspondence`, of FLAME. A take of channels is returned as it is.

    Lips that the take holds closed stay closed (`mouth_holds`). Metadata `channel_error_m`: the 95th percentile of the
    distances between moving vertices and their targets. HeadError where the take is of another head.
    """
    if take.weights is not None:
        head.order(take.channels)
        return take
    if flame is None or correspondence is None:
        faces, rotation = held_still(head.faces(take), head)
        motion, matched = VertexMotion(faces - head.vertices), np.ones(len(head.vertices), bool)
        smooth, nearer = SMOOTH_EXACT, 0.0
    else:
        rotation = np.zeros((take.frames, 3))
        motion, matched = flame.motion(take).mapped(correspondence.transfer), correspondence.matched
        smooth, nearer = SMOOTH_TRANSFERRED, correspondence.aperture_difference
    weights = channels_of(motion, head, matched, smooth)
    _close(weights, motion, take, head, nearer)
    error = _typical_error(weights, motion, head, matched)
    head_rotation = composed(take.head_rotation, rotation)
    fields = {"weights": weights[:, head.order(ARKIT)].astype(np.float32), "channels": ARKIT}
    return _retargeted(take, head, {"channel_error_m": error}, head_rotation=head_rotation, **fields)


def rest_of(head: Head | Flame) -> np.ndarray:
    """(V, 3) metres: the neutral face, to which offsets are added."""
    return head.vertices if isinstance(head, Head) else head.template


def channels_of(motion: VertexMotion, head: Head, matched: np.ndarray, smooth: float) -> np.ndarray:
    """(F, C) weights in 0..1, float64, in the head's order: box-constrained least squares at the vertices `matched`
    (V,) bool, smoothed over time by `smooth` (m^2). A channel that moves mostly unmatched vertices stays 0. The shapes
    of the tongue are solved for, too, so that no channel stands in for them."""
    energy = (head.deltas.astype(float) ** 2).sum(-1)
    known = (energy * matched).sum(1) >= LEAST_MATCHED * energy.sum(1)
    shapes = np.concatenate([head.deltas[known], head.tongue_deltas])
    basis = shapes[:, matched].astype(float).reshape(len(shapes), -1)
    gram = basis @ basis.T
    gram += RIDGE * np.diag(gram).max() * np.eye(len(gram))
    products = np.concatenate(
        [
            motion.at(rows)[:, matched].reshape(-1, basis.shape[1]).astype(float) @ basis.T
            for rows in blocks(len(motion))
        ]
    )
    weights = np.zeros((len(motion), len(head.channels)))
    weights[:, known] = solve(gram, products, smooth)[:, : known.sum()]
    return weights


def held_still(faces: np.ndarray, head: Head) -> tuple[np.ndarray, np.ndarray]:
    """(faces (F, V, 3) without the head's rotation, that rotation (F, 3) radians: pitch, yaw, roll).

    The rotation about the neck is fitted to the vertices that no channel moves and that follow the head wholly (Kabsch
    1976, "A solution for the best rotation to relate two sets of vectors"); it is undone by each vertex's neck weight.
    """
    rigid = (np.abs(head.deltas).max((0, 2)) == 0) & (head.neck_weights == 1)
    pivot = head.joint("neck")
    rest = (head.vertices[rigid] - pivot).astype(float)
    spread = np.einsum("fvc,vd->fcd", faces[:, rigid] - pivot, rest)
    left, _, right = np.linalg.svd(spread)
    sign = np.ones((len(faces), 1, 3))
    sign[:, 0, 2] = np.sign(np.linalg.det(left @ right))
    rotations = (left * sign) @ right
    rotation = angles(rotations)
    if np.abs(rotation).max() < NO_ROTATION:
        return faces, np.zeros_like(rotation)
    still = faces.copy()
    for share in np.unique(head.neck_weights):
        part = head.neck_weights == share
        back = np.linalg.inv((1 - share) * np.eye(3) + share * rotations)
        still[:, part] = (faces[:, part] - pivot) @ back.swapaxes(-1, -2) + pivot
    return still, rotation


def composed(first: np.ndarray, then: np.ndarray) -> np.ndarray:
    """(F, 3) float32 radians: rotation `then` applied to the face, and `first` around it. `first` itself, to the bit,
    where `then` is zero."""
    if not then.any():
        return first
    return angles(rotation_matrix(first) @ rotation_matrix(then)).astype(np.float32)


def angles(rotations: np.ndarray) -> np.ndarray:
    """(..., 3) pitch, yaw, roll of rotation matrices (..., 3, 3); the inverse of rotation_matrix."""
    pitch = np.arcsin(np.clip(-rotations[..., 1, 2], -1, 1))
    yaw = np.arctan2(rotations[..., 0, 2], rotations[..., 2, 2])
    roll = np.arctan2(rotations[..., 1, 0], rotations[..., 1, 1])
    return np.stack([pitch, yaw, roll], -1)


def _close(weights: np.ndarray, motion: VertexMotion, take: Take, head: Head, nearer: float) -> None:
    """In frames of `mouth_holds`, narrow the lip aperture to that of the vertices, in place; `nearer` (m) is how much
    smaller the aperture is at rest on the face that the vertices come from."""
    if take.mouth_holds is None or not len(take.mouth_holds):
        return
    begin, end = take.mouth_holds.T.astype(float)
    times = take.times[:, None]
    held = ((times >= begin - 1e-6) & (times <= end + 1e-6)).any(1)
    if not held.any():
        return
    upper, lower = (np.unique(head.inner_lips[list(head.inner_lips_middle), side]) for side in (0, 1))
    mouth = np.union1d(upper, lower)
    lips = VertexMotion(motion.shapes[:, mouth], motion.coefficients).at(held)
    heights = (head.vertices[mouth] + lips) @ head.gap_axis
    aperture = heights[:, np.isin(mouth, upper)].min(1) - heights[:, np.isin(mouth, lower)].max(1) - nearer
    ordered = head.order(ARKIT)
    closing = weights[np.ix_(held, ordered)]
    lip_aperture().narrow(closing, np.maximum(aperture, CLOSED))
    weights[np.ix_(held, ordered)] = closing


def _typical_error(weights: np.ndarray, motion: VertexMotion, head: Head, matched: np.ndarray) -> float:
    """Metres: 95th percentile of the distances between the vertices that weights pose and those of the motion, of
    matched vertices that move, in MEASURED frames at most."""
    sampled = np.unique(np.linspace(0, len(motion) - 1, min(MEASURED, len(motion))).astype(int))
    farthest, distances = np.zeros(len(head.vertices)), []
    for rows in blocks(len(sampled)):
        offsets = motion.at(sampled[rows])
        farthest = np.maximum(farthest, np.linalg.norm(offsets, axis=-1).max(0))
        errors = np.linalg.norm(head.pose(weights[sampled[rows]]) - head.vertices - offsets, axis=-1)
        distances.append(errors.astype(np.float32))
    moving = matched & (farthest > MOVING)
    return float(np.percentile(np.concatenate(distances)[:, moving], 95)) if moving.any() else 0.0


def _motion(take: Take, head: Head | Flame) -> VertexMotion:
    return VertexMotion(head.faces(take) - head.vertices) if isinstance(head, Head) else head.motion(take)


def _retargeted(take: Take, head: Head | Flame, errors: Mapping[str, float] | None = None, **fields: object) -> Take:
    meta = {key: value for key, value in take.meta.items() if key not in HEAD_META} | head.take_meta
    licence = take.meta.get("licence", "")
    if isinstance(head, Flame) and head.licence not in licence:
        meta["licence"] = "; ".join(filter(None, (licence, head.licence)))
    meta |= {key: f"{error:.3g}" for key, error in (errors or {}).items()}
    empty = dict.fromkeys(("weights", "basis", "coefficients", "offsets", "tongue"))
    empty |= {"channels": (), "tongue_names": ()}
    return replace(take, meta=meta, **(empty | fields))
