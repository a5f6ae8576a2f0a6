# SPDX-License-Identifier: GPL-3.0-or-later
"""A live backend for tests: a child process and a real socket; its engine does what the seed says (faulty_work.py)."""

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from checkout import BACKEND, SAMPLES, SUPPORT

WAV = SAMPLES / "mono_16k.wav"
WORK = SUPPORT / "faulty_work.py"

CHILD = """
    import json
    import sys
    from pathlib import Path
    from mien.service.server import run_server
    from mien.service.workers.take_worker import TakeWorker
    from mien.settings import Settings

    arguments = json.loads(sys.argv[1])
    folder = Path(arguments["folder"])
    settings = Settings.read({}, port=0, data_folder=folder / "data", **arguments["settings"])
    worker = TakeWorker(settings.data_folder, settings.memory_bytes, [sys.executable, arguments["work"]])
    port_file = folder / "port.json"
    run_server(settings, port_file=port_file, parent=arguments["parent"], workers={"take": worker})
    print("mien: ended", flush=True)
"""


class Backend:
    """`log`: its standard error. A file and no pipe: a server that logs much must not wait for its test to read."""

    def __init__(self, process: subprocess.Popen, port_file: Path, log: Path) -> None:
        self.process, self.port_file, self.log = process, port_file, log
        self.line = process.stdout.readline().strip()
        self.url = self.line.removeprefix("mien: listening on ")
        self.http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def submit(self, seed: int = 0, sound: bytes = WAV.read_bytes(), **fields: str) -> str:
        """The URL of a new take."""
        reply = self.try_to_submit(seed, sound, **fields)
        assert reply.status_code == 202, reply.text
        return reply.json()["url"]

    def try_to_submit(self, seed: int = 0, sound: bytes = WAV.read_bytes(), **fields: str) -> httpx.Response:
        data = {"direction": json.dumps({"seed": seed})} | fields
        return self.http.post("/v1/takes", files={"sound": ("voice.wav", sound)}, data=data)

    def until(self, url: str, *stages: str) -> dict:
        """The job as soon as its stage is one of these, or it is finished."""
        with self.http.stream("GET", url + "/events") as stream:
            for line in stream.iter_lines():
                job = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {"stage": ""}
                if job["stage"] in stages:
                    break
        return job if job["stage"] else self.http.get(url).json()

    def wait(self, url: str) -> dict:
        """The job once it is finished."""
        return self.until(url)

    def ended_cleanly(self) -> bool:
        rest, _ = self.process.communicate(timeout=20)
        assert self.log.read_text() == "", self.log.read_text()
        return rest.strip() == "mien: ended" and self.process.returncode == 0 and not self.port_file.exists()


@contextmanager
def backend(folder: Path, parent: int = 0, **settings: object) -> Iterator[Backend]:
    """Its data are in `folder`, and stay there for the next one; `settings` by their names."""
    arguments = {"folder": str(folder), "parent": parent or None, "work": str(WORK), "settings": settings}
    log = folder / "log.txt"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(CHILD), json.dumps(arguments)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | {"PYTHONPATH": str(BACKEND)},
        )
    try:
        running = Backend(process, folder / "port.json", log)
        assert running.line.startswith("mien: listening on http://127.0.0.1:"), log.read_text()
        yield running
    finally:
        process.kill()
        process.wait()
