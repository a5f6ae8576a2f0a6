# SPDX-License-Identifier: GPL-3.0-or-later
"""Diagnostic: the result of one check of the doctor; a list of them as text and as JSON."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True)
class Diagnostic:
    """`check`, its name; `result`, in words; `level`, OK, WARN or FAIL; `advice`, empty when OK."""

    check: str
    result: str
    level: str = OK
    advice: str = ""


def healthy(diagnostics: list[Diagnostic]) -> bool:
    """Whether nothing failed; a warning is no failure."""
    return all(diagnostic.level != FAIL for diagnostic in diagnostics)


def report(diagnostics: list[Diagnostic]) -> str:
    """The diagnostics as a table, the advice below each, and a last line that sums up."""
    width = max(len(diagnostic.check) for diagnostic in diagnostics)
    lines = []
    for diagnostic in diagnostics:
        first, *rest = textwrap.wrap(diagnostic.result, 80, break_long_words=False, break_on_hyphens=False)
        lines.append(f"{diagnostic.level:<4}  {diagnostic.check:<{width}}  {first}")
        if diagnostic.advice:
            rest.append(f"-> {diagnostic.advice}")
        lines += [f"{'':<4}  {'':<{width}}  {line}" for line in rest]
    failed = sum(diagnostic.level == FAIL for diagnostic in diagnostics)
    warned = sum(diagnostic.level == WARN for diagnostic in diagnostics)
    if failed:
        lines.append(f"{failed} of {len(diagnostics)} checks failed; what to do stands below each.")
    elif warned:
        lines.append(f"Mien can work here; {warned} of {len(diagnostics)} checks warned; what to do stands below each.")
    else:
        lines.append("Mien can work here.")
    return "\n".join(lines)


def to_json(diagnostics: list[Diagnostic]) -> str:
    """{"healthy": bool, "findings": [{"asked", "found", "level", "advice"}]}"""
    rows = [{"asked": d.check, "found": d.result, "level": d.level, "advice": d.advice} for d in diagnostics]
    return json.dumps({"healthy": healthy(diagnostics), "findings": rows}, indent=1)
