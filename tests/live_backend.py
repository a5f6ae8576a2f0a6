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
from checkout import BACKEND, SAMPLES, TESTS

WAV = SAMPLES / "mono_16k.wav"
WORK = TESTS / "faulty_work.py"

CHILD = """
    import json
    import sys
    from pathlib import Path
    from mien.service.server import run_server
    from mien.service.workers.take_worker import Worker
    from mien.settings import Settings

    asked = json.loads(sys.argv[1])
    folder = Path(asked["folder"])
    settings = Settings.read({}, port=0, data_folder=folder / "data", **asked["settings"])
    worker = Worker(settings.data_folder, settings.memory_bytes, [sys.executable, asked["work"]])
    run_server(settings, port_file=folder / "port.json", parent=asked["parent"], worker=worker)
    print("mien: ended", flush=True)
"""


class Backend:
    """`log`: what it says on standard error. A file and no pipe: a chatty server must not wait for its test to read."""

    def __init__(self, process: subprocess.Popen, port_file: Path, log: Path) -> None:
        self.process, self.port_file, self.log = process, port_file, log
        self.line = process.stdout.readline().strip()
        self.url = self.line.removeprefix("mien: listening on ")
        self.http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def ask(self, seed: int = 0, sound: bytes = WAV.read_bytes(), **fields: str) -> str:
        """The URL of a new take."""
        reply = self.try_to_ask(seed, sound, **fields)
        assert reply.status_code == 202, reply.text
        return reply.json()["url"]

    def try_to_ask(self, seed: int = 0, sound: bytes = WAV.read_bytes(), **fields: str) -> httpx.Response:
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

    def end(self, url: str) -> dict:
        """The job once it is finished."""
        return self.until(url)

    def ended_cleanly(self) -> bool:
        rest, _ = self.process.communicate(timeout=20)
        assert self.log.read_text() == "", self.log.read_text()
        return rest.strip() == "mien: ended" and self.process.returncode == 0 and not self.port_file.exists()


@contextmanager
def backend(folder: Path, parent: int = 0, **settings: object) -> Iterator[Backend]:
    """Its data are in `folder`, and stay there for the next one; `settings` by their names."""
    asked = {"folder": str(folder), "parent": parent or None, "work": str(WORK), "settings": settings}
    log = folder / "log.txt"
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(CHILD), json.dumps(asked)],
            stdout=subprocess.PIPE,
            stderr=said,
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
