# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements of a registration on the user's own mesh: distances, and whether lids and lips meet; and warnings."""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.bind.alignment import AlignedMesh
from mien.bind.deformation_transfer import LIDS, lid_pairs, lip_aperture_of
from mien.bind.delta_projection import MIN_COSINE, NEAR, ProjectedDeltas
from mien.bind.mouth_cut import distance_from, lip_line
from mien.bind.picks import landmark_weights
from mien.channels import ARKIT, columns
from mien.engines.articulation.phone_table import BILABIALS, ROWS
from mien.heads.correspondence import nearest_surface_points, vertex_normals
from mien.heads.default import Head
from mien.heads.lip_aperture import CLOSED, lip_aperture

CLOSE = 1.02  # mouthClose to jawOpen in a closure, as the rules were first written (docs/articulation.md, section 3)
OPENS = 0.5  # of jawOpen's aperture on the default head: lips that part less are one surface
AT_LINE, JOINED = 0.004, 0.009  # m from the lip line; m by which no edge of an open mouth's lips is elongated
SHUT = 0.0015  # m that a shut lid may leave open
SHUT_AT_REST = 0.003  # m between the lids of an eye that is modelled shut: a blink has nothing to close
CROSSED = -0.003  # m by which lids may overlap: the upper lies over the lower
POOR = 0.003  # m: the 95th percentile of the distances of a good fit is smaller
MOVING = 0.001  # m: the fit is measured where some channel moves the face further
PICK_AWAY = 0.008  # m from a pick to its point on the registered head


def measure_fit(
    head: Head,
    aligned: AlignedMesh,
    fitted: np.ndarray,
    triangles: np.ndarray,
    projected: ProjectedDeltas,
    lip_edges: np.ndarray | None = None,
) -> dict[str, Any]:
    """The report, ready for JSON; lengths in mm, in the default head's size. lip_edges (n, 2): the vertices of the
    upper and the lower lip's edge from corner to corner, where they are known."""
    moving = (np.linalg.norm(projected.deltas, axis=2) > MOVING).any(0)
    distance = projected.distance[projected.on_face & moving]
    rest, deltas = lips_and_lids(head, aligned, fitted, triangles, projected.deltas, lip_edges)
    report: dict[str, Any] = {
        "own_units_per_metre": round(aligned.unit, 6),
        "up": _axis(aligned.rotation[:, 1]),
        "ahead": _axis(aligned.rotation[:, 2]),
        "symmetric": aligned.symmetric,
        "mirror_mm": None if not np.isfinite(aligned.mirror_error) else _mm(aligned.mirror_error),
        "fit_mm": {"mean": _mm(distance.mean()), "p95": _mm(np.percentile(distance, 95))} if len(distance) else None,
        "picks_mm": {name: _mm(value) for name, value in _pick_distances(head, aligned, fitted).items()},
        "lips_mm": lips(head, rest, deltas),
        "lips_joined": _lips_joined(head, aligned.vertices, triangles, fitted, projected.deltas),
        "lids_mm": lids(head, rest, deltas),
    }
    return report


def warnings(report: dict) -> tuple[str, ...]:
    """Sentences for the user about a poor fit."""
    sentences = []
    fit = report["fit_mm"]
    if fit is None or fit["p95"] > POOR * 1e3:
        sentences.append(
            "The head does not lie well on this mesh: "
            + ("no vertex was reached" if fit is None else f"5 in 100 vertices are further than {fit['p95']} mm")
            + ". Pick more points, the lids and the middle of the lips first."
        )
    far = {name: distance for name, distance in report["picks_mm"].items() if distance > PICK_AWAY * 1e3}
    if far:
        sentences.append(
            f"These picks are not where the fit has them: {', '.join(far)}. Look whether they are swapped."
        )
    if lips_are_one(report):
        sentences.append(
            "The lips part little or not at all: on this mesh they seem to be one surface. Cut the mouth open."
        )
    if edges := report.get("mouth_cut"):
        sentences.append(
            f"The lips were one surface; the mouth is cut open along {edges} edges. There is nothing behind it: model "
            "the mouth's inside and teeth."
        )
    for side, lid in report["lids_mm"].items():
        if lid["open"] < SHUT_AT_REST * 1e3:
            sentences.append(
                f"The {side} eye is modelled shut: at rest its lids are {lid['open']} mm apart at most, so a blink has "
                "nothing to close. Model the eyes open and bind again."
            )
        elif lid["shut_most"] > SHUT * 1e3:
            sentences.append(
                f"The {side} eye stays open by {lid['shut_most']} mm at a full blink; pick the lids' middles."
            )
        if lid["shut_least"] < CROSSED * 1e3:
            sentences.append(f"The lids of the {side} eye cross by {-lid['shut_least']} mm; pick the lids' middles.")
    return tuple(sentences)


