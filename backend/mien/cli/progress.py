# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress bar of the command line."""

from __future__ import annotations

from types import TracebackType


class ProgressBar:
    """A bar on standard error; called as an engine's Progress. `quiet`, or no terminal: nothing is drawn."""

    def __init__(self, title: str, quiet: bool = False):
        from rich.console import Console  # here, so that `mien --version` starts without it
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        stage = TextColumn("{task.fields[stage]}")
        columns = (TextColumn("{task.description:<16}"), BarColumn(), stage, TimeElapsedColumn())
        self._bar = Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True)
        self._task = self._bar.add_task(title, total=1.0, stage="")

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.stop()

    def __call__(self, fraction: float, stage: str) -> None:
        self._bar.update(self._task, completed=fraction, stage=stage)
