# SPDX-License-Identifier: GPL-3.0-or-later
"""Baking from scripts, in Blender with or without a window:

    from bl_ext.user_default.mien import api

    report = api.bake(scene="Shot 010")
    for entry in report.of("failed"):
        print(entry.speaker, entry.line, entry.why)

Calls return when all is done; Blender's window stands still meanwhile. The scene is not saved.
"""

from collections.abc import Callable, Iterable

import bpy

from .batch.plan import Choice, SurveyError
from .batch.report import Entry, Report
from .batch.run import Batch, BatchError

__all__ = ["BatchError", "Entry", "Report", "SurveyError", "bake", "report"]

Names = str | bpy.types.ID | Iterable[str | bpy.types.ID] | None


def bake(
    scene: Names = None,
    speakers: Names = None,
    lines: str | Iterable[str] | None = None,
    force: bool = False,
    backend: str | None = None,
    told: Callable[[Report], None] | None = None,
) -> Report:
    """Make what is due of the chosen lines, all where nothing is chosen; what became of each line.

    scene, speakers: names or datablocks, one or several; lines: names. force: make what is up to date, too. backend:
    its address, or an invitation that `mien serve --lan` printed; None is the one of the preferences, started if they
    say so. told: hears the report so far after each line that was made or failed.

    A line that cannot be made is an entry of the report, never an exception. Raises SurveyError for a name that the
    file does not have, BatchError while other takes are being generated.
    """
    return Batch(_choice(scene, speakers, lines), backend or "", force).run(told)


def report(
    scene: Names = None,
    speakers: Names = None,
    lines: str | Iterable[str] | None = None,
    backend: str | None = None,
) -> Report:
    """What `bake` would make, skip or refuse, and why; nothing is changed. The backend is asked for the versions of its
    engines, and not started. Raises SurveyError."""
    return Batch(_choice(scene, speakers, lines), backend or "").look()


def _choice(scene: Names, speakers: Names, lines: Names) -> Choice:
    return Choice(_names(scene), _names(speakers), _names(lines))


def _names(given: Names) -> tuple[str, ...]:
    if given is None:
        return ()
    several = [given] if isinstance(given, str | bpy.types.ID) else given
    return tuple(each if isinstance(each, str) else each.name for each in several)
