# SPDX-License-Identifier: GPL-3.0-or-later
"""Client: one animator's machine, as the service sees it, over one connection that is kept open."""

from __future__ import annotations

import http.client
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import soundfile

from mien.audio.speech import RATE
from mien.errors import MienError

BOUNDARY = "mien-load-6f1c"


class UnexpectedReply(MienError, RuntimeError):
    """The backend did not answer as it promises; the message says what was asked and what came."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


class Client:
    """Asks the backend on 127.0.0.1:`port`. Not for several threads at once."""

    def __init__(self, port: int, timeout_s: float = 60.0) -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Raises OSError or HTTPException when the backend does not answer; the next request connects anew."""
        try:
            self._link.request(method, path, body, dict(headers or {}))
            reply = self._link.getresponse()
            return Reply(reply.status, dict(reply.headers), reply.read())
        except BaseException:
            self._link.close()
            raise

    def expect(self, status: int, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """The reply with that status. Raises UnexpectedReply for another."""
        reply = self.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
        if reply.status != status:
            said = reply.body[:300].decode(errors="replace")
            raise UnexpectedReply(f"{method} {path} was answered with {reply.status}, not {status}: {said}")
        return reply

    def ask(self, sound: bytes, **fields: str) -> str:
        """The URL of a new take."""
        body, kind = form(sound, fields)
        return self.expect(202, "POST", "/v1/takes", body, Content_Type=kind).json["url"]

    def end(self, url: str) -> dict:
        """The job once it is finished, from its event stream."""
        events = self.expect(200, "GET", f"{url}/events").body.decode()
        job = json.loads(events.rpartition("event: end\ndata: ")[2])
        if job["state"] == "failed":
            raise UnexpectedReply(f"The take {url} failed: {job['error']}")
        return job

    def fetch(self, url: str) -> bytes:
        """The bytes of a take that is done."""
        return self.expect(200, "GET", f"{url}/result").body

    def made(self, sound: bytes, **fields: str) -> bytes:
        """A take from the asking to its bytes; the job is forgotten afterwards."""
        url = self.ask(sound, **fields)
        self.end(url)
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
