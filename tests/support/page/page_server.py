# SPDX-License-Identifier: GPL-3.0-or-later
"""A backend for tests of its page, in a process of its own: the toy engine makes takes, and films are a second of grey.
A film whose voice is called "held.wav" is not made until it is cancelled, one of "refused.wav" is refused."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import httpx
import numpy as np
from checkout import BACKEND, SUPPORT
from held_worker import HeldWorker
from in_thread import InThread
from mien.service.workers.worker import WorkFailed
from mien.video.writer import write_film

GREY = 90
ROOMS = (BACKEND, SUPPORT, SUPPORT / "jobs", SUPPORT / "video")


class FilmWorker(HeldWorker):
    """Makes grey films, with progress."""

    def make(self, requests, source: Path, results, on_progress, on_result, stop) -> float:
        (request,) = requests
        on_progress(0.25, "tracking")
        if request.voice_name == "held.wav":
            return super().make(requests, source, results, on_progress, on_result, stop)
        if request.voice_name == "refused.wav":
            raise WorkFailed(f"{request.shown_name} shows nobody; choose another.")
        on_progress(0.5, "rendering")
        film = results[0].with_suffix(".mp4")
        write_film(film, [np.full((96, 96, 3), GREY, np.uint8)] * 25, Fraction(25))
        content = film.read_bytes()
        film.replace(results[0])
        on_result(0, hashlib.sha256(content).hexdigest())
        return 0.1


class PageServer:
    """`url` is where it listens; the same after it was killed and started again. Its data are in `folder`."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder, self.settings, self.url = folder, {"port": 0, **settings}, ""
        self.start()

    def start(self) -> None:
        arguments = json.dumps({"folder": str(self.folder), "settings": self.settings})
        self.log = self.folder / "log.txt"
        with self.log.open("a") as errors:
            self.process = subprocess.Popen(
                [sys.executable, __file__, arguments],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, ROOMS))},
            )
        line = self.process.stdout.readline().strip()
        assert line.startswith("mien: listening on "), line + self.log.read_text()
        self.url = line.removeprefix("mien: listening on ")
        self.settings["port"] = int(self.url.rpartition(":")[2])
        self.http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.http.close()


def main() -> None:
    from mien.service.server import run_server
    from mien.settings import Settings

    arguments = json.loads(sys.argv[1])
    settings = Settings.read({}, data_folder=Path(arguments["folder"]) / "data", **arguments["settings"])
    run_server(settings, workers={"take": InThread(), "film": FilmWorker()})


if __name__ == "__main__":
    main()
