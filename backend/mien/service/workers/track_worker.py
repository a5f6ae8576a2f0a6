# SPDX-License-Identifier: GPL-3.0-or-later
"""TrackWorker: the server's side of the process that tracks a face in a film. Each film has a process of its own, as
what decodes it reads untrusted files: a film that breaks it breaks nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mien.service.workers.single_job_worker import SingleJob, SingleJobWorker

MODULE = "mien.service.workers.track_process"
LIMIT_S = 3600.0  # of work; ten minutes of 4K film take some twenty minutes of two cores


class TrackWorker(SingleJobWorker):
    """A Worker of films to track, of at most `film_s` seconds."""

    def __init__(self, data_folder: Path, memory: int = 0, film_s: float = 600.0) -> None:
        super().__init__(data_folder, memory)
        self._film_s = film_s

    def job(self, request: Any, source: Path, result: Path) -> SingleJob:
        message = {"request": request.to_json(), "film": str(source), "take": str(result), "limit_s": self._film_s}
        return SingleJob(
            MODULE,
            message,
            LIMIT_S,
            f"Tracking took longer than {LIMIT_S / 60:g} minutes; make the film shorter or smaller.",
            f"The film {request.name!r} broke the tracker: {{}}. It may be damaged: export it again as MP4 (H.264).",
        )
