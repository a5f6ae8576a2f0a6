# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's app with a scheduler of its own, in the test's process, and a client of it."""

import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path

from checkout import SAMPLES
from in_thread import InThread
from mien.service.http.app import create_app
from mien.service.jobs.scheduler import Scheduler
from mien.service.workers import decode_process
from mien.service.workers.decode_process import Decoder
from mien.settings import Settings
from starlette.testclient import TestClient

WAV = (SAMPLES / "mono_16k.wav").read_bytes()
SETTINGS = Settings(limit_s=5, limit_bytes=2**20, queue=2)

decode_process.TIME_S = 300.0  # to start in, and decode, on any machine
# One process for all tests: it takes a second to start, and ends with them
DECODER = Decoder(SETTINGS.limit_s, Path(tempfile.gettempdir()))


class Service:
    """Takes are made by the toy engine, unless the `worker` of takes does something else."""

    def __init__(self, folder: Path, worker: InThread | None = None, settings: Settings = SETTINGS) -> None:
        settings = replace(settings, data_folder=folder)
        self.scheduler = Scheduler(settings, {"take": worker or InThread()})
        app = create_app(settings, self.scheduler, DECODER)
        self.http = TestClient(app, base_url="http://127.0.0.1:8642", raise_server_exceptions=False)

    def submit(self, sound: bytes = WAV, name: str = "voice.wav", **fields: str):
        return self.http.post("/v1/takes", files={"sound": (name, sound)}, data={"engine": "toy"} | fields)

    def events(self, job_id: str) -> list[tuple[str, dict]]:
        """Every event of a take until its stream ends."""
        text = self.http.get(f"/v1/takes/{job_id}/events").text
        matches = re.findall(r"event: (\w+)\ndata: (.*)\n\n", text)
        return [(kind, json.loads(data)) for kind, data in matches]


def check_problem(reply, status: int, sentence: str) -> None:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["mien-api"] == "1"
    body = reply.json()
    assert body["status"] == status and body["type"] == "about:blank" and body["title"]
    assert re.search(sentence, body["detail"]), body["detail"]
