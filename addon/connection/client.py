# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of the backend's HTTP API, version 1, on the standard library. No bpy; every call may be made off the
main thread."""

import hashlib
import http.client
import ipaddress
import json
import ssl
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from .credentials import Credential, credentials

API = 1
CHUNK = 1 << 16  # bytes of a file sent at a time; a cancel is noticed between two chunks
BUSY_STATUSES = (429, 503)  # its queue is full; too many clients are connected
RETRY_S, RETRY_LIMIT_S = 10.0, 60.0  # default and longest wait for a busy backend


class ClientError(Exception):
    """The backend refused a request, or its answer cannot be used; the message is a sentence for the panel."""


class Unreachable(ClientError):
    """No backend answers at the address."""


class TimedOut(Unreachable):
    """The connection stands and no answer came in time; the backend may be busy."""


class TokenWanted(ClientError):
    """The backend needs a token, and ours is absent, wrong or revoked."""


class Untrusted(ClientError):
    """The certificate is not the trusted one, or none is trusted yet; `sha256` is its fingerprint, `expected` the
    trusted one. Nothing was sent."""

    def __init__(self, sentence: str, sha256: str, expected: str) -> None:
        super().__init__(sentence)
        self.sha256, self.expected = sha256, expected


class UnknownJob(ClientError):
    """The backend has no such job: it was restarted, or dropped the job long ago."""


class Busy(ClientError):
    """The backend has no capacity for this now; the request may be repeated after `seconds`."""

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class Stopped(Exception):
    """The animator cancelled."""


@dataclass(frozen=True)
class MissingPart:
    """A file or package that an engine lacks: a sentence, and the page where to get it, or ''."""

    sentence: str
    page: str = ""


@dataclass(frozen=True)
class EngineInfo:
    """An engine in /v1/info."""

    name: str
    version: str = ""
    emotions: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    licence: str = ""
    missing: tuple[MissingPart, ...] = ()  # it cannot work without them
    follows: tuple[str, ...] = ()  # the optional fields of a direction that it supports
    head: str = ""  # the head that it moves, 'mien' or 'flame'


@dataclass(frozen=True)
class BackendInfo:
    """The answer of /v1/info; the panel keeps it so that it can draw while no backend answers."""

    address: str
    version: str
    device: str
    engines: tuple[EngineInfo, ...]
    default_engine: str
    limits: dict[str, float] = field(default_factory=dict)  # name -> seconds of sound, bytes of a file
    made_with: str = ""  # hash of its code and weights, on which the bytes of takes depend
    own_models: str = ""  # hash of the user's own FLAME and weights, on which takes of FLAME depend
    tracks: bool = False  # whether it makes takes of films
    films: bool = False  # whether it makes dubs and portraits
    personas: tuple[str, ...] = ()  # of its user, by name: `mien learn`
    lips_models: tuple[str, ...] = ()  # and `mien train lips`
    learnt: tuple[tuple[str, str], ...] = ()  # ('persona/ada', sha256) of each of these
    performances: bool = False  # whether a take takes its non-verbal motion or its lips of a recorded one
    suggests_emotions: bool = False  # whether it says what a voice suggests


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


def split_address(address: str) -> tuple[str, int, bool]:
    """(host, port, whether https) of an address. Raises ClientError for one that cannot be used."""
    text = address.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = None, None, None
    if parts is None or parts.scheme not in ("http", "https") or not host or " " in host or parts.path not in ("", "/"):
        raise ClientError(f"'{address}' is not an address of a backend; write it like http://127.0.0.1:8642.")
    return host, port or 8642, parts.scheme == "https"


def is_loopback(address: str) -> bool:
    """Whether the address is of this machine. Raises ClientError as split_address does."""
    host = split_address(address)[0]
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def in_groups(sha256: str) -> str:
    """A fingerprint in groups of four digits, as the backend prints it for comparison."""
    return " ".join(sha256[i : i + 4] for i in range(0, len(sha256), 4))


class _PinnedConnection(http.client.HTTPSConnection):
    """HTTPS to the server whose certificate has this fingerprint, whatever its names and dates; else Untrusted."""

    def __init__(self, host: str, port: int, timeout: float, sha256: str) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # checked below, by its fingerprint
        super().__init__(host, port, timeout=timeout, context=context)
        self._sha256 = sha256

    def connect(self) -> None:
        super().connect()
        sha256 = hashlib.sha256(self.sock.getpeercert(binary_form=True) or b"").hexdigest()
        if sha256 == self._sha256:
            return
        self.close()
        where = f"{self.host}:{self.port}"
        if not self._sha256:
            sentence = f"The certificate of {where} is not known yet. Compare its fingerprint, then trust it."
        else:
            sentence = (
                f"The certificate of {where} has changed since it was trusted, and nothing was sent. Ask whoever runs "
                "the backend whether it was renewed; if not, something stands in between."
            )
        raise Untrusted(sentence, sha256, self._sha256)


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
        try:
            engines = tuple(
                EngineInfo(
                    name=str(engine["name"]),
                    version=str(engine.get("version", "")),
                    emotions=tuple(map(str, engine.get("emotions", ()))),
                    styles=tuple(map(str, engine.get("styles", ()))),
                    licence=str(engine.get("licence", "")),
                    missing=tuple(
                        MissingPart(str(part["sentence"]), str(part.get("page", "")))
                        for part in engine.get("missing", ())
                    ),
                    follows=tuple(map(str, engine.get("follows", ()))),
                    head=str(engine.get("head", "")),
                )
                for engine in reply["engines"]
            )
            limits = {name: float(value) for name, value in reply.get("limits", {}).items()}
            default = str(reply.get("default_engine") or engines[0].name)
            personas, lips_models = (tuple(map(str, reply.get(name, ()))) for name in ("personas", "lips_models"))
            learnt = tuple(
                (f"{kind}/{learnt_name}", str(digest))
                for kind, digests in reply.get("learnt", {}).items()
                for learnt_name, digest in digests.items()
            )
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            raise ClientError(f"The backend at {self.address} does not say which engines it has.") from None
        return BackendInfo(
            self.address,
            str(reply.get("version", "?")),
            str(reply.get("device", "?")),
            engines,
            default,
            limits,
            str(reply.get("made_with", "")),
            str(reply.get("own_models", "")),
            reply.get("tracks") is True,
            reply.get("films") is True,
            personas,
            lips_models,
            learnt,
            reply.get("performances") is True,
            reply.get("suggests_emotions") is True,
        )

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
        boundary = f"mien-{uuid.uuid4().hex}"
        texts = b"".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
            if value
        )
        tail = f"--{boundary}--\r\n".encode()
        with ExitStack() as stack:
            parts, total = [], 0
            for field_name, path in files.items():
                try:
                    size = path.stat().st_size
                    file = stack.enter_context(path.open("rb"))
                except OSError as error:
                    reason = error.strerror or error
                    raise ClientError(f"The {field_name} file '{path}' cannot be read: {reason}.") from None
                parts.append((_part_header(boundary, field_name, path.name), file))
                total += size

            def body() -> Iterator[bytes]:
                yield texts
                sent = 0
                for header, file in parts:
                    yield header
                    while chunk := file.read(CHUNK):
                        sent += len(chunk)
                        on_sent(sent / total)
                        yield chunk
                    yield b"\r\n"
                yield tail

            length = len(texts) + sum(len(header) + 2 for header, _ in parts) + total + len(tail)
            return self._json(
                "POST",
                f"/v1/{kind}",
                body(),
                {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(length)},
            )

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
            connection = _PinnedConnection(self.host, self.port, self.timeout_s, self.credential.sha256)
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


def _part_header(boundary: str, field_name: str, file_name: str) -> bytes:
    """What stands before a file in a multipart body."""
    name = quote(file_name, safe=" ()[],+-_.!'")  # a quote or a line end would break out of the header
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field_name}"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()


def _retry_after_s(retry_after: str) -> float:
    """The wait that a Retry-After header asks for; the default where it has a date, which the standard allows."""
    return min(max(float(retry_after), 1.0), RETRY_LIMIT_S) if retry_after.strip().isdecimal() else RETRY_S
