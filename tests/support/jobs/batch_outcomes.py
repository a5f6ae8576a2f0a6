# SPDX-License-Identifier: GPL-3.0-or-later
"""Outcomes of batches that nobody ran."""

from pathlib import Path

from mien.batch.line import Line
from mien.batch.report import Report
from mien.batch.run import FAILED, MADE, Outcome
from mien.direction import Direction
from mien.photo.options import PortraitOptions

CURVES = {"lips": [1.0, 9.0, 2.0], "brows": [0.0, 0.1, -0.2], "head": [0.0, 30.0, 1.0]}


def outcome(name: str, state: str = MADE, folder: Path = Path(), film: bool = False, **record: object) -> Outcome:
    line = Line(
        2, name, "portrait" if film else "take", folder / "voices" / f"{name}.wav", "toy", Direction(),
        options=PortraitOptions() if film else None,
    )  # fmt: skip
    known = {} if state == FAILED else {"sha256": "0" * 64, "faults": {}, "facts": {}, "curves": CURVES, "notes": []}
    return Outcome(line, "k" * 64, state, known | record)


def report(*outcomes: Outcome, most_flagged: float = 0.5) -> Report:
    return Report(outcomes, most_flagged, 1.5)


FLAGGED = {"faults": {"clipped": "the sound is clipped in 12 places"}}
