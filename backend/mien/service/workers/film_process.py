# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes one dub, portrait or talk in a process of its own (`python -m mien.service.workers.film_process BYTES`).

The server sends one message, {"request", "shown", "voice", "folder", "film", "limit_s", "environment"}: the JSON of a
FilmRequest, the files of the film or photo and of the voice, a folder for this work, the file to write, the longest
film, and further variables. The replies are {"fraction", "stage"} on the way and {"end"} as the last: "done", "failed"
with a "sentence", or "full" when the disk is.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from mien.errors import MienError, capitalized
from mien.film_request import MAKES, FilmRequest, make_film
from mien.service.errors import disk_full, sentence_of
from mien.service.workers.process import ParentPipe, throttled
from mien.settings import Settings
from mien.video import VideoError

SAFE = re.compile(r"[^\w .()+-]")  # what a file's name cannot have everywhere


def main() -> None:
    parent = ParentPipe()
    parent.reply(work(parent.only_message(), parent.reply))


def work(message: dict, reply: Callable[[dict], None]) -> dict:
    """Write the film of a message; returns the last reply."""
    os.environ.update(message["environment"])
    request = FilmRequest.from_json(message["request"])
    folder = Path(message["folder"])
    try:
        shown = named(Path(message["shown"]), folder / MAKES[request.make], request.shown_name)
        voice = named(Path(message["voice"]), folder / "voice", request.voice_name)
        made = folder / f"{request.make}{request.suffix}"
        for path in (shown, voice):
            check_length(path, message["limit_s"])
        make_film(request, shown, voice, made, throttled(reply))
        made.replace(message["film"])
    except MienError as error:
        sentence = sentence_of(error, Settings.read().data_folder)
        if not sentence.startswith((request.shown_name, request.voice_name)):
            sentence = capitalized(sentence)
        return {"end": "failed", "sentence": sentence}
    except OSError as error:
        if not disk_full(error):
            raise
        return {"end": "full"}
    except MemoryError:
        sentence = f"The film of {request.name!r} takes more memory than it may have; make it smaller."
        return {"end": "failed", "sentence": sentence}
    return {"end": "done"}


def named(file: Path, folder: Path, name: str) -> Path:
    """The file of the cache under its own name, which a film's manifest and messages show, as a link."""
    folder.mkdir(parents=True)
    path = folder / (SAFE.sub("_", name).strip(". ") or folder.name)
    try:
        os.link(file, path)
    except OSError:  # no hard links on this file system
        shutil.copyfile(file, path)
    return path


def check_length(path: Path, limit_s: float) -> None:
    """VideoError for a film or sound that is longer than the backend allows, by what its header says. What cannot be
    read is left to the work, which says why."""
    import av
    import av.error

    try:
        with av.open(str(path)) as container:
            length = (container.duration or 0) / av.time_base
    except (av.error.FFmpegError, ValueError):
        return
    if length > limit_s:
        raise VideoError(f"{path.name} lasts {length:.1f} s, more than the limit of {limit_s:g} s; send a part of it.")


if __name__ == "__main__":
    main()
