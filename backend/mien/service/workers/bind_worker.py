# SPDX-License-Identifier: GPL-3.0-or-later
"""BindWorker: the server's side of the process that binds a mesh. Each mesh has a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mien.service.workers.single_job_worker import SingleJob, SingleJobWorker

MODULE = "mien.service.workers.bind_process"
LIMIT_S = 600.0  # no mesh takes longer; a body of 200,000 vertices takes a minute


class BindWorker(SingleJobWorker):
    """A Worker of bindings."""

    def job(self, request: Any, source: Path, result: Path) -> SingleJob:
        return SingleJob(
            MODULE,
            {"mesh": str(source), "shapes": str(result)},
            LIMIT_S,
            f"Binding took longer than {LIMIT_S:g} s; make the mesh coarser or cut out the face.",
            "The process that bound the mesh is gone: {}. The mesh may be too large for this machine.",
        )