def lips_are_one(report: dict) -> bool:
    """Whether an open jaw parts the lips too little for a mouth that is open, or spans a skin between them."""
    mouth = report["lips_mm"]
    return (
        bool(report.get("lips_joined"))
        or mouth["jawOpen"] - mouth["rest"] < OPENS * mouth["jawOpen_of_the_default_head"]
    )


def _lips_joined(
    head: Head, vertices: np.ndarray, triangles: np.ndarray, fitted: np.ndarray, deltas: np.ndarray
) -> bool:
    """Whether an edge of the mesh goes from one lip to the other, so that an open jaw makes it long."""
    line = lip_line(head, fitted)
    close = np.flatnonzero((np.abs(vertices - line.mean(0)) < np.ptp(line, axis=0).max()).all(1))
    near = np.zeros(len(vertices), bool)
    near[close[distance_from(line, vertices[close]) < AT_LINE]] = True
    ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    one, other = ends[near[ends].all(1)].T
    apart = vertices[one] - vertices[other]
    jaw = deltas[head.channels.index("jawOpen")]
    longer = np.linalg.norm(apart + jaw[one] - jaw[other], axis=1) - np.linalg.norm(apart, axis=1)
    return bool(longer.max(initial=0.0) > JOINED)


def lips(head: Head, rest: np.ndarray, deltas: np.ndarray) -> dict[str, float]:
    """The lip aperture of the user's mesh in mm: at rest, with the jaw open, and for p, b and m."""

    def aperture_at(weights: np.ndarray) -> float:
        return _mm(float(lip_aperture_of(head, rest + np.tensordot(weights, deltas, 1))))

    rest_face, jaw = head.vertices[: len(rest)].astype(float), head.channels.index("jawOpen")
    out = {"rest": aperture_at(np.zeros(len(deltas))), "jawOpen": aperture_at(np.eye(len(deltas))[jaw])}
    out["jawOpen_of_the_default_head"] = _mm(
        lip_aperture_of(head, rest_face + head.deltas[jaw][: len(rest_face)]) - lip_aperture_of(head, rest_face)
    )
    return out | {phone.lower(): aperture_at(bilabial_weights(head, phone)) for phone in BILABIALS}


def bilabial_weights(head: Head, phone: str) -> np.ndarray:
    """(C,) channel weights of the closure of P, B or M, by the rules of the articulation engine."""
    row = ROWS[phone]
    weights = np.zeros(len(ARKIT))
    for name, value in row.lips.items():
        weights[columns(name)] = value
    weights[ARKIT.index("jawOpen")], weights[ARKIT.index("mouthClose")] = row.jaw, CLOSE * row.jaw
    lip_aperture().narrow(weights[None], np.array([CLOSED]))
    out = np.zeros(len(head.channels))
    out[head.order(ARKIT)] = weights
    return out


def lids(head: Head, rest: np.ndarray, deltas: np.ndarray) -> dict[str, dict[str, float]]:
    """By side, mm between the rims of the upper and the lower lid along their open separation: `open`, of the widest
    pair; `shut_most` and `shut_least` at a full blink, negative where the lids overlap."""
    out = {}
    for name in LIDS:
        width, opening = lid_opening(head, rest, deltas, name)
        side = "left" if name.endswith("Left") else "right"
        mine = (head.vertices[lid_pairs(head)[:, 0], 0] > 0) == (side == "left")
        width, opening = width[mine], opening[mine]
        out[side] = {"open": _mm(width.max()), "shut_most": _mm(opening.max()), "shut_least": _mm(opening.min())}
    return out


