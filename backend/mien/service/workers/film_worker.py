# SPDX-License-Identifier: GPL-3.0-or-later
"""FilmWorker: the server's side of the process that makes a dub or a portrait. Each film has a process of its own, as
what decodes its sources reads untrusted files, and a folder of its own, which is removed however the process ends."""

from __future__ import annotations

import shutil
from pathlib import Path

from mien.film_request import FilmRequest
from mien.service.workers.single_job_worker import SingleJob, SingleJobWorker
from mien.settings import NAMES, Settings

MODULE = "mien.service.workers.film_process"
LIMIT_S = 6 * 3600.0  # of work; ten minutes of film take some forty minutes of two cores
ENVIRONMENT = ("sign_certificate", "sign_key")  # settings that the process has to know


class FilmWorker(SingleJobWorker):
    """A Worker of dubs and portraits."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.data_folder, settings.memory_bytes)
        self._limit_s = settings.limit_s
        self._environment = {
            NAMES[name][1]: str(getattr(settings, name)) for name in ENVIRONMENT if getattr(settings, name)
        }
        self._folder: Path | None = None
        self._ended: int | None = None

    def job(self, request: FilmRequest, source: Path, result: Path) -> SingleJob:
        self._folder = result.with_suffix(".work")
        message = {
            "request": request.to_json(),
            "shown": str(source),
            "voice": str(source.with_name(request.voice)),
            "folder": str(self._folder),
            "film": str(result),
            "limit_s": self._limit_s,
            "environment": self._environment,
        }
        return SingleJob(
            MODULE,
            message,
            LIMIT_S,
            f"The film took longer than {LIMIT_S / 3600:g} hours; make it shorter or smaller.",
            f"The film of {request.name!r} broke its process: {{}}. A file may be damaged: export it again.",
        )

    def discard(self) -> None:
        """The parts of a dub, which its process could not remove as it was killed."""
        from mien.engines.personatalk.film.unfinished_dub import remove_unfinished

        if self._ended is not None:
            remove_unfinished(self._data_folder, self._ended)

    def release(self) -> None:
        self._ended = self.pid or self._ended
        super().release()
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
