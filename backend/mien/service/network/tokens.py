# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens: who may use a backend that other machines can reach. One file a client, with the hash of its token.

A token is 256 random bits and is shown once. Its plain SHA-256 is enough to keep it: there is nothing to guess that
a slow hash would have to protect.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from mien.files.atomic import OWNER, atomic_write
from mien.files.private_folder import make_private_folder
from mien.service import ServiceError

FIRST = "everyone"  # the client that `--lan` makes where there is none
THIS_MACHINE = "this machine"  # who holds the token of one run, which only this user's files have
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
REREAD_S = 1.0  # a revocation holds after this at the latest, even where two changes share one time stamp


class TokenError(ServiceError):
    """A client cannot be added or revoked; the message says why."""


@dataclass(frozen=True)
class Client:
    """Somebody with a token: `sha256` of it, and the days when it was made and revoked (ISO), '' while it holds."""

    name: str
    sha256: str
    made: str
    revoked: str = ""


class Tokens:
    """The clients in a folder. What another process adds or revokes there holds at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.of_this_run = secrets.token_urlsafe(32)
        self._own = Client(THIS_MACHINE, _sha256(self.of_this_run), _today())
        self._lock = threading.Lock()
        self._read_at: tuple[int, float] = (0, -REREAD_S)
        self._clients: list[Client] = []

    def add(self, name: str) -> str:
        """A new client's token. Raises TokenError for a name that cannot be one, or that has a token."""
        if not NAME.fullmatch(name):
            raise TokenError(f"{name!r} cannot be a client's name; give letters, digits, '.', '_' or '-', at most 64.")
        known = next((client for client in self.clients() if client.name.lower() == name.lower()), None)
        if known is not None and not known.revoked:
            raise TokenError(
                f"There is a client {known.name!r} already, and its token cannot be shown again. Give another name, or "
                f"first: mien serve --revoke {known.name}"
            )
        token = f"mien-{secrets.token_urlsafe(32)}"
        self._write(Client(name, _sha256(token), _today()))
        return token

    def revoke(self, name: str) -> None:
        """From now on the client's token is refused. Raises TokenError when there is no such client."""
        clients = self.clients()
        for client in clients:
            if client.name == name:
                if not client.revoked:
                    self._write(replace(client, revoked=_today()))
                return
        names = ", ".join(client.name for client in clients) or "none"
        raise TokenError(f"There is no client {name!r}; there is: {names}.")

    def clients(self) -> list[Client]:
        """All, by name, the revoked ones too. Raises TokenError for a file that cannot be read."""
        clients = []
        for path in sorted(self.folder.glob("*.json")) if self.folder.is_dir() else []:
            try:
                clients.append(Client(**json.loads(path.read_text(encoding="utf-8"))))
            except (OSError, ValueError, TypeError) as error:
                raise TokenError(
                    f"{path} cannot be read as a client ({error}). Delete it and add the client anew."
                ) from None
        return clients

    def holder(self, token: str) -> Client | None:
        """Whose token it is, the client perhaps revoked; None for nobody's. As long for every token."""
        digest, holder = _sha256(token), None
        for client in [self._own, *self._fresh()]:
            if hmac.compare_digest(client.sha256, digest):
                holder = client
        return holder

    def _fresh(self) -> list[Client]:
        with self._lock:
            try:
                changed = self.folder.stat().st_mtime_ns
            except OSError:
                changed = 0
            now = time.monotonic()
            if changed != self._read_at[0] or now - self._read_at[1] >= REREAD_S:
                self._clients, self._read_at = self.clients(), (changed, now)
            return self._clients

    def _write(self, client: Client) -> None:
        """Whole or not at all, for this user only. Raises OSError."""
        make_private_folder(self.folder)
        path = self.folder / f"{client.name.lower()}.json"
        write_privately(path, json.dumps(asdict(client), indent=1).encode())


def write_privately(path: Path, data: bytes) -> None:
    """A file that only this user may read, whole or not at all. Raises OSError."""
    with atomic_write(path, mode=OWNER, sync=True) as file:
        file.write(data)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
