# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding: what one check of the doctor found, and how findings are told to people and to programs."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict, dataclass

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True)
class Finding:
    """`asked`, what was looked for; `found`, in words; `level`, OK, WARN or FAIL; `advice`, empty when OK."""

    asked: str
    found: str
    level: str = OK
    advice: str = ""


def healthy(findings: list[Finding]) -> bool:
    """Whether nothing failed; a warning is no failure."""
    return all(finding.level != FAIL for finding in findings)


def report(findings: list[Finding]) -> str:
    """The findings as a table, the advice below each, and a last line that sums up."""
    width = max(len(finding.asked) for finding in findings)
    lines = []
    for finding in findings:
        first, *rest = textwrap.wrap(finding.found, 80, break_long_words=False, break_on_hyphens=False)
        lines.append(f"{finding.level:<4}  {finding.asked:<{width}}  {first}")
        if finding.advice:
            rest.append(f"-> {finding.advice}")
        lines += [f"{'':<4}  {'':<{width}}  {line}" for line in rest]
    failed = sum(finding.level == FAIL for finding in findings)
    warned = sum(finding.level == WARN for finding in findings)
    if failed:
        lines.append(f"{failed} of {len(findings)} checks failed; what to do stands below each.")
    elif warned:
        lines.append(f"Mien can work here; {warned} of {len(findings)} checks have something to say.")
    else:
        lines.append("Mien can work here.")
    return "\n".join(lines)


def to_json(findings: list[Finding]) -> str:
    """{"healthy": bool, "findings": [{"asked", "found", "level", "advice"}]}"""
    return json.dumps({"healthy": healthy(findings), "findings": [asdict(f) for f in findings]}, indent=1)
