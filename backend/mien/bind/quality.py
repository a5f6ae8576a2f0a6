# SPDX-License-Identifier: GPL-3.0-or-later
"""How well the default head lies on a face, and whether lids and lips meet there: measured on the user's own mesh."""

from __future__ import annotations

import numpy as np

from mien.bind.alignment import Placed
from mien.bind.deformation_transfer import LIDS, gap, lid_pairs
from mien.bind.delta_projection import ALIKE, NEAR, Carried
from mien.bind.picks import on_head
from mien.channels import ARKIT, columns
from mien.engines.articulation.phone_table import BILABIALS, ROWS
from mien.heads.correspondence import nearest_surface_points, vertex_normals
from mien.heads.default import Head
from mien.heads.lip_aperture import CLOSED, lip_aperture

CLOSE = 1.02  # mouthClose to jawOpen in a closure, as the rules were first written (docs/articulation.md, section 3)
OPENS = 0.5  # of what jawOpen parts on the default head: lips that part less are sewn together
SHUT = 0.0015  # m that a shut lid may leave
CROSSED = -0.003  # m by which lids may overlap: the upper lies over the lower
POOR = 0.003  # m: a 95th of a hundred distances beyond it is no good fit
STIRRED = 0.001  # m: the fit is judged where some channel moves the face further than this
PICK_AWAY = 0.008  # m from a pick to its point of the laid head


def fit(head: Head, placed: Placed, laid: np.ndarray, triangles: np.ndarray, found: Carried) -> dict[str, object]:
    """The report, ready for JSON; lengths in mm, in the default head's size."""
    stirred = (np.linalg.norm(found.deltas, axis=2) > STIRRED).any(0)
    distance = found.distance[found.on_face & stirred]
    rest, rows, corners, shares = _on_mesh(head, placed, laid, triangles)
    deltas = np.zeros((len(found.deltas), *laid.shape))
    deltas[:, rows] = np.einsum("fnkc,nk->fnc", found.deltas[:, corners], shares)
    report: dict[str, object] = {
        "own_units_per_metre": round(placed.unit, 6),
        "up": _axis(placed.turn[:, 1]),
        "ahead": _axis(placed.turn[:, 2]),
        "symmetric": placed.symmetric,
        "mirror_mm": None if not np.isfinite(placed.mirror_error) else _mm(placed.mirror_error),
        "fit_mm": {"mean": _mm(distance.mean()), "p95": _mm(np.percentile(distance, 95))} if len(distance) else None,
        "picks_mm": {name: _mm(value) for name, value in _picks_away(head, placed, laid).items()},
        "lips_mm": lips(head, rest, deltas),
        "lids_mm": lids(head, rest, deltas),
    }
    return report


def warnings(report: dict) -> tuple[str, ...]:
    """What the user should know, in sentences."""
    said = []
    fits = report["fit_mm"]
    if fits is None or fits["p95"] > POOR * 1e3:
        said.append(
            "The head does not lie well on this mesh: "
            + ("no vertex was reached" if fits is None else f"5 in 100 vertices are further than {fits['p95']} mm")
            + ". Pick more points, the lids and the middle of the lips first."
        )
    far = {name: away for name, away in report["picks_mm"].items() if away > PICK_AWAY * 1e3}
    if far:
        said.append(f"These picks are not where the fit has them: {', '.join(far)}. Look whether they are swapped.")
    mouth = report["lips_mm"]
    if mouth["jawOpen"] - mouth["rest"] < OPENS * mouth["jawOpen_of_the_default_head"]:
        said.append("The lips part little or not at all: on this mesh they seem to be one surface. Cut the mouth open.")
    for side, lid in report["lids_mm"].items():
        if lid["shut_most"] > SHUT * 1e3:
            said.append(f"The {side} eye stays open by {lid['shut_most']} mm at a full blink; pick the lids' middles.")
        if lid["shut_least"] < CROSSED * 1e3:
            said.append(f"The lids of the {side} eye cross by {-lid['shut_least']} mm; pick the lids' middles.")
    return tuple(said)


