# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes said another way: as the 52 channels of Mien's head, as its vertices, or as a basis with coefficients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mien.bounded import solve
from mien.channels import ARKIT
from mien.engines.articulation.gap import CLOSED, lip_gap
from mien.heads.binding import Binding
from mien.heads.flame import Flame
from mien.heads.mien import Head, rotation_matrix
from mien.take import Take, TakeError

KINDS = ("channels", "vertices", "basis")
BLOCK = 200  # frames in double precision at a time
STILL = 1e-7  # of the largest, added to the least squares: what nothing shows stays 0
EXACT, CARRIED = 1e-7, 1e-5  # m^2: how weights cling to those of the frame before; a carried movement is no exact one
SEEN = 0.25  # of what a channel moves has to be seen, or it stays 0: tongue, eyes to the side (jawForward: 0.44)
BASIS_ERROR = 0.0001  # m: no vertex of a basis is further from the take
SAMPLED = 1000  # frames that a basis is drawn from at first
TURNED = 1e-5  # radians: less is noise
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
    offsets = head.faces(take) - rest_of(head)
    flat = offsets.reshape(take.frames, -1)
    basis, coefficients = _principal(flat, error_m)
    largest = np.maximum(np.abs(coefficients).max(0), 1e-12)
    basis, coefficients = basis * largest[:, None], coefficients / largest
    basis, coefficients = basis.astype(np.float32), coefficients.astype(np.float32)
    error = _farthest(flat, coefficients, basis)
    return _said(
        take, head, {"basis_error_m": error}, basis=basis.reshape(len(basis), -1, 3), coefficients=coefficients
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
        offsets, seen, smooth, nearer = faces - head.vertices, np.ones(len(head.vertices), bool), EXACT, 0.0
    else:
        rotation = np.zeros((take.frames, 3))
        offsets, seen, smooth = binding.carried(flame.faces(take) - flame.template), binding.found, CARRIED
        nearer = binding.gap_difference
    weights = channels_of(offsets, head, seen, smooth)
    _close(weights, offsets, take, head, nearer)
    error = _typical_error(weights, offsets, head, seen)
    head_rotation = composed(take.head_rotation, rotation)
    said = {"weights": weights[:, head.order(ARKIT)].astype(np.float32), "channels": ARKIT}
    return _said(take, head, {"channel_error_m": error}, head_rotation=head_rotation, **said)


def rest_of(head: Head | Flame) -> np.ndarray:
    """(V, 3) metres: the face that offsets are added to."""
    return head.vertices if isinstance(head, Head) else head.template


def channels_of(offsets: np.ndarray, head: Head, seen: np.ndarray, smooth: float) -> np.ndarray:
    """(F, C) weights in 0..1, float64, in the head's order, that come nearest to offsets (F, V, 3) at the vertices
    `seen` (V,). A channel that moves mostly what is not seen stays 0."""
    energy = (head.deltas.astype(float) ** 2).sum(-1)
    known = (energy * seen).sum(1) >= SEEN * energy.sum(1)
    basis = head.deltas[known][:, seen].astype(float).reshape(known.sum(), -1)
    gram = basis @ basis.T
    gram += STILL * np.diag(gram).max() * np.eye(len(gram))
    products = np.concatenate(
        [
            offsets[begin : begin + BLOCK][:, seen].reshape(-1, basis.shape[1]).astype(float) @ basis.T
            for begin in range(0, len(offsets), BLOCK)
        ]
    )
    weights = np.zeros((len(offsets), len(head.channels)))
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


def _close(weights: np.ndarray, offsets: np.ndarray, take: Take, head: Head, nearer: float) -> None:
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
    heights = (head.vertices + offsets[held]) @ head.gap_axis
    gap = heights[:, upper].min(1) - heights[:, lower].max(1) - nearer
    ordered = head.order(ARKIT)
    mouths = weights[np.ix_(held, ordered)]
    lip_gap().narrow(mouths, np.maximum(gap, CLOSED))
    weights[np.ix_(held, ordered)] = mouths


def _typical_error(weights: np.ndarray, offsets: np.ndarray, head: Head, seen: np.ndarray) -> float:
    """Metres: the 95th of a hundred distances between where weights put vertices and where offsets do, of those that
    are seen and go anywhere."""
    moved = seen & (np.linalg.norm(offsets, axis=-1).max(0) > STIRRED)
    if not moved.any():
        return 0.0
    away = []
    for begin in range(0, len(weights), BLOCK):
        rows = slice(begin, begin + BLOCK)
        reached = head.pose(weights[rows])[:, moved] - head.vertices[moved]
        away.append(np.linalg.norm(reached - offsets[rows][:, moved], axis=-1))
    return float(np.percentile(np.concatenate(away), 95))


def _principal(flat: np.ndarray, error_m: float) -> tuple[np.ndarray, np.ndarray]:
    """(basis (K, N) orthonormal, coefficients (F, K)) of flat (F, N): the fewest that come within `error_m`."""
    drawn = np.unique(np.linspace(0, len(flat) - 1, min(SAMPLED, len(flat))).astype(int))
    while True:
        sample = flat[drawn].astype(float)
        sizes, mixes = np.linalg.eigh(sample @ sample.T)
        kept = sizes >= sizes[-1] * 1e-12
        basis = (mixes[:, kept] / np.sqrt(np.maximum(sizes[kept], 1e-300))).T[::-1] @ sample
        coefficients = np.concatenate(
            [flat[begin : begin + BLOCK].astype(float) @ basis.T for begin in range(0, len(flat), BLOCK)]
        )
        if _farthest(flat, coefficients, basis) <= error_m / 2:
            break
        away = np.linalg.norm(flat - coefficients @ basis, axis=1)
        more = np.setdiff1d(np.argsort(away)[-SAMPLED // 4 :], drawn)
        if not len(more):
            raise TakeError(f"no basis comes within {error_m * 1000:g} mm of the take; ask for less exactness.")
        drawn = np.union1d(drawn, more)
    few, enough = 0, len(basis)
    while few < enough:
        middle = (few + enough) // 2
        if _farthest(flat, coefficients[:, :middle], basis[:middle]) <= error_m:
            enough = middle
        else:
            few = middle + 1
    enough = max(enough, 1)
    return basis[:enough], coefficients[:, :enough]


def _farthest(flat: np.ndarray, coefficients: np.ndarray, basis: np.ndarray) -> float:
    """Metres: the largest distance of a vertex from where basis and coefficients put it."""
    farthest = 0.0
    for begin in range(0, len(flat), BLOCK):
        rows = slice(begin, begin + BLOCK)
        away = (flat[rows] - coefficients[rows] @ basis).reshape(len(flat[rows]), -1, 3)
        farthest = max(farthest, float(np.sqrt((away**2).sum(-1).max())))
    return farthest


def _said(take: Take, head: Head | Flame, errors: Mapping[str, float] | None = None, **fields: object) -> Take:
    meta = {key: value for key, value in take.meta.items() if key not in ("basis_error_m", "channel_error_m")}
    meta |= {"head": "mien" if isinstance(head, Head) else "flame", "head_sha256": head.sha256}
    meta |= {key: f"{error:.3g}" for key, error in (errors or {}).items()}
    empty = dict.fromkeys(("weights", "basis", "coefficients", "offsets")) | {"channels": ()}
    return replace(take, meta=meta, **(empty | fields))
