# SPDX-License-Identifier: GPL-3.0-or-later
"""Place: the folder in which one running server keeps what it must not lose.

`service/1` in the data folder belongs to the first server, `service/2` to one that runs beside it, and so on; a lock
that the system drops when its process dies, however it dies, says which are taken.
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mien.service import ServiceError

PLACES = 16  # servers on one data folder; each Blender may have one


class PlaceError(ServiceError):
    """There is no folder for this server; the message says why and what to do."""


@dataclass
class Place:
    """`files` has what is named by its sha256, `incoming` what is being written, `database` the jobs."""

    folder: Path
    lock: BinaryIO

    @property
    def database(self) -> Path:
        return self.folder / "jobs.sqlite"

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def incoming(self) -> Path:
        return self.folder / "incoming"

    def new_file(self, ending: str) -> Path:
        """A name in `incoming` that nobody else has; there is no file yet."""
        return self.incoming / f"{secrets.token_hex(12)}.{ending}"

    def clear(self) -> None:
        """Remove what is kept here, but for the lock: another server may be waiting to take it."""
        for path in self.folder.glob(f"{self.database.name}*"):
            path.unlink()
        shutil.rmtree(self.files)
        shutil.rmtree(self.incoming)

    def close(self) -> None:
        self.lock.close()  # and the lock is open again


def take_place(data_folder: Path) -> Place:
    """The first folder that no running server has, emptied of what was half written. Raises PlaceError."""
    for number in range(1, PLACES + 1):
        place = _take(data_folder / "service" / str(number))
        if place is not None:
            return place
    raise PlaceError(
        f"{PLACES} backends are running on the data folder {str(data_folder)!r} already. End one, or give this one "
        "another --data-folder or MIEN_DATA_FOLDER."
    )


def left_places(data_folder: Path) -> list[Place]:
    """The folders that servers left behind, when none of those runs any more; each must be closed."""
    folders = [data_folder / "service" / str(number) for number in range(1, PLACES + 1)]
    places = [_take(folder) for folder in folders if (folder / "jobs.sqlite").exists()]
    return [place for place in places if place is not None]


def _take(folder: Path) -> Place | None:
    """The folder with its lock; None while another process has it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # voices are nobody else's business
        lock = (folder / "lock").open("a+b")
    except OSError as error:
        raise PlaceError(
            f"The backend cannot keep its jobs in {str(folder)!r} ({error.strerror}). Make the folder writable, or "
            "give another --data-folder or MIEN_DATA_FOLDER."
        ) from error
    if not _locked(lock):
        lock.close()
        return None
    place = Place(folder, lock)
    shutil.rmtree(place.incoming, ignore_errors=True)
    for each in (place.files, place.incoming):
        each.mkdir(exist_ok=True)
    return place


def _locked(lock: BinaryIO) -> bool:
    """Whether the lock could be had, without waiting."""
    try:
        if os.name == "nt":
            import msvcrt

            lock.seek(0)
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
