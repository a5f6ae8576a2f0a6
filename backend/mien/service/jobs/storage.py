# SPDX-License-Identifier: GPL-3.0-or-later
"""Storage: what one running server keeps on the disk, its jobs in a database and their files in a cache."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mien.service.jobs.database import JobDatabase
from mien.service.jobs.file_cache import FileCache
from mien.service.jobs.recovery import adopt
from mien.service.jobs.state_folder import StateFolderError, abandoned_folders, lock_state_folder


class Storage:
    """In a locked folder, with the jobs and files of servers that run no more. Raises StateFolderError."""

    def __init__(self, data_folder: Path, cache_bytes: int) -> None:
        self.folder = lock_state_folder(data_folder)
        with self.errors():
            self.database = JobDatabase(self.folder.database)
            self.cache = FileCache(self.folder.files, self.database, cache_bytes)
            for abandoned in abandoned_folders(data_folder):
                adopt(abandoned, self.database, self.cache)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Around the start of a server: errors of the disk close the folder, as a StateFolderError."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            self.folder.close()
            raise StateFolderError(
                f"The backend cannot keep its jobs in {str(self.folder.folder)!r} ({error}). Make room there, or give "
                "another --data-folder or MIEN_DATA_FOLDER."
            ) from error

    def result(self, result_key: str) -> str | None:
        """sha256 of the result of a key, when its file is in the cache and whole."""
        sha256 = self.database.result(result_key)
        if sha256 is None:
            return None
        with self.cache.open(sha256) as file:
            return None if file is None else sha256

    def add_result(self, result_key: str, file: Path, sha256: str) -> None:
        """`file`, which is moved, is the result of a key. sqlite3.OperationalError or OSError when the disk is full."""
        self.cache.put(file, sha256)
        self.database.set_result(result_key, sha256)

    def close(self) -> None:
        self.cache.close()
        self.database.close()
        self.folder.close()
