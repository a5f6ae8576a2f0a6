# SPDX-License-Identifier: GPL-3.0-or-later
"""Shelf: files named by the sha256 of what is in them, of a size in all, the least recently used given up first.

Sounds that wait to be performed stay until they are released, and what is being read is not taken away.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mien.service.jobs.database import Store

log = logging.getLogger(__name__)


class Shelf:
    """Files in `folder`, listed in `store`, `cap` bytes of them. Every method may be called from any thread."""

    def __init__(self, folder: Path, store: Store, cap: int) -> None:
        self.folder, self.cap = folder, cap
        self._store, self._held, self._lock = store, Counter(), threading.RLock()
        self._sizes: OrderedDict[str, int] = OrderedDict()  # the least recently used first
        self._agree()

    def _agree(self) -> None:
        """List and folder say the same, whatever the last server was interrupted at."""
        there = {path.name for path in self.folder.iterdir()}
        for name, size in self._store.files():
            if name in there:
                self._sizes[name] = size
            else:
                self._store.drop_file(name)
        for name in there - set(self._sizes):
            (self.folder / name).unlink()

    def close(self) -> None:
        """Write down what was used last. What a killed server used last is forgotten; no file is."""
        with self._lock:
            self._store.sort_files(self._sizes)

    @property
    def bytes(self) -> int:
        with self._lock:
            return sum(self._sizes.values())

    def __len__(self) -> int:
        return len(self._sizes)

    def __contains__(self, sha256: str) -> bool:
        """Listed and there; somebody may have emptied the folder."""
        return sha256 in self._sizes and self.path(sha256).exists()

    def path(self, sha256: str) -> Path:
        return self.folder / sha256

    def put(self, file: Path, sha256: str) -> None:
        """Take in a file by moving it; `sha256` is that of its bytes."""
        size = file.stat().st_size
        with self._lock:
            file.replace(self.path(sha256))
            self._store.add_file(sha256, size)
            self._sizes[sha256] = size
            self._sizes.move_to_end(sha256)
            self._keep_to_cap()

    def hold(self, sha256: str) -> None:
        """It stays until it is released as often."""
        with self._lock:
            self._held[sha256] += 1

    def release(self, sha256: str) -> None:
        with self._lock:
            self._held[sha256] -= 1
            if self._held[sha256] <= 0:
                del self._held[sha256]
                self._keep_to_cap()

    @contextmanager
    def reading(self, sha256: str) -> Iterator[BinaryIO | None]:
        """The file, checked against its name and at its beginning; it stays while it is read. None when it is not there
        or damaged: then it is given up, and what it was the answer to must be made anew."""
        self.hold(sha256)
        try:
            file = self._checked(sha256)
            if file is None:
                yield None
            else:
                with file:
                    yield file
        finally:
            self.release(sha256)

    def _checked(self, sha256: str) -> BinaryIO | None:
        try:
            file = self.path(sha256).open("rb")
        except FileNotFoundError:
            if sha256 in self._sizes:
                log.warning("the file %s is gone from %s; what it held is made anew", sha256, self.folder)
                self._drop(sha256)
            return None
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            file.close()
            log.warning("the file %s in %s is damaged; what it held is made anew", sha256, self.folder)
            self._drop(sha256)
            return None
        file.seek(0)
        with self._lock:
            if sha256 in self._sizes:
                self._sizes.move_to_end(sha256)
        return file

    def make_room(self) -> None:
        """Give up everything that nobody needs: the disk is full."""
        with self._lock:
            self._give_up(list(self._sizes), self.bytes)

    def _keep_to_cap(self) -> None:
        """Whatever its size, the latest stays: somebody is about to fetch it."""
        self._give_up(list(self._sizes)[:-1], self.bytes - self.cap)

    def _give_up(self, names: list[str], excess: int) -> None:
        """One after another, until `excess` bytes are gone; none that is held."""
        for sha256 in names:
            if excess <= 0:
                return
            if not self._held[sha256]:
                excess -= self._sizes[sha256]
                self._drop(sha256)

    def _drop(self, sha256: str) -> None:
        with self._lock:
            self._sizes.pop(sha256, None)
            self.path(sha256).unlink(missing_ok=True)
            try:
                self._store.drop_file(sha256)
            except sqlite3.OperationalError as error:  # on a full disk; the next start finds that it is gone
                log.warning("that %s is gone could not be written down: %s", sha256, error)
