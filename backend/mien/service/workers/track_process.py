# SPDX-License-Identifier: GPL-3.0-or-later
"""Tracks the face in one film in a process of its own (`python -m mien.service.workers.track_process BYTES`).

The server sends one message, {"request", "film", "take", "limit_s"}: the JSON of a TrackRequest, the file of the film,
the file to write, and the longest film. The replies are {"fraction", "stage"} on the way and {"end"} as the last:
"done", "failed" with a "sentence", or "full" when the disk is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mien.errors import MienError, capitalized
from mien.film_take import film_take
from mien.service.errors import disk_full, sentence_of
from mien.service.workers.process import ParentPipe, throttled
from mien.settings import Settings
from mien.take import write_take
from mien.track_request import TrackRequest


def main() -> None:
    parent = ParentPipe()
    parent.reply(work(parent.only_message(), parent.reply))


def work(message: dict, reply: Callable[[dict], None]) -> dict:
    """Write the take of a message; returns the last reply."""
    request = TrackRequest.from_json(message["request"])
    try:
        made = film_take(Path(message["film"]), request.options, request.name, message["limit_s"], throttled(reply))
        write_take(made.take, Path(message["take"]))
    except MienError as error:
        sentence = sentence_of(error, Settings.read().data_folder).replace(Path(message["film"]).name, request.name)
        return {"end": "failed", "sentence": capitalized(sentence)}
    except OSError as error:
        if not disk_full(error):
            raise
        return {"end": "full"}
    except MemoryError:
        sentence = f"The film {request.name!r} takes more memory than tracking may have; make it smaller."
        return {"end": "failed", "sentence": sentence}
    return {"end": "done"}


if __name__ == "__main__":
    main()
