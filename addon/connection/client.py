# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of the backend's HTTP API, version 1, on the standard library. No bpy; every call may be made off the
main thread."""

import hashlib
import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from .address import split_address
from .backend_info import BackendInfo, info_from_reply
from .credentials import Credential, credentials
from .errors import Busy, ClientError, TimedOut, TokenWanted, UnknownJob, Unreachable
from .multipart import multipart_form
from .pinned_https import PinnedConnection

API = 1
BUSY_STATUSES = (429, 503)  # its queue is full; too many clients are connected
RETRY_S, RETRY_LIMIT_S = 10.0, 60.0  # default and longest wait for a busy backend


@dataclass(frozen=True)
class Progress:
    """The status of a job. state: queued, running, done, failed or cancelled; fraction: 0..1; left_s: seconds until it
    is done, position: its place in the queue, from 1; None where these are not known. notes: sentences on what became
    of a film."""

    state: str
    stage: str
    fraction: float
    error: str
    left_s: float | None = None
    notes: tuple[str, ...] = ()
    position: int | None = None


class Client:
    """A backend at one address. Every method raises ClientError: Unreachable where nothing answers, TokenWanted,
    Untrusted, UnknownJob, Busy. `credential` is by default the stored one of the address."""

    def __init__(self, address: str, timeout_s: float = 20.0, credential: Credential | None = None) -> None:
        self.host, self.port, self.secure = split_address(address)
        self.address = address.strip().partition("#")[0].rstrip("/")
        self.timeout_s = timeout_s
        self.credential = credential or credentials.of(address)

    def info(self) -> BackendInfo:
        reply = self._json("GET", "/v1/info")
        if reply.get("name") != "mien":
            raise ClientError(f"What answers at {self.address} is not a Mien backend; check the address.")
        self._check_api(reply.get("api"))
        return info_from_reply(reply, self.address)

    def submit(
        self,
        sound: Path,
        direction: str,
        engine: str = "",
        fps: str = "",
        on_sent: Callable[[float], None] = lambda share: None,
        head: str = "",
        performance: Path | None = None,
        performance_part: str = "",
    ) -> str:
        """Request a take of a sound file; the job's id. performance: a take's file whose part ('nonverbal', 'lips')
        replaces the engine's. `on_sent` is called with the share of the files that was sent, 0..1, and may raise
        Stopped."""
        fields = {"direction": direction, "engine": engine, "fps": fps, "head": head}
        if performance is None:
            return self._send("takes", {"sound": sound}, fields, on_sent)
        files = {"sound": sound, "performance": performance}
        return self._send("takes", files, fields | {"performance_part": performance_part}, on_sent)

    def submit_film(
        self, film: Path, fields: Mapping[str, str], on_sent: Callable[[float], None] = lambda share: None
    ) -> str:
        """Request the take of a face in a film; the job's id, of kind 'tracks'. fields: `face`, `fps`, `sound`, `begin`
        and `end` as the backend describes them. `on_sent` as of `submit`."""
        return self._send("tracks", {"film": film}, fields, on_sent)

    def submit_made_film(
        self,
        files: Mapping[str, Path],
        fields: Mapping[str, str],
        on_sent: Callable[[float], None] = lambda share: None,
    ) -> str:
        """Request a dub or a portrait; the job's id, of kind 'films'. files: `video` or `photo`, and `voice`; fields:
        `make`, `options` and `consent` as the backend describes them. `on_sent` as of `submit`."""
        return self._send("films", files, fields, on_sent)

    def _send(
        self, kind: str, files: Mapping[str, Path], fields: Mapping[str, str], on_sent: Callable[[float], None]
    ) -> str:
        """Submit a job of a kind with these files by the form's fields; the job's id. Empty fields are left out."""
        reply = self._post_form(kind, files, fields, on_sent)
        if not isinstance(reply.get("id"), str) or not reply["id"]:
            raise ClientError(f"The backend at {self.address} took the job but gave it no number.")
        return reply["id"]

    def suggest_emotion(self, sound: Path) -> dict:
        """What the voice of a sound file suggests: the reply of /v1/suggested-emotions."""
        return self._post_form("suggested-emotions", {"sound": sound}, {}, lambda share: None)

    def _post_form(
        self, kind: str, files: Mapping[str, Path], fields: Mapping[str, str], on_sent: Callable[[float], None]
    ) -> dict:
        """Post a multipart form; the reply."""
        with multipart_form(files, fields, on_sent) as form:
            return self._json("POST", f"/v1/{kind}", form.body, form.headers)

    def bind(self, mesh: bytes) -> str:
        """Request the blend shapes of a mesh (a file of format mien.mesh); the job's id, of kind 'bind'."""
        reply = self._json("POST", "/v1/bind", mesh, {"Content-Type": "application/octet-stream"})
        if not isinstance(reply.get("id"), str) or not reply["id"]:
            raise ClientError(f"The backend at {self.address} took the mesh but gave it no number.")
        return reply["id"]

    def progress(self, job: str, kind: str = "takes") -> Progress:
        reply = self._json("GET", f"/v1/{kind}/{quote(job, safe='')}")
        try:
            fraction = min(max(float(reply.get("fraction") or 0.0), 0.0), 1.0)
            state = str(reply["state"])
        except (KeyError, TypeError, ValueError):
            raise ClientError(f"The backend at {self.address} does not say how far the job is.") from None
        left = reply.get("left_s")
        left_s = float(left) if isinstance(left, int | float) else None
        notes = tuple(map(str, reply.get("notes") or ()))
        place = reply.get("position")
        position = place if isinstance(place, int) and not isinstance(place, bool) and place > 0 else None
        stage, error = str(reply.get("stage") or ""), str(reply.get("error") or "")
        return Progress(state, stage, fraction, error, left_s, notes, position)

    def result(self, job: str, kind: str = "takes") -> bytes:
        """The bytes of a finished job's result, checked against the hash in its ETag where there is one."""
        _, headers, data = self._request("GET", f"/v1/{kind}/{quote(job, safe='')}/result")
        tag = headers.get("ETag", "").removeprefix("W/").strip('"').removeprefix("sha256:")
        if tag and hashlib.sha256(data).hexdigest() != tag.lower():
            raise ClientError("The take was damaged on its way from the backend; generate it again.")
        return data

    def cancel(self, job: str, kind: str = "takes") -> None:
        self._request("DELETE", f"/v1/{kind}/{quote(job, safe='')}")

    def _check_api(self, version: object) -> None:
        if str(version) != str(API):
            raise ClientError(
                f"The backend at {self.address} speaks API version {version} and this extension speaks version {API}; "
                "update the older of the two."
            )

    def _json(self, method: str, path: str, body=None, headers: dict[str, str] | None = None) -> dict:
        data = self._request(method, path, body, headers)[2]
        try:
            reply = json.loads(data)
        except (ValueError, RecursionError):
            reply = None
        if not isinstance(reply, dict):
            raise ClientError(f"The backend at {self.address} answered {path} with something that is not JSON.")
        return reply

    def _request(
        self, method: str, path: str, body=None, headers: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        if self.secure:
            connection = PinnedConnection(self.host, self.port, self.timeout_s, self.credential.sha256)
        else:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout_s)
        token = {"Authorization": f"Bearer {self.credential.token}"} if self.credential.token else {}
        try:
            try:
                connection.request(method, path, body, {"Accept": "application/json", **token, **(headers or {})})
            except (BrokenPipeError, ConnectionResetError):
                if body is None:  # a backend that refuses a sound early closes the connection: its answer says why
                    raise
            response = connection.getresponse()
            data = response.read()
        except TimeoutError:
            raise TimedOut(f"The backend at {self.address} did not answer within {self.timeout_s:g} seconds.") from None
        except ssl.SSLError as error:
            raise Unreachable(
                f"No backend answers with https at {self.address} ({error.reason or error}); perhaps it is http."
            ) from None
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
            raise Unreachable(f"No backend answers at {self.address} ({reason}).") from None
        except http.client.HTTPException:
            raise ClientError(f"What answers at {self.address} is not a Mien backend; check the address.") from None
        finally:
            connection.close()
        api = response.headers.get("Mien-API")
        if api is None and response.status < 400:
            raise ClientError(f"What answers at {self.address} is not a Mien backend; check the address.")
        if api is not None:
            self._check_api(api)
        if response.status == 401:
            raise TokenWanted(self._refusal(response.status, data))
        if response.status == 404:
            raise UnknownJob(self._refusal(response.status, data))
        if response.status in BUSY_STATUSES:
            raise Busy(self._refusal(response.status, data), _retry_after_s(response.headers.get("Retry-After", "")))
        if response.status >= 400:
            raise ClientError(self._refusal(response.status, data))
        return response.status, response.headers, data

    def _refusal(self, status: int, data: bytes) -> str:
        """The detail of an RFC 9457 problem; for any other body a sentence with the status."""
        try:
            problem = json.loads(data)
            detail = problem.get("detail") or problem.get("title")
        except (ValueError, AttributeError, RecursionError):
            detail = None
        if isinstance(detail, str) and detail.strip():
            return detail.strip()
        return f"The backend at {self.address} refused with status {status} and gave no reason."


def _retry_after_s(retry_after: str) -> float:
    """The wait that a Retry-After header asks for; the default where it has a date, which the standard allows."""
    return min(max(float(retry_after), 1.0), RETRY_LIMIT_S) if retry_after.strip().isdecimal() else RETRY_S
