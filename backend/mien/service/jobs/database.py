# SPDX-License-Identifier: GPL-3.0-or-later
"""Store: what a server must still know after it was killed, in SQLite.

Every change is with the system before its method returns, and survives the end of the process, however it ends. A job
that is accepted is on the disk besides, and survives the end of the machine; what comes after can be made again.
Nothing depends on the time of day, which may jump: order is counted.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

VERSION = 1
UPLOADS = 10_000  # files whose sound is remembered
TABLES = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, client TEXT NOT NULL, address TEXT NOT NULL,
    work TEXT NOT NULL, state TEXT NOT NULL, error TEXT, sha256 TEXT, tries INTEGER NOT NULL
);
CREATE TABLE results (address TEXT PRIMARY KEY, sha256 TEXT NOT NULL);
CREATE TABLE files (sha256 TEXT PRIMARY KEY, bytes INTEGER NOT NULL, used INTEGER NOT NULL);
CREATE INDEX by_use ON files (used);
CREATE TABLE uploads (number INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT UNIQUE NOT NULL, sound TEXT NOT NULL,
    samples INTEGER NOT NULL);
CREATE TABLE paces (engine TEXT PRIMARY KEY, seconds REAL NOT NULL);
"""


@dataclass(frozen=True)
class Row:
    """A job as it is written down. `work` is the order as JSON, `tries` how often it was begun."""

    id: str
    client: str
    address: str
    work: str
    state: str = "queued"
    error: str | None = None
    sha256: str | None = None
    tries: int = 0


class Store:
    """One database; every method may be called from any thread. sqlite3.OperationalError when the disk is full."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        try:
            self._open(path)
        except sqlite3.DatabaseError as error:
            aside = path.with_suffix(".damaged")
            log.error("the jobs in %s cannot be read (%s); they are set aside as %s", path, error, aside.name)
            self._database.close()
            for ending in ("-wal", "-shm"):
                path.with_name(path.name + ending).unlink(missing_ok=True)
            path.replace(aside)
            self._open(path)

    def _open(self, path: Path) -> None:
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        found = self._database.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            self._database.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        elif found != VERSION:
            raise sqlite3.DatabaseError(f"they are of version {found}, this Mien reads version {VERSION}")
        if self._database.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("it is damaged")

    def close(self) -> None:
        with self._lock:
            self._database.close()

    # jobs

    def add(self, row: Row) -> None:
        """Nothing happens when the job is known. One that waits is on the disk afterwards."""
        with self._lock:
            if row.state == "queued":
                self._database.execute("PRAGMA synchronous = FULL")
            try:
                self._write(
                    "INSERT OR IGNORE INTO jobs (id, client, address, work, state, error, sha256, tries)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [(row.id, row.client, row.address, row.work, row.state, row.error, row.sha256, row.tries)],
                )
            finally:
                self._database.execute("PRAGMA synchronous = NORMAL")

    def change(self, ids: Iterable[str], state: str, error: str | None = None, sha256: str | None = None) -> None:
        self._write(
            "UPDATE jobs SET state = ?, error = ?, sha256 = ? WHERE id = ?", [(state, error, sha256, id) for id in ids]
        )

    def begin(self, ids: Iterable[str]) -> None:
        """They are being worked on, once more."""
        self._write("UPDATE jobs SET state = 'running', tries = tries + 1 WHERE id = ?", [(id,) for id in ids])

    def put_back(self, ids: Iterable[str]) -> None:
        """They wait again, and that they were begun was not their fault."""
        self._write("UPDATE jobs SET state = 'queued', tries = tries - 1 WHERE id = ?", [(id,) for id in ids])

    def drop(self, ids: Iterable[str]) -> None:
        self._write("DELETE FROM jobs WHERE id = ?", [(id,) for id in ids])

    def jobs(self) -> list[Row]:
        """In the order in which they were asked for."""
        return [
            Row(*row)
            for row in self._read(
                "SELECT id, client, address, work, state, error, sha256, tries FROM jobs ORDER BY number"
            )
        ]

    # results and the files that hold them

    def result(self, address: str) -> str | None:
        """sha256 of the file that is the answer to an address."""
        return self._one("SELECT sha256 FROM results WHERE address = ?", address)

    def results(self) -> list[tuple[str, str]]:
        """(address, sha256)"""
        return self._read("SELECT address, sha256 FROM results")

    def set_result(self, address: str, sha256: str) -> None:
        self._write("INSERT OR REPLACE INTO results VALUES (?, ?)", [(address, sha256)])

    def add_file(self, sha256: str, size: int) -> None:
        self._write(
            "INSERT OR REPLACE INTO files VALUES (?, ?, (SELECT COALESCE(MAX(used), -1) + 1 FROM files))",
            [(sha256, size)],
        )

    def sort_files(self, names: Iterable[str]) -> None:
        """The least recently used first."""
        self._write("UPDATE files SET used = ? WHERE sha256 = ?", list(enumerate(names)))

    def drop_file(self, sha256: str) -> None:
        """And whatever it was the answer to."""
        with self._lock:
            self._write("DELETE FROM files WHERE sha256 = ?", [(sha256,)])
            self._write("DELETE FROM results WHERE sha256 = ?", [(sha256,)])

    def files(self) -> list[tuple[str, int]]:
        """(sha256, bytes), the least recently used first."""
        return self._read("SELECT sha256, bytes FROM files ORDER BY used")

    # what was learnt

    def upload(self, sha256: str) -> tuple[str, int] | None:
        """(sha256 of the sound, samples) of a file that was decoded before."""
        rows = self._read("SELECT sound, samples FROM uploads WHERE sha256 = ?", sha256)
        return rows[0] if rows else None

    def add_upload(self, sha256: str, sound: str, samples: int) -> None:
        with self._lock:
            self._write(
                "INSERT OR REPLACE INTO uploads (sha256, sound, samples) VALUES (?, ?, ?)", [(sha256, sound, samples)]
            )
            self._write("DELETE FROM uploads WHERE number <= (SELECT MAX(number) FROM uploads) - ?", [(UPLOADS,)])

    def paces(self) -> dict[str, float]:
        """Seconds of work that a second of sound takes, by engine."""
        return dict(self._read("SELECT engine, seconds FROM paces"))

    def set_pace(self, engine: str, seconds: float) -> None:
        self._write("INSERT OR REPLACE INTO paces VALUES (?, ?)", [(engine, seconds)])

    def _write(self, statement: str, rows: list[tuple]) -> None:
        with self._lock, self._database:
            self._database.executemany(statement, rows)

    def _read(self, statement: str, *values: object) -> list[tuple]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def _one(self, statement: str, *values: object) -> str | None:
        rows = self._read(statement, *values)
        return rows[0][0] if rows else None
