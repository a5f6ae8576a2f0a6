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
from mien.files.markdown import require_section, write_section  # noqa: E402
from mien.heads.default import Head, load_head  # noqa: E402

SECTION = "bind table"  # of the page
PICKS = ("nose_tip", "chin", "nose_bridge", "mouth_right", "lip_upper", "lip_lower", "ear_right", "jaw_right")
PICKS += ("eye_outer_right", "eye_inner_right", "eye_upper_right", "eye_lower_right")
MOVES = 0.001  # m: errors are of vertices that the true channel moves further than this
MESH_AXES = 100 * np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # the meshes are in centimetres with z up


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure mien bind and write the table.")
    parser.add_argument("--into", type=Path, default=HERE.parent / "docs" / "bind.md")
    args = parser.parse_args()
    require_section(args.into, SECTION)  # before minutes of work
    head, rows, errors = load_head(), [], {name: [] for name in load_head().channels}
    for name, face, warp, remesh in cases(head):
        row, by_channel = measure(name, head, face, warp, remesh)
        print(row, flush=True)
        rows.append(row)
        for channel, values in by_channel.items():
            errors[channel].append(values)
    write_section(args.into, SECTION, table(rows, errors))
    return 0


def cases(head: Head) -> list[tuple[str, np.ndarray, Callable, Callable]]:
    """(name, neutral face (V, 3), proportions, remeshing): none has the default head's topology."""
    count = len(head.opposite)
    quads = head.quads[(head.quads < count).all(1)]
    triangles = retopology.halves(quads)

    def dual(face: np.ndarray) -> tuple:
        return retopology.dual(count, quads)

    def finer(face: np.ndarray) -> tuple:
        return retopology.subdivided(count, triangles)

    def coarser(face: np.ndarray) -> tuple:
        kept, remaining = retopology.collapsed(face, triangles, count // 2, 1)
        return np.eye(count)[kept], remaining

    def remeshed(face: np.ndarray) -> tuple:
        barycentric, fine = retopology.subdivided(count, triangles)
        kept, remaining = retopology.collapsed(barycentric @ face, fine, 5000, 2)
        return barycentric[kept], remaining

    woman, man = head.identities["woman"], head.identities["old_man"]
    default = head.vertices
    return [
        ("woman, vertices between the old ones", woman, _as_it_is, dual),
        ("woman, four times as fine", woman, _as_it_is, finer),
        ("old man, half as fine", man, _as_it_is, coarser),
        ("old man, remeshed", man, _as_it_is, remeshed),
        ("other proportions, half as fine", default, retopology.warped, coarser),
        ("woman in other proportions, vertices between", woman, retopology.warped, dual),
    ]


def measure(name: str, head: Head, face: np.ndarray, warp: Callable, remesh: Callable) -> tuple[list, dict]:
    """(a row of the table, channel -> (mean, 95th percentile) in mm of the face's own size)"""
    count = len(head.opposite)
    face = face.astype(float)
    rest = warp(face)
    barycentric, triangles = remesh(rest[:count])
    truth = np.stack([barycentric @ (warp(face + delta) - rest)[:count] for delta in head.deltas.astype(float)])
    points = (landmark_weights(list(PICKS), head) @ rest @ MESH_AXES.T).tolist()
    picks: dict[str, object] = dict(zip(PICKS, points, strict=True))
    mesh = mesh_of((barycentric @ rest[:count]) @ MESH_AXES.T, triangles)
    bound = bind(mesh, picks, head=head)
    distance = np.linalg.norm(_all_deltas(bound, len(mesh.vertices)) @ np.linalg.inv(MESH_AXES).T - truth, axis=2)
    moves = np.linalg.norm(truth, axis=2) > MOVES
    by_channel = {
        channel: (distance[i][moves[i]].mean() * 1e3, np.percentile(distance[i][moves[i]], 95) * 1e3)
        for i, channel in enumerate(head.channels)
        if moves[i].any()
    }
    report = bound.report
    lips, lids = report["lips_mm"], report["lids_mm"].values()
    return [
        name,
        f"{len(mesh.vertices):,}",
        f"{distance[moves].mean() * 1e3:.2f}",
        f"{np.percentile(distance[moves], 95) * 1e3:.2f}",
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


def _all_deltas(bound: BindResult, vertices: int) -> np.ndarray:
    out = np.zeros((len(bound.channels), vertices, 3))
    out[:, bound.moved] = bound.deltas
    return out


def _as_it_is(points: np.ndarray) -> np.ndarray:
    return points


if __name__ == "__main__":
    raise SystemExit(main())