def lips(head: Head, rest: np.ndarray, deltas: np.ndarray) -> dict[str, float]:
    """mm between the lips on the mid-line of the user's mesh, at rest, with the jaw open, and for p, b and m."""

    def at(weights: np.ndarray) -> float:
        return _mm(float(gap(head, rest + np.tensordot(weights, deltas, 1))))

    own, jaw = head.vertices[: len(rest)].astype(float), head.channels.index("jawOpen")
    out = {"rest": at(np.zeros(len(deltas))), "jawOpen": at(np.eye(len(deltas))[jaw])}
    out["jawOpen_of_the_default_head"] = _mm(gap(head, own + head.deltas[jaw][: len(own)]) - gap(head, own))
    return out | {phone.lower(): at(closed(head, phone)) for phone in BILABIALS}


def closed(head: Head, phone: str) -> np.ndarray:
    """(C,) weights of the rules' p, b or m while the lips are shut."""
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
    """By side: mm between the rims of upper and lower lid, along the way they are apart when open: open (the widest
    pair), and at a full blink the most and the least, negative where the lids lie one over the other."""
    pairs, out = lid_pairs(head), {}
    for name in LIDS:
        side = "left" if name.endswith("Left") else "right"
        own = pairs[(head.vertices[pairs[:, 0], 0] > 0) == (side == "left")]
        apart = rest[own[:, 0]] - rest[own[:, 1]]
        wide = np.linalg.norm(apart, axis=1)
        shut = apart + (deltas[head.channels.index(name)][own[:, 0]] - deltas[head.channels.index(name)][own[:, 1]])
        left = np.einsum("pc,pc->p", shut, apart) / np.maximum(wide, 1e-9)
        out[side] = {"open": _mm(wide.max()), "shut_most": _mm(left.max()), "shut_least": _mm(left.min())}
    return out


def skin_triangles(head: Head) -> np.ndarray:
    """(T, 3) of the skin with the mouth's inside and the sockets, all one piece."""
    quads = head.quads[(head.quads < len(head.opposite)).all(1)]
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def rest_gap(head: Head, placed: Placed, laid: np.ndarray, triangles: np.ndarray) -> float:
    """Metres between the lips of the user's mesh at rest."""
    return float(gap(head, _on_mesh(head, placed, laid, triangles)[0]))


def outside(head: Head) -> np.ndarray:
    """(V,) bool: vertices of the skin alone."""
    seen = np.zeros(len(head.opposite), bool)
    seen[head.quads[head.quad_part == head.parts.index("skin")]] = True
    return seen


def _on_mesh(
    head: Head, placed: Placed, laid: np.ndarray, triangles: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(places (V, 3) on the user's mesh of the laid head's lips and lids, zero elsewhere; rows (n,) which these are;
    corners (n, 3), shares (n, 3) of the user's triangles they lie on)."""
    rows = np.unique(np.concatenate([head.inner_lips.ravel(), lid_pairs(head).ravel()]))
    normals = vertex_normals(laid, skin_triangles(head))[rows]
    corners, shares, _ = nearest_surface_points(laid[rows], normals, placed.vertices, triangles, NEAR, ALIKE)
    rest = np.zeros(laid.shape)
    rest[rows] = np.einsum("nkc,nk->nc", placed.vertices[corners], shares)
    return rest, rows, corners, shares


def _picks_away(head: Head, placed: Placed, laid: np.ndarray) -> dict[str, float]:
    names = list(placed.picks)
    there = on_head(names, head)[:, : len(laid)] @ laid
    return {name: float(np.linalg.norm(point - placed.picks[name])) for name, point in zip(names, there, strict=True)}


def _axis(direction: np.ndarray) -> str:
    largest = int(np.abs(direction).argmax())
    return f"{'-' if direction[largest] < 0 else ''}{'xyz'[largest]}"


def _mm(metres: float) -> float:
    return round(float(metres) * 1e3, 3)
