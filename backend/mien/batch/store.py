# SPDX-License-Identifier: GPL-3.0-or-later
"""The results of a batch by the key of their request, and the files of its lines, which are links to them.

`results/KEY.SUFFIX` is a take or film, written whole or not at all; `results/KEY.json` says that it is whole, by its
sha256, and what was found of it. `delivered*.jsonl` have the sha256 of each file that was put under the id of a line,
so that a file of somebody else, or one that was edited, is never replaced.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mien.errors import USAGE, MienError
from mien.files.atomic import write_whole
from mien.video.consent import file_digest

FOLDER = ".mien-batch"  # in the folder of a batch's files
RESULTS, DELIVERED, LOCK = "results", "delivered", "lock"
PATIENCE = 20.0  # s that a part waits while another begins
BEGUN, WORK = ".begun", ".work"
SAID = 5
KINDS = {"sha256": str, "error": str, "faults": dict, "facts": dict, "curves": dict, "notes": list}  # of a record


class StoreError(MienError, ValueError):
    """The folder of a batch cannot be used; the message says why."""

    exit_status = USAGE


class Store:
    """The results of the batch whose files are in `output`; of a `part` of it, as "1-of-4", that runs beside others."""

    def __init__(self, output: Path, part: str = "") -> None:
        self.output, self.part = output.absolute(), part
        self.folder = self.output / FOLDER
        self.results = self.folder / RESULTS

    def result(self, key: str, suffix: str) -> Path:
        """Where the take or film of a request is, once it is made."""
        return self.results / f"{key}{suffix}"

    def work_folder(self, key: str) -> Path:
        """Where a film is made, which is removed when it is done."""
        return self.results / f"{key}{WORK}"

    def record(self, key: str) -> dict[str, Any] | None:
        """What is known of a result; None where it was never finished, or the record is damaged."""
        try:
            record = json.loads((self.results / f"{key}.json").read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        holds = isinstance(record, dict) and all(
            isinstance(record.get(name, kind()), kind) for name, kind in KINDS.items()
        )
        return record if holds else None

    def write_record(self, key: str, record: dict[str, Any]) -> None:
        write_whole(self.results / f"{key}.json", json.dumps(record, ensure_ascii=False).encode())

    def is_whole(self, key: str, suffix: str) -> bool:
        """Whether a result is made, checked, and has the bytes that it had then."""
        record, path = self.record(key), self.result(key, suffix)
        return bool(record and "sha256" in record and path.is_file() and file_digest(path) == record["sha256"])

    @contextmanager
    def locked(self) -> Iterator[None]:
        """This batch alone works on the folder, or on its part. StoreError while another does; OSError where nothing
        can be written."""
        self.results.mkdir(parents=True, exist_ok=True)
        with self._lock():
            if not self.part:
                self._remove_left()
            yield

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """A part holds its own lock, and that of the whole for a moment; the whole finds no part's lock held."""
        with ExitStack() as held:
            try:
                whole = held.enter_context(FileLock(self.folder / LOCK, timeout=PATIENCE if self.part else 0))
                if self.part:
                    held.enter_context(FileLock(self.folder / f"{LOCK}.{self.part}", timeout=0))
                    whole.release()
                else:
                    for path in self.folder.glob(f"{LOCK}.*"):
                        FileLock(path, timeout=0).acquire().lock.release()
            except Timeout:
                raise StoreError(f"another batch is at work on {self.output}; wait for its end.") from None
            yield

    def _remove_left(self) -> None:
        """What a batch that was killed left."""
        for part in (*self.results.glob(".*.part*"), *self.results.glob(f"*{BEGUN}")):
            part.unlink(missing_ok=True)
        for folder in self.results.glob(f"*{WORK}"):
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def begun(self, key: str) -> Iterator[None]:
        """Marks a result as in work, so that it is known what a process that ended was at."""
        marker = self.results / f"{key}{BEGUN}"
        marker.touch()
        yield
        marker.unlink(missing_ok=True)

    def take_begun(self, keys: Iterable[str]) -> list[str]:
        """Those of the keys that were in work when their processes ended; that is then forgotten."""
        begun = [key for key in keys if (self.results / f"{key}{BEGUN}").exists()]
        for key in begun:
            (self.results / f"{key}{BEGUN}").unlink(missing_ok=True)
        return begun

    def refuse_foreign(self, names: Iterable[str]) -> None:
        """StoreError where files of these names (below the output) are there that this batch did not write, or that
        were changed since."""
        foreign = [name for name in names if self._is_taken(self.output / name) and not self._is_ours(name)]
        if foreign:
            more = f" and {len(foreign) - SAID} more" if len(foreign) > SAID else ""
            raise StoreError(
                f"{', '.join(foreign[:SAID])}{more} in {self.output} would be replaced, and this batch did not write "
                "what is there now. Move it away, or name another folder with -o."
            )

    def deliver(self, key: str, suffix: str, name: str) -> None:
        """The result under the name of a line: a link, or a copy where there are none. Says which bytes in
        `delivered*.jsonl` before. OSError."""
        source, target = self.result(key, suffix), self.output / name
        digest = (self.record(key) or {}).get("sha256", "")
        if target.is_file() and (target.samefile(source) or file_digest(target) == digest):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{DELIVERED}{self.part}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps([name, digest]) + "\n")
        self._delivered.setdefault(name, set()).add(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = self.results / f".{key}.part{suffix}"
        part.unlink(missing_ok=True)
        try:
            os.link(source, part)
        except OSError:  # no hard links on this file system
            shutil.copyfile(source, part)
        part.replace(target)

    def _is_taken(self, path: Path) -> bool:
        """Whether something is there, or a file where its folder would be."""
        between = path.parents[: path.parents.index(self.output)]
        return path.exists() or any(folder.exists() and not folder.is_dir() for folder in between)

    def _is_ours(self, name: str) -> bool:
        path = self.output / name
        return path.is_file() and name in self._delivered and file_digest(path) in self._delivered[name]

    @cached_property
    def _delivered(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        files = self.folder.glob(f"{DELIVERED}*.jsonl")
        for line in (line for file in files for line in file.read_text("utf-8").splitlines()):
            try:
                name, digest = map(str, json.loads(line))
            except (ValueError, TypeError):
                continue  # the batch was killed while it wrote
            found.setdefault(name, set()).add(digest)
        return found
