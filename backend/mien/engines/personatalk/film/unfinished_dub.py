# SPDX-License-Identifier: GPL-3.0-or-later
"""UnfinishedDub: what there is of a dub before its film is whole, so that one that was killed goes on from there.

A folder of the user's data folder, named by what the dub depends on, for this user alone: the track, and the encoded
pictures part by part, each with a record that says that it is whole. It is removed when the film is written, and where
the dub is cancelled or refused; what nobody came back for is removed after a week. A process that is killed because its
dub was cancelled cannot do so itself: who killed it does.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock, Timeout

from mien.engines.base import Cancelled
from mien.errors import MienError
from mien.face_tracking import TrackingError
from mien.face_tracking.track import FaceTrack, read_track
from mien.files.atomic import OWNER, atomic_path, atomic_write, write_whole
from mien.files.private_folder import make_private_folder
from mien.video.consent import file_digest

if TYPE_CHECKING:
    from mien.engines.personatalk.film.part_encoder import PartEncoder

FOLDER = "unfinished-dubs"  # in the data folder
OLD = 7 * 24 * 3600.0  # s since something was written into a folder that nobody comes back for
TRACK, LOCK, PROCESS = "track.safetensors", "lock", "process"


class UnfinishedDub:
    """Of a dub whose pictures are in `parts`, once these are known."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def track(self, make: Callable[[], FaceTrack]) -> FaceTrack:
        """The track that is there, or else the one that `make` makes."""
        path = self._folder / TRACK
        with suppress(TrackingError, OSError, ValueError):
            return read_track(path)
        track = make()
        with atomic_write(path, mode=OWNER) as file:
            file.write(track.to_bytes())
        return track

    def path(self, part: range) -> Path:
        """Of the encoded pictures of a part."""
        return self._folder / f"{part.start:07d}-{part.stop:07d}.mkv"

    def covered(self, part: range) -> list[int] | None:
        """The pictures of a part that were found to be covered; None where the part is not there, or not whole."""
        try:
            record = json.loads(self._record(part).read_bytes())
            whole = file_digest(self.path(part)) == record["sha256"]
            return [int(number) for number in record["covered"]] if whole else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(
        self, part: range, pictures: Iterable[np.ndarray], encoder: PartEncoder, covered: Callable[[], list[int]]
    ) -> None:
        """Encode a part; `covered` is asked once its pictures are drawn. OSError, and what the encoder raises."""
        with atomic_path(self.path(part)) as path:
            encoder(path, part, pictures)
            record = {"sha256": file_digest(path), "covered": covered()}
            write_whole(self._record(part), json.dumps(record).encode())

    def _record(self, part: range) -> Path:
        return self.path(part).with_suffix(".json")


@contextmanager
def unfinished_dub(data_folder: Path, key: str) -> Iterator[UnfinishedDub]:
    """What is there of the dub with this key, for the time of the work on it. Where another process is at work on the
    same dub, nothing is shared with it. OSError where nothing can be written."""
    parent = make_private_folder(data_folder / FOLDER)
    _remove_old(parent)
    folder = make_private_folder(parent / key)
    lock = FileLock(folder / LOCK, timeout=0, mode=OWNER)
    resumable = True
    try:
        lock.acquire()
    except Timeout:
        resumable = False
        folder = make_private_folder(_another(folder))
        lock = FileLock(folder / LOCK, timeout=0, mode=OWNER)
        lock.acquire()
    try:
        write_whole(folder / PROCESS, str(os.getpid()).encode())
        yield UnfinishedDub(folder)
    except BaseException as error:
        if resumable and not isinstance(error, Cancelled | MienError):
            lock.release()
            raise
        _remove(folder, lock)
        raise
    _remove(folder, lock)


def remove_unfinished(data_folder: Path, process: int) -> None:
    """Remove what the dub of a process that has ended, by its number, has left."""
    for record in (data_folder / FOLDER).glob(f"*/{PROCESS}"):
        with suppress(OSError):
            if record.read_bytes() == str(process).encode():
                shutil.rmtree(record.parent, ignore_errors=True)


def _another(folder: Path) -> Path:
    """A new name beside it."""
    return folder.with_name(f"{folder.name[:16]}.{secrets.token_hex(8)}")


def _remove(folder: Path, lock: FileLock) -> None:
    """Under another name first, so that nobody takes the lock of a folder that goes."""
    with suppress(OSError):  # Windows: not while the lock is open
        folder = folder.rename(_another(folder))
    lock.release()  # before: an open file cannot be removed everywhere
    shutil.rmtree(folder, ignore_errors=True)


def _remove_old(parent: Path) -> None:
    """What nobody came back for; a folder whose lock is held is at work, whatever the clock says."""
    for folder in parent.iterdir():
        with suppress(OSError, Timeout):
            if time.time() - folder.stat().st_mtime > OLD:
                with FileLock(folder / LOCK, timeout=0, mode=OWNER):
                    pass
                shutil.rmtree(folder, ignore_errors=True)
