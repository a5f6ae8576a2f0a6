# SPDX-License-Identifier: GPL-3.0-or-later
"""JobDatabase: what a server must still know after it was killed, in SQLite.

Every change is handed to the operating system before its method returns, and survives the end of the process, however
it ends. An accepted job is synced to the disk besides, and survives a loss of power; later changes can be made again.
Nothing depends on the time of day, which may jump: rows are numbered.
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
# Primary result codes (sqlite.org/rescode.html) that say nothing of the file's contents
OF_THE_DISK = {
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
}  # fmt: skip
UPLOADS = 10_000  # uploaded files whose decoded sound is remembered
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
# Later than version 1, and nothing that an older server would miss
READINGS = "CREATE TABLE IF NOT EXISTS readings (sha256 TEXT PRIMARY KEY, reading TEXT NOT NULL)"


@dataclass(frozen=True)
class Row:
    """A job in the database. `address` is its result key, `work` its request as JSON (takes: `TakeRequest.to_json`;
    other kinds name themselves under the key `kind`), `tries` how often its work began."""

    id: str
    client: str
    address: str
    work: str
    state: str = "queued"
    error: str | None = None
    sha256: str | None = None
    tries: int = 0


class JobDatabase:
    """Every method may be called from any thread, and raises sqlite3.OperationalError when the disk is full or fails,
    as does opening it."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        try:
            self._database = _opened(path)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in OF_THE_DISK:
                raise  # the jobs themselves are whole
            damaged = path.with_suffix(".damaged")
            log.error("the jobs in %s cannot be read (%s); they are set aside as %s", path, error, damaged.name)
            for ending in ("-wal", "-shm"):
                path.with_name(path.name + ending).unlink(missing_ok=True)
            path.replace(damaged)
            self._database = _opened(path)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    # jobs

    def add(self, row: Row) -> None:
        """Nothing happens when the id is known. A job that waits is synced to the disk."""
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
            "UPDATE jobs SET state = ?, error = ?, sha256 = ? WHERE id = ?",
            [(state, error, sha256, job_id) for job_id in ids],
        )

    def begin(self, ids: Iterable[str]) -> None:
        """Their work begins, once more."""
        self._write("UPDATE jobs SET state = 'running', tries = tries + 1 WHERE id = ?", [(job_id,) for job_id in ids])

    def requeue(self, ids: Iterable[str]) -> None:
        """They wait again, and the try does not count: it did not fail through them."""
        self._write("UPDATE jobs SET state = 'queued', tries = tries - 1 WHERE id = ?", [(job_id,) for job_id in ids])

    def drop(self, ids: Iterable[str]) -> None:
        self._write("DELETE FROM jobs WHERE id = ?", [(job_id,) for job_id in ids])

    def jobs(self) -> list[Row]:
        """In the order in which they were submitted."""
        return [
            Row(*row)
            for row in self._read(
                "SELECT id, client, address, work, state, error, sha256, tries FROM jobs ORDER BY number"
            )
        ]

    # results and the files that hold them

    def result(self, result_key: str) -> str | None:
        """sha256 of the result file of a result key."""
        return self._one("SELECT sha256 FROM results WHERE address = ?", result_key)

    def results(self) -> list[tuple[str, str]]:
        """(result key, sha256)"""
        return self._read("SELECT address, sha256 FROM results")

    def set_result(self, result_key: str, sha256: str) -> None:
        self._write("INSERT OR REPLACE INTO results VALUES (?, ?)", [(result_key, sha256)])

    def add_file(self, sha256: str, size: int) -> None:
        self._write(
            "INSERT OR REPLACE INTO files VALUES (?, ?, (SELECT COALESCE(MAX(used), -1) + 1 FROM files))",
            [(sha256, size)],
        )

    def sort_files(self, names: Iterable[str]) -> None:
        """Store their order of use, the least recently used first."""
        self._write("UPDATE files SET used = ? WHERE sha256 = ?", list(enumerate(names)))

    def drop_file(self, sha256: str) -> None:
        """And the results that it was."""
        with self._lock:
            self._write("DELETE FROM files WHERE sha256 = ?", [(sha256,)])
            self._write("DELETE FROM results WHERE sha256 = ?", [(sha256,)])

    def files(self) -> list[tuple[str, int]]:
        """(sha256, bytes), the least recently used first."""
        return self._read("SELECT sha256, bytes FROM files ORDER BY used")

    # uploads and rates

    def upload(self, sha256: str) -> tuple[str, int, str] | None:
        """(sha256 of the decoded samples, their number, how the file was read: JSON of a `Reading`) of an uploaded file
        that was decoded before."""
        rows = self._read(
            "SELECT sound, samples, COALESCE(reading, '') FROM uploads LEFT JOIN readings USING (sha256)"
            " WHERE sha256 = ?",
            sha256,
        )
        return rows[0] if rows else None

    def add_upload(self, sha256: str, sound: str, samples: int, reading: str = "") -> None:
        with self._lock:
            self._write("INSERT OR REPLACE INTO readings VALUES (?, ?)", [(sha256, reading)])
            self._write(
                "INSERT OR REPLACE INTO uploads (sha256, sound, samples) VALUES (?, ?, ?)", [(sha256, sound, samples)]
            )
            self._write("DELETE FROM uploads WHERE number <= (SELECT MAX(number) FROM uploads) - ?", [(UPLOADS,)])
            self._write("DELETE FROM readings WHERE sha256 NOT IN (SELECT sha256 FROM uploads)", [()])

    def rates(self) -> dict[str, float]:
        """Seconds of work for a second of sound, by engine."""
        return dict(self._read("SELECT engine, seconds FROM paces"))

    def set_rate(self, engine: str, seconds: float) -> None:
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


def _opened(path: Path) -> sqlite3.Connection:
    """The database of this version, made where there is none. Raises sqlite3.DatabaseError."""
    database = sqlite3.connect(path, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            database.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        elif version != VERSION:
            raise sqlite3.DatabaseError(f"they are of version {version}, this Mien reads version {VERSION}")
        with database:
            database.execute(READINGS)
        if database.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("it is damaged")
    except BaseException:
        database.close()
        raise
    return database
