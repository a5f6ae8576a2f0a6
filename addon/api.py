# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface for scripts, in Blender with or without a window:

    from bl_ext.user_default.mien import api

    report = api.bake(scene="Shot 010")
    for entry in report.of("failed"):
        print(entry.speaker, entry.line, entry.why)

Calls block until all is done, and Blender's window with them. The scene is not saved.
"""

from collections.abc import Callable, Iterable

import bpy

from .batch.plan import Choice, PlanError
from .batch.report import Entry, Report
from .batch.run import Batch, BatchError

__all__ = ["BatchError", "Entry", "PlanError", "Report", "bake", "report"]

Names = str | bpy.types.ID | Iterable[str | bpy.types.ID] | None


def bake(
    scene: Names = None,
    speakers: Names = None,
    lines: str | Iterable[str] | None = None,
    force: bool = False,
    backend: str | None = None,
    on_report: Callable[[Report], None] | None = None,
) -> Report:
    """Generate the takes that are due of the chosen lines, by default of all; the report on each line.

    scene, speakers: names or datablocks, one or several; lines: names. force: include lines that are up to date.
    backend: its address, or an invitation that `mien serve --lan` printed; None is the preferences' backend, which is
    started if they allow it. on_report: called with the report so far after each line that was made or failed.

    A line that cannot be made is an entry of the report, never an exception. Raises PlanError for a name that the file
    does not have, BatchError while other takes are being generated.
    """
    return Batch(_choice(scene, speakers, lines), backend or "", force).run(on_report)


def report(
    scene: Names = None,
    speakers: Names = None,
    lines: str | Iterable[str] | None = None,
    backend: str | None = None,
) -> Report:
    """The report on what `bake` would make, skip or refuse, and why; nothing is changed. The backend is asked for the
    versions of its engines, and is not started. Raises PlanError."""
    return Batch(_choice(scene, speakers, lines), backend or "").dry_run()


def _choice(scene: Names, speakers: Names, lines: Names) -> Choice:
    return Choice(_names(scene), _names(speakers), _names(lines))


def _names(value: Names) -> tuple[str, ...]:
    if value is None:
        return ()
    items = [value] if isinstance(value, str | bpy.types.ID) else value
    return tuple(item if isinstance(item, str) else item.name for item in items)
