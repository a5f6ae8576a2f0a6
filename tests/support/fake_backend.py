# SPDX-License-Identifier: GPL-3.0-or-later
"""A fake backend for tests of the extension: API v1 on the standard library, with canned takes.

`python fake_backend.py serve --port 0 --port-file F --parent PID` takes the same arguments as `mien serve`.
"""

import hashlib
import json
import os
import sys
import threading
import time
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

MISSING_WEIGHTS = {
    "sentence": "The weights of Other (CC-BY-NC-4.0) are the user's own to bring: download them from "
    "https://example.org/other and run: mien models import FOLDER.",
    "page": "https://example.org/other",
}
OPTIONAL_FIELDS = (
    "face", "face_level", "onset", "offset", "sound_guidance", "emotion_guidance", "lips_model", "persona", "held",
)  # fmt: skip
SUGGESTED = {
    "phrases": [],
    "intensity": [[0.25, 0.4], [0.5, 0.4], [0.75, 0.9], [1.0, 0.9]],
    "emotions": {"angry": [[0.25, 0.0], [0.5, 0.0], [0.75, 1.0], [1.0, 1.0]]},
    "shares": {"angry": 0.31, "neutral": 0.27, "happy": 0.2},
    "doubts": ["The intensity, phrase against phrase, is a fair guess.", "A voice seldom tells which emotion it is."],
}
ARKIT_SUBSET = ("jawOpen", "mouthClose", "eyeBlinkLeft", "eyeBlinkRight", "mouthSmileLeft")


def take_bytes(tensors: dict[str, np.ndarray], **meta: str) -> bytes:
    """A take file, written independently of Mien's own writers and readers."""
    names = {"float32": "F32", "float16": "F16", "int32": "I32", "uint8": "U8", "float64": "F64"}
    header: dict[str, object] = {
        "__metadata__": {
            "format": "mien.take",
            "format_version": "1",
            "fps": "24",
            "start": "0",
            "channels": "[]",
            "engine": "toy",
            "seed": "0",
            **meta,
        }
    }
    data = b""
    for name, array in tensors.items():
        header[name] = {
            "dtype": names[str(array.dtype)],
            "shape": list(array.shape),
            "data_offsets": [len(data), len(data) + array.nbytes],
        }
        data += array.tobytes()
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def channel_take(frames: int = 24, channels=ARKIT_SUBSET, fps: str = "24", seed: str = "0") -> bytes:
    """A take of named channels: a ramp of its own for each channel, and a nod of the head."""
    ramp = np.linspace(0, 1, frames, dtype=np.float32)
    weights = np.stack([ramp * (number + 1) / len(channels) for number in range(len(channels))], 1)
    head = np.stack([0.1 * ramp, 0.2 * ramp, -0.05 * ramp], 1).astype(np.float32)
    return take_bytes(
        {"weights": weights.astype(np.float32), "head_rotation": head},
        channels=json.dumps(list(channels)),
        fps=fps,
        seed=seed,
    )


