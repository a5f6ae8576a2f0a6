# SPDX-License-Identifier: GPL-3.0-or-later
"""FileCache: files named by the sha256 of their bytes, of a limited size in all; the least recently used are evicted
first.

Sources of jobs that wait are held until they are released, and a file that is being read is held while it is.
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

from mien.service.jobs.database import JobDatabase

log = logging.getLogger(__name__)


class FileCache:
    """Files in `folder`, listed in `database`, at most `cap` bytes. Every method may be called from any thread."""

    def __init__(self, folder: Path, database: JobDatabase, cap: int) -> None:
        self.folder, self.cap = folder, cap
        self._database, self._held, self._lock = database, Counter(), threading.RLock()
        self._sizes: OrderedDict[str, int] = OrderedDict()  # the least recently used first
        self._reconcile()

    def _reconcile(self) -> None:
        """Make list and folder agree, wherever the last server was interrupted."""
        present = {path.name for path in self.folder.iterdir()}
        for name, size in self._database.files():
            if name in present:
                self._sizes[name] = size
            else:
                self._database.drop_file(name)
        for name in present - set(self._sizes):
            (self.folder / name).unlink()

    def close(self) -> None:
        """Store the order of use. A killed server loses that order, and no file."""
        with self._lock:
            self._database.sort_files(self._sizes)

    @property
    def bytes(self) -> int:
        with self._lock:
            return sum(self._sizes.values())

    def __len__(self) -> int:
        return len(self._sizes)

    def __contains__(self, sha256: str) -> bool:
        """Listed, and in the folder, which somebody may have emptied."""
        return sha256 in self._sizes and self.path(sha256).exists()

    def path(self, sha256: str) -> Path:
        return self.folder / sha256

    def put(self, file: Path, sha256: str) -> None:
        """Move a file into the cache; `sha256` is that of its bytes."""
        size = file.stat().st_size
        with self._lock:
            file.replace(self.path(sha256))
            self._database.add_file(sha256, size)
            self._sizes[sha256] = size
            self._sizes.move_to_end(sha256)
            self._keep_to_cap()

    def hold(self, sha256: str) -> None:
        """Keep the file until it is released as often as it was held."""
        with self._lock:
            self._held[sha256] += 1

    def release(self, sha256: str) -> None:
        with self._lock:
            self._held[sha256] -= 1
            if self._held[sha256] <= 0:
                del self._held[sha256]
                self._keep_to_cap()

    @contextmanager
    def open(self, sha256: str) -> Iterator[BinaryIO | None]:
        """The file, checked against its name, at its beginning, and held while it is open. None when it is missing or
        damaged: then it is dropped, with the results that it was."""
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

    def free_space(self) -> None:
        """Evict every file that is not held: the disk is full."""
        with self._lock:
            self._evict(list(self._sizes), self.bytes)

    def _keep_to_cap(self) -> None:
        """The latest file stays, whatever its size: its client is about to fetch it."""
        self._evict(list(self._sizes)[:-1], self.bytes - self.cap)

    def _evict(self, names: list[str], excess: int) -> None:
        """Drop one after another until `excess` bytes are free; none that is held."""
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
                self._database.drop_file(sha256)
            except sqlite3.OperationalError as error:  # on a full disk; the next start finds that it is gone
                log.warning("that %s is gone could not be written down: %s", sha256, error)
