# SPDX-License-Identifier: GPL-3.0-or-later
"""Client: what the extension of one animator sends, over one connection that stays open."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import numpy as np
import soundfile

from mien.audio.speech import RATE
from mien.errors import MienError
from mien.service.network.connection import Connection, Reply

BOUNDARY = "mien-load-6f1c"


class UnexpectedReply(MienError, RuntimeError):
    """The backend did not answer as it promises; the message has the request and the reply."""


class Client(Connection):
    """To the backend on 127.0.0.1:`port`. Not for several threads at once."""

    def __init__(self, port: int, timeout_s: float = 60.0) -> None:
        super().__init__("127.0.0.1", port, timeout_s=timeout_s)

    def __enter__(self) -> Client:
        return self

    def expect(self, status: int, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """The reply with that status. Raises UnexpectedReply for another."""
        reply = self.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
        if reply.status != status:
            text = reply.body[:300].decode(errors="replace")
            raise UnexpectedReply(f"{method} {path} was answered with {reply.status}, not {status}: {text}")
        return reply

    def submit(self, sound: bytes, **fields: str) -> str:
        """The URL of a new take."""
        body, kind = form(sound, fields)
        return self.expect(202, "POST", "/v1/takes", body, Content_Type=kind).json["url"]

    def wait(self, url: str) -> dict:
        """The job once it is finished, from its event stream."""
        events = self.expect(200, "GET", f"{url}/events").body.decode()
        job = json.loads(events.rpartition("event: end\ndata: ")[2])
        if job["state"] == "failed":
            raise UnexpectedReply(f"The take {url} failed: {job['error']}")
        return job

    def fetch(self, url: str) -> bytes:
        """The bytes of a take that is done."""
        return self.expect(200, "GET", f"{url}/result").body

    def take(self, sound: bytes, **fields: str) -> bytes:
        """The bytes of a take, from its submission to its file; the job is forgotten afterwards."""
        url = self.submit(sound, **fields)
        self.wait(url)
        take = self.fetch(url)
        self.expect(204, "DELETE", url)
        return take


def form(sound: bytes, fields: Mapping[str, str]) -> tuple[bytes, str]:
    """(body, content type) of POST /v1/takes."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in fields.items()
    ]
    parts.append(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="sound"; filename="voice.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n".encode()
    )
    return b"".join([*parts, sound, f"\r\n--{BOUNDARY}--\r\n".encode()]), f"multipart/form-data; boundary={BOUNDARY}"


def wav(samples: np.ndarray) -> bytes:
    """Samples (N,) at 16 kHz as a 16-bit WAV file."""
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()
