# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a batch: counts, the share that the checks flagged, and report.json."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.batch.run import FAILED, KEPT, MADE, Outcome
from mien.files.atomic import write_whole


@dataclass(frozen=True)
class Report:
    """outcomes: in the order of the plan; most_flagged: the share of lines with faults that still passes; seconds: of
    the run; unit: what a row of the plan is called; part: as "1-of-4", of a part of it."""

    outcomes: Sequence[Outcome]
    most_flagged: float
    seconds: float
    unit: str = "line"
    part: str = ""

    def path(self, folder: Path, suffix: str) -> Path:
        """Of a file of the report: report.json, or report.1-of-4.json of a part."""
        return report_path(folder, self.part, suffix)

    def of(self, state: str) -> int:
        """How many lines are in this state."""
        return sum(outcome.state == state for outcome in self.outcomes)

    @property
    def flagged(self) -> int:
        """How many lines the checks found faults in."""
        return sum(bool(outcome.faults) for outcome in self.outcomes)

    @property
    def faults(self) -> dict[str, int]:
        """How many lines have each fault, the most frequent first."""
        return dict(Counter(name for outcome in self.outcomes for name in outcome.faults).most_common())

    @property
    def too_many_flagged(self) -> bool:
        return self.flagged > self.most_flagged * len(self.outcomes)

    @property
    def passed(self) -> bool:
        """No line failed, and no more were flagged than may be."""
        return not self.of(FAILED) and not self.too_many_flagged

    def summary(self) -> dict[str, Any]:
        """Counts, for JSON."""
        return {
            "lines": len(self.outcomes),
            **{state: self.of(state) for state in (MADE, KEPT, FAILED)},
            "flagged": self.flagged,
            "faults": self.faults,
            "most_flagged": self.most_flagged,
            "passed": self.passed,
            "seconds": round(self.seconds, 3),
        }

    def as_json(self) -> dict[str, Any]:
        """The summary and every line."""
        return self.summary() | {"results": [_entry(outcome) for outcome in self.outcomes]}

    def sentences(self) -> list[str]:
        """For a terminal: the counts, then every line that failed."""
        counts = ", ".join(f"{self.of(state)} {state}" for state in (MADE, KEPT, FAILED) if self.of(state))
        first = f"{len(self.outcomes)} lines: {counts}; {self.flagged} flagged"
        if self.faults:
            first += f" ({', '.join(f'{name}: {count}' for name, count in self.faults.items())})"
        said = [f"{o.line.id} ({self.unit} {o.line.row}): {o.error}" for o in self.outcomes if o.error]
        if self.too_many_flagged:
            most = f"{self.most_flagged:.1%}"
            said.append(f"{self.flagged} of {len(self.outcomes)} lines are flagged, and --most-flagged allows {most}.")
        return [first, *said]


def report_path(folder: Path, part: str, suffix: str) -> Path:
    """report.json, or report.1-of-4.json of a part."""
    return folder / ".".join(filter(None, ("report", part, suffix)))


def write_report(report: Report, folder: Path) -> Path:
    """Write report.json into a folder; its path. OSError."""
    path = report.path(folder, "json")
    write_whole(path, json.dumps(report.as_json(), indent=1, ensure_ascii=False).encode() + b"\n")
    return path


def _entry(outcome: Outcome) -> dict[str, Any]:
    line, record = outcome.line, outcome.record
    entry = {
        "id": line.id,
        "row": line.row,
        "state": outcome.state,
        "make": line.make,
        "engine": line.engine,
        "seed": line.direction.seed,
        "voice": str(line.voice),
        "key": outcome.key,
    }
    if outcome.error:
        return entry | {"error": outcome.error} | {k: record[k] for k in ("traceback",) if k in record}
    return entry | {
        "file": line.file_name,
        "sha256": record["sha256"],
        "faults": outcome.faults,
        "facts": record.get("facts", {}),
        "notes": record.get("notes", []),
    }
