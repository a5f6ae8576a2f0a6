# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure `mien bind` on faces whose true channels are known, in meshes that are not the default head's, and write
the table into docs/bind.md:

    python meshes/bind_table.py            (some minutes; needs mien installed)
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "backend")]

import retopology  # noqa: E402
from mien.bind.bind import BindResult, bind  # noqa: E402
from mien.bind.mesh import mesh_of  # noqa: E402
from mien.bind.picks import landmark_weights  # noqa: E402
from mien.heads.default import Head, load_head  # noqa: E402

BEGIN, END = "<!-- bind table: begin -->", "<!-- bind table: end -->"
PICKS = ("nose_tip", "chin", "nose_bridge", "mouth_right", "lip_upper", "lip_lower", "ear_right", "jaw_right")
PICKS += ("eye_outer_right", "eye_inner_right", "eye_upper_right", "eye_lower_right")
MOVES = 0.001  # m: errors are of vertices that the true channel moves further than this
OWN = 100 * np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # centimetres, z up: another's units and axes


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure mien bind and write the table.")
    parser.add_argument("--into", type=Path, default=HERE.parent / "docs" / "bind.md")
    asked = parser.parse_args()
    head, rows, errors = load_head(), [], {name: [] for name in load_head().channels}
    for name, face, warp, remade in cases(head):
        row, by_channel = measured(name, head, face, warp, remade)
        print(row, flush=True)
        rows.append(row)
        for channel, values in by_channel.items():
            errors[channel].append(values)
    text = asked.into.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    asked.into.write_text(f"{before}{BEGIN}\n{table(rows, errors)}\n{END}{after}", "utf-8")
    return 0


def cases(head: Head) -> list[tuple[str, np.ndarray, Callable, Callable]]:
    """(what it is, neutral face (V, 3), proportions, its mesh): no mesh is the default head's."""
    count = len(head.opposite)
    quads = head.quads[(head.quads < count).all(1)]
    triangles = retopology.halves(quads)

    def dual(face: np.ndarray) -> tuple:
        return retopology.dual(count, quads)

    def finer(face: np.ndarray) -> tuple:
        return retopology.subdivided(count, triangles)

    def coarser(face: np.ndarray) -> tuple:
        kept, left = retopology.collapsed(face, triangles, count // 2, 1)
        return np.eye(count)[kept], left

    def other(face: np.ndarray) -> tuple:
        barycentric, fine = retopology.subdivided(count, triangles)
        kept, left = retopology.collapsed(barycentric @ face, fine, 5000, 2)
        return barycentric[kept], left

    woman, man = head.identities["woman"], head.identities["old_man"]
    default = head.vertices
    return [
        ("woman, vertices between the old ones", woman, _as_it_is, dual),
        ("woman, four times as fine", woman, _as_it_is, finer),
        ("old man, half as fine", man, _as_it_is, coarser),
        ("old man, remeshed", man, _as_it_is, other),
        ("other proportions, half as fine", default, retopology.warped, coarser),
        ("woman in other proportions, vertices between", woman, retopology.warped, dual),
    ]


def measured(name: str, head: Head, face: np.ndarray, warp: Callable, remade: Callable) -> tuple[list, dict]:
    """(a row of the table, channel -> (mean, 95th percentile) in mm of the face's own size)"""
    count = len(head.opposite)
    face = face.astype(float)
    rest = warp(face)
    barycentric, triangles = remade(rest[:count])
    true = np.stack([barycentric @ (warp(face + delta) - rest)[:count] for delta in head.deltas.astype(float)])
    picks = dict(zip(PICKS, (landmark_weights(list(PICKS), head) @ rest @ OWN.T).tolist(), strict=True))
    mesh = mesh_of((barycentric @ rest[:count]) @ OWN.T, triangles)
    bound = bind(mesh, picks, head=head)
    away = np.linalg.norm(_whole(bound, len(mesh.vertices)) @ np.linalg.inv(OWN).T - true, axis=2)
    moves = np.linalg.norm(true, axis=2) > MOVES
    by_channel = {
        channel: (away[i][moves[i]].mean() * 1e3, np.percentile(away[i][moves[i]], 95) * 1e3)
        for i, channel in enumerate(head.channels)
        if moves[i].any()
    }
    report = bound.report
    lips, lids = report["lips_mm"], report["lids_mm"].values()
    return [
        name,
        f"{len(mesh.vertices):,}",
        f"{away[moves].mean() * 1e3:.2f}",
        f"{np.percentile(away[moves], 95) * 1e3:.2f}",
        f"{report['fit_mm']['mean']:.2f}, {report['fit_mm']['p95']:.2f}",
        f"{lips['rest']:.1f}",
        ", ".join(f"{lips[phone]:.1f}" for phone in "pbm"),
        f"{max(lid['open'] for lid in lids):.0f}",
        f"{min(lid['shut_least'] for lid in lids):.1f} to {max(lid['shut_most'] for lid in lids):.1f}",
    ], by_channel


def table(rows: list, errors: dict[str, list]) -> str:
    """Markdown: a line for each mesh, then one for each channel."""
    titles = ["mesh", "vertices", "mean error", "95th of 100", "fit: mean, 95th", "lips at rest", "in p, b, m"]
    titles += ["lids open", "shut"]
    lines = [f"| {' | '.join(titles)} |", "|" + "---|" * len(titles)]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    lines += ["", "| channel | mean error | 95th of 100, worst mesh |", "|---|---|---|"]
    for channel, values in errors.items():
        if values:
            lines.append(f"| {channel} | {np.mean([v[0] for v in values]):.2f} | {max(v[1] for v in values):.2f} |")
    return "\n".join(lines)


def _whole(bound: BindResult, vertices: int) -> np.ndarray:
    out = np.zeros((len(bound.channels), vertices, 3))
    out[:, bound.moved] = bound.deltas
    return out


def _as_it_is(points: np.ndarray) -> np.ndarray:
    return points


if __name__ == "__main__":
    raise SystemExit(main())
