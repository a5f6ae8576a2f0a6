# SPDX-License-Identifier: GPL-3.0-or-later
"""StateFolder: where one running server keeps its jobs and files.

`service/1` in the data folder belongs to the first server, `service/2` to one that runs beside it, and so on. A file
lock, which the system drops when its process dies, however it dies, says which are in use.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from mien.files.private_folder import make_private_folder
from mien.service import ServiceError

FOLDERS = 16  # servers on one data folder; each Blender may have one


class StateFolderError(ServiceError):
    """There is no folder for this server; the message says why and what to do."""


@dataclass
class StateFolder:
    """`files` has the file cache, `incoming` the files that are being written, `database` the jobs."""

    folder: Path
    lock: FileLock

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
        """An unused path in `incoming`; there is no file yet."""
        return self.incoming / f"{secrets.token_hex(12)}.{ending}"

    def clear(self) -> None:
        """Remove everything but the lock, which another server may be about to take."""
        for path in self.folder.glob(f"{self.database.name}*"):
            path.unlink()
        shutil.rmtree(self.files)
        shutil.rmtree(self.incoming)

    def close(self) -> None:
        """Let another server have the folder."""
        self.lock.release()


def lock_state_folder(data_folder: Path) -> StateFolder:
    """The first folder that no running server has, without what was half written. Raises StateFolderError."""
    for number in range(1, FOLDERS + 1):
        state = _lock(data_folder / "service" / str(number))
        if state is not None:
            return state
    raise StateFolderError(
        f"{FOLDERS} backends are running on the data folder {str(data_folder)!r} already. End one, or give this one "
        "another --data-folder or MIEN_DATA_FOLDER."
    )


def abandoned_folders(data_folder: Path) -> list[StateFolder]:
    """The folders of servers that run no more, locked; the caller closes each."""
    folders = [data_folder / "service" / str(number) for number in range(1, FOLDERS + 1)]
    states = [_lock(folder) for folder in folders if (folder / "jobs.sqlite").exists()]
    return [state for state in states if state is not None]


def _lock(folder: Path) -> StateFolder | None:
    """The folder with its lock, without what was half written; None while another process has it."""
    lock = FileLock(
        folder / "lock", timeout=0, mode=0o600, thread_local=False
    )  # of the process: any thread may release it
    try:
        make_private_folder(folder)  # only this user may read other people's voices
        lock.acquire()
    except Timeout:
        return None
    except OSError as error:
        raise StateFolderError(
            f"The backend cannot keep its jobs in {str(folder)!r} ({error.strerror}). Make the folder writable, or "
            "give another --data-folder or MIEN_DATA_FOLDER."
        ) from error
    state = StateFolder(folder, lock)
    shutil.rmtree(state.incoming, ignore_errors=True)
    for subfolder in (state.files, state.incoming):
        subfolder.mkdir(exist_ok=True)
    return state
