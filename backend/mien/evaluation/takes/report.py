# SPDX-License-Identifier: GPL-3.0-or-later
"""The results of `mien evaluate takes` as tables, for people, and as one object, for machines."""

from __future__ import annotations

import math

import numpy as np

from mien.direction import EMOTIONS
from mien.engines.neural.motion_space import FPS
from mien.evaluation.takes.comparison import SPEAKERS, Row
from mien.evaluation.takes.evaluate import Results
from mien.evaluation.takes.expression import rises
from mien.files.markdown import table

HEAD = (
    "takes of", "MVE, mm", "LVE, mm²", "MEE, mm²", "CE, mm²", "FDD, mm²", "diversity, mm", "p b m shown",
    "lips with the truth, r", "lips among takes, r",
)  # fmt: skip


def for_page(results: Results) -> str:
    """Markdown."""
    temperatures = [f"{t:g}" for t in results.diversity]
    parts = [
        comparison(results.rows),
        "**Emotions**",
        table(("", *EMOTIONS[1:]), _emotions(results)),
        "**Diversity against temperature**",
        table(("mm at a temperature of", *temperatures), [
            (name, *(f"{1000 * both[i]:.2f}" for both in results.diversity.values()))
            for i, name in enumerate(("whole face", "lips"))
        ]),
    ]  # fmt: skip
    return "\n\n".join(parts)


def comparison(rows: list[Row]) -> str:
    """Markdown: a table for each kind of speakers there is."""
    parts = []
    for who in SPEAKERS:
        of_them = [row for row in rows if row.speakers == who]
        if of_them:
            measures = of_them[0].measures
            parts += [
                f"**{who.capitalize()}** ({measures.sequences} stretches, {measures.frames / FPS:.0f} s)",
                table(HEAD, [_cells(row) for row in of_them]),
            ]
    return "\n\n".join(parts)


def as_object(results: Results) -> dict:
    """Everything, for JSON; NaN becomes null."""
    rows = [
        {
            "takes": row.system, "speakers": row.speakers, "stretches": row.measures.sequences,
            **{name: _plain(getattr(row.measures, name)) for name in ("mve", "lve", "mee", "ce", "fdd", "diversity")},
            **{name: _plain(getattr(row.lips, name)) for name in ("share_met", "with_truth", "among_takes")},
        }
        for row in results.rows
    ]  # fmt: skip
    return {
        "rows": rows,
        "risen": {
            name: {key: value.tolist() for key, value in vars(rise).items()} for name, rise in results.risen.items()
        },
        "emotions": list(EMOTIONS), "named": results.named.tolist(),
        "diversity": {str(t): list(both) for t, both in results.diversity.items()},
    }  # fmt: skip


def _cells(row: Row) -> list[str]:
    m, lips = row.measures, row.lips
    return [
        row.system, f"{1e3 * m.mve:.3f}", *(f"{1e6 * each:.2f}" for each in (m.lve, m.mee, m.ce)),
        f"{1e6 * m.fdd:+.3f}", f"{1e3 * m.diversity:.3f}", f"{100 * lips.share_met:.1f} %", _share(lips.with_truth),
        _share(lips.among_takes),
    ]  # fmt: skip


def _emotions(results: Results) -> list[list[str]]:
    risen = results.risen.values()
    rows = []
    for name, of in (("energy", lambda each: each.energies), ("displacement", lambda each: each.displacements)):
        whole = [rises(each.intensity, of(each).mean(0)) for each in risen]
        worst = [min(rises(each.intensity, one) for one in of(each)) for each in risen]
        rows += [
            [f"{name}: rank correlation over 11 intensities", *map(_share, whole)],
            ["the same, of the worst stretch", *map(_share, worst)],
        ]
    share = np.diag(results.named) / np.maximum(1, results.named.sum(1))
    neutral = f"named rightly at full intensity (neutral: {100 * share[0]:.0f} %)"
    return [
        ["energy at intensity 0", *(f"{each.energies.mean(0)[0]:.3f}" for each in risen)],
        ["energy at intensity 1", *(f"{each.energies.mean(0)[-1]:.3f}" for each in risen)],
        ["displacement at intensity 1, mm", *(f"{each.displacements.mean(0)[-1]:.2f}" for each in risen)],
        *rows,
        ["second difference of the displacement", *(f"{each.bend:.3f}" for each in risen)],
        [neutral, *(f"{100 * each:.0f} %" for each in share[1:])],
    ]


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