def lid_opening(head: Head, rest: np.ndarray, deltas: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """(P,) metres between each of `lid_pairs` at rest, and what is left of it at a full blink of the channel `name`."""
    pairs, blink = lid_pairs(head), deltas[head.channels.index(name)]
    separation = rest[pairs[:, 0]] - rest[pairs[:, 1]]
    width = np.linalg.norm(separation, axis=1)
    shut = separation + blink[pairs[:, 0]] - blink[pairs[:, 1]]
    return width, np.einsum("pc,pc->p", shut, separation) / np.maximum(width, 1e-9)


def skin_triangles(head: Head) -> np.ndarray:
    """(T, 3) triangles of the skin with the mouth's inside and the sockets, which are one piece."""
    quads = head.quads[(head.quads < len(head.opposite)).all(1)]
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def rest_aperture(head: Head, aligned: AlignedMesh, fitted: np.ndarray, triangles: np.ndarray) -> float:
    """The lip aperture of the user's mesh at rest, in metres."""
    return float(lip_aperture_of(head, _on_mesh(head, aligned, fitted, triangles)[0]))


def skin_vertices(head: Head) -> np.ndarray:
    """(V,) bool: vertices of the skin, without the mouth's inside and the sockets."""
    visible = np.zeros(len(head.opposite), bool)
    visible[head.quads[head.quad_part == head.parts.index("skin")]] = True
    return visible


def lips_and_lids(
    head: Head,
    aligned: AlignedMesh,
    fitted: np.ndarray,
    triangles: np.ndarray,
    deltas: np.ndarray,
    lip_edges: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(rest (V, 3), deltas (C, V, 3)) of the registered head's lips and lids as they are on the user's mesh, whose
    channels are deltas (C, N, 3); zero elsewhere. lip_edges as in `measure_fit`."""
    rest, rows, corners, barycentric = _on_mesh(head, aligned, fitted, triangles)
    out = np.zeros((len(deltas), *fitted.shape))
    out[:, rows] = np.einsum("fnkc,nk->fnc", deltas[:, corners], barycentric)
    if lip_edges is None:
        return rest, out
    for lip in (0, 1):
        edge, mine = lip_edges[:, lip], head.inner_lips[:, lip]
        across = np.maximum.accumulate(aligned.vertices[edge][:, 0])
        after = np.clip(np.searchsorted(across, fitted[mine, 0]), 1, len(edge) - 1)
        share = np.clip(
            (fitted[mine, 0] - across[after - 1]) / np.maximum(across[after] - across[after - 1], 1e-9), 0, 1
        )
        for values, on_edge in ((rest[None], aligned.vertices[None, edge]), (out, deltas[:, edge])):
            values[:, mine] = on_edge[:, after - 1] * (1 - share[:, None]) + on_edge[:, after] * share[:, None]
    return rest, out


def _on_mesh(
    head: Head, aligned: AlignedMesh, fitted: np.ndarray, triangles: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(positions (V, 3) on the user's mesh of the registered head's lips and lids, zero elsewhere; rows (n,) their
    indices; corners (n, 3) and barycentric (n, 3) coordinates of the user's triangles that they are on)."""
    rows = np.unique(np.concatenate([head.inner_lips.ravel(), lid_pairs(head).ravel()]))
    normals = vertex_normals(fitted, skin_triangles(head))[rows]
    corners, barycentric, _ = nearest_surface_points(
        fitted[rows], normals, aligned.vertices, triangles, NEAR, MIN_COSINE
    )
    rest = np.zeros(fitted.shape)
    rest[rows] = np.einsum("nkc,nk->nc", aligned.vertices[corners], barycentric)
    return rest, rows, corners, barycentric


def _pick_distances(head: Head, aligned: AlignedMesh, fitted: np.ndarray) -> dict[str, float]:
    names = list(aligned.picks)
    fitted_picks = landmark_weights(names, head)[:, : len(fitted)] @ fitted
    return {
        name: float(np.linalg.norm(point - aligned.picks[name]))
        for name, point in zip(names, fitted_picks, strict=True)
    }


def _axis(direction: np.ndarray) -> str:
    largest = int(np.abs(direction).argmax())
    return f"{'-' if direction[largest] < 0 else ''}{'xyz'[largest]}"


def _mm(metres: float) -> float:
    return round(float(metres) * 1e3, 3)