class FakeBackend(ThreadingHTTPServer):
    """Attributes set its behaviour. requests: the forms that were submitted; slow: seconds a job; fail: a sentence with
    which jobs fail; refuse: one with which submissions are refused; damage: whether takes lose their last bytes."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.api, self.header_api, self.token = 1, "1", ""
        self.slow, self.fail, self.refuse, self.damage = 0.0, "", "", False
        self.own_models = "cd" * 32
        self.personas, self.lips_models = ["ada", "bob"], ["mine"]
        self.full = 0  # so many more submissions are refused because the queue is full
        self.take = channel_take
        self.film_take = channel_take
        self.tracks = True  # whether it makes takes of films
        self.films = True  # whether it makes dubs and portraits
        self.made_film = lambda form: form.get("video", b"")  # form -> the film: a dub is the video itself
        self.suggested: dict | None = SUGGESTED  # what a voice suggests; None: there is no voice
        self.notes: list[str] = []  # sentences on a film that is done
        self.shapes = lambda mesh: b""  # mesh file -> shapes file
        self.requests: list[dict] = []
        self.cancelled: list[str] = []
        self.cancelled_kinds: list[str] = []
        self.jobs: dict[str, dict] = {}
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shut_down()

    def shut_down(self) -> None:
        self.shutdown()
        self.server_close()

    def info(self) -> dict:
        engine = {
            "name": "toy",
            "version": "1",
            "emotions": ["neutral", "happy"],
            "styles": [],
            "licence": "CC0-1.0",
            "follows": [],
            "head": "mien",
        }
        return {
            "name": "mien",
            "version": "0.1.0",
            "api": self.api,
            "device": "cpu",
            "engines": [
                {**engine, "missing": []},
                {**engine, "name": "other", "missing": [MISSING_WEIGHTS]},
                {**engine, "name": "closer", "missing": [], "follows": list(OPTIONAL_FIELDS)},
            ],
            "default_engine": "toy",
            "made_with": "ab" * 32,
            "own_models": self.own_models,
            "personas": self.personas,
            "learnt": {"persona": dict.fromkeys(self.personas, "ef" * 32)},
            "lips_models": self.lips_models,
            "limits": {"seconds": 600, "bytes": 1_000_000},
            "tracks": self.tracks,
            "films": self.films,
            "suggests_emotions": True,
            "head": {"name": "mien", "sha256": "", "vertices": 4538},
        }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeBackend

    def log_message(self, *_):
        """Log nothing."""

    def reply(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        if self.server.header_api:
            self.send_header("Mien-API", self.server.header_api)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def reply_json(self, status: int, data: dict) -> None:
        self.reply(status, json.dumps(data).encode())

    def problem(self, status: int, detail: str, **headers: str) -> None:
        body = json.dumps({"type": "about:blank", "title": "no", "status": status, "detail": detail}).encode()
        self.reply(status, body, "application/problem+json", **headers)

    def parse_request(self) -> bool:
        """Refuse a request without the token, where there is one."""
        if not super().parse_request():
            return False
        if self.server.token and self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self.problem(401, "This backend asks for a token.")
            return False
        return True

    def do_GET(self):
        parts = self.path.strip("/").split("/")
        if parts == ["v1", "info"]:
            return self.reply_json(200, self.server.info())
        job = self.server.jobs.get(parts[2]) if len(parts) > 2 else None
        if job is None:
            return self.problem(404, "There is no such job here.")
        share = min(1.0, (time.monotonic() - job["started"]) / max(self.server.slow, 1e-6))
        if parts[3:] == ["result"] and "mesh" in job["form"]:
            return self.reply(200, self.server.shapes(job["form"]["mesh"]))
        if parts[3:] == ["result"] and "voice" in job["form"]:
            return self.reply(200, self.server.made_film(job["form"]), "video/mp4")
        if parts[3:] == ["result"]:
            make = self.server.film_take if "film" in job["form"] else self.server.take
            data = make(fps=job["form"].get("fps") or "24", seed=str(job["seed"]))
            tag = hashlib.sha256(data).hexdigest()
            return self.reply(200, data[:-4] if self.server.damage else data, ETag=f'"{tag}"')
        if self.server.fail and share >= 1:
            return self.reply_json(200, {**job["public"], "state": "failed", "error": self.server.fail})
        state = "done" if share >= 1 else "running"
        left = {"left_s": round((1 - share) * self.server.slow)} if "voice" in job["form"] else {}
        left |= {"notes": self.server.notes} if share >= 1 and "voice" in job["form"] else {}
        return self.reply_json(200, {**job["public"], **left, "state": state, "stage": "phones", "fraction": share})

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # the client went away
            return None
        if self.server.refuse:
            return self.problem(415, self.server.refuse)
        if self.server.full:
            self.server.full -= 1
            return self.problem(429, "3 takes are waiting already, as many as may.", **{"Retry-After": "1"})
        form: dict = {"mesh": body} if self.path == "/v1/bind" else {}
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + (b"" if form else body))
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            payload = part.get_payload(decode=True)
            is_file = part.get_filename() is not None
            form[name] = payload if is_file else payload.decode()
            if is_file:
                several = name in ("video", "photo", "voice")
                form[f"{name}_filename" if several else "filename"] = part.get_filename()
        self.server.requests.append(form)
        if self.path == "/v1/suggested-emotions":
            if self.server.suggested is None:
                return self.problem(422, "No voice is heard in 'voice.wav': the sound is silence, 1.0 s of it.")
            return self.reply_json(200, self.server.suggested)
        job = f"job{len(self.server.requests)}"
        public = {"id": job, "stage": "", "fraction": 0.0, "error": None, "result": None}
        seed = json.loads(form.get("direction", "{}")).get("seed", 0)
        self.server.jobs[job] = {"started": time.monotonic(), "public": public, "form": form, "seed": seed}
        return self.reply_json(202, {"id": job, "state": "queued", "url": f"/v1/takes/{job}"})

    def do_DELETE(self):
        self.server.cancelled.append(self.path.rsplit("/", 1)[1])
        self.server.cancelled_kinds.append(self.path.split("/")[2])
        self.reply(204, b"")


def main(arguments: list[str]) -> int:
    """Serve until killed or until the parent has ended, like `mien serve`."""
    options = dict(zip(arguments[1::2], arguments[2::2], strict=False))
    with FakeBackend(int(options.get("--port", 0))) as backend:
        backend.slow = float(os.environ.get("FAKE_SLOW_S", "0"))
        port = backend.server_address[1]
        print(f"mien: listening on {backend.address}", flush=True)
        if "--port-file" in options:
            file = Path(options["--port-file"])
            part = file.with_suffix(".part")
            part.write_text(json.dumps({"port": port, "pid": os.getpid(), "api": 1}))
            part.replace(file)
        parent = int(options.get("--parent", 0))
        while not parent or os.getppid() == parent:
            time.sleep(0.05)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
