# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes takes in a process of its own (`python -m mien.service.workers.take_process BYTES`), which keeps its models
loaded.

The server sends {"number", "requests", "sound", "results"}: requests that differ in their seed, the file of their
samples, and the file of each take. The replies have the number: {"begun"} once all is loaded, {"fraction", "stage"} on
the way, {"take", "sha256"} for each take by its place, and as the last {"end"}: "done", "stopped", "failed" with a
"sentence", or "full" when the disk is. {"stop": number} stops that work; {"load": engine} loads an engine.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mien import engines
from mien.audio.speech import Reading, Speech
from mien.engines.base import Cancelled, EngineError
from mien.heads.lookup import head_named
from mien.performance import Performance
from mien.service.errors import SENTENCES, disk_full, sentence_of
from mien.service.workers.process import ParentPipe, throttled
from mien.settings import Settings
from mien.speak import speak_takes
from mien.take import Take, read_take
from mien.take_request import TakeRequest


def main() -> None:
    parent = ParentPipe()
    messages: queue.SimpleQueue[dict] = queue.SimpleQueue()
    stopped: set[int] = set()  # numbers of work that no client wants any more

    def listen() -> None:
        for message in parent.messages():
            if "stop" in message:
                stopped.add(message["stop"])
            else:
                messages.put(message)
        os._exit(0)  # the server has ended

    threading.Thread(target=listen, daemon=True).start()
    while True:
        message = messages.get()
        number = message["number"]

        def reply(fields: dict, number: int = number) -> None:
            parent.reply(fields | {"number": number})

        if "load" in message:
            load(message["load"])
        else:
            reply(work(message, reply, lambda number=number: number in stopped))


def load(engine: str) -> None:
    """Load an engine for work that may come."""
    try:
        engines.engine(engine).load("auto")
    except EngineError:
        traceback.print_exc()  # work for it fails in words


def work(message: dict, reply: Callable[[dict], None], stopped: Callable[[], bool]) -> dict:
    """Make the takes of a message; returns the last reply."""
    report = throttled(reply)

    def progress(fraction: float, stage: str) -> None:
        if stopped():
            raise Cancelled
        report(fraction, stage)

    requests = [TakeRequest.from_json(text) for text in message["requests"]]
    first, data_folder = requests[0], Settings.read().data_folder
    try:
        progress(0.0, "loading")
        engines.engine(first.engine).load("auto")
        # The server has checked the file against its sha256.
        speech = Speech.from_samples(np.fromfile(message["sound"], "<f4"), first.name, Reading.from_json(first.reading))
        head = None if first.head == "mien" else head_named(first.head, data_folder)
        reply({"begun": True})
        seeds = [request.direction.seed for request in requests]
        performance = performance_of(first, Path(message["sound"]).parent)
        takes = speak_takes(speech, first.direction, seeds, first.engine, first.fps, progress, head, performance)
        for number, (take, path) in enumerate(zip(takes, message["results"], strict=True)):
            reply({"take": number, "sha256": write(take, Path(path))})
        return {"end": "done"}
    except Cancelled:
        return {"end": "stopped"}
    except SENTENCES as error:
        return {"end": "failed", "sentence": sentence_of(error, data_folder)}
    except Exception as error:
        if disk_full(error):
            return {"end": "full"}
        if out_of_memory(error):
            return {
                "end": "failed",
                "out_of_memory": True,
                "sentence": f"There is not enough memory for a take of {first.seconds:.0f} s. Cut the sound into "
                "shorter pieces or close other programs.",
            }
        return unexpected(first)


def performance_of(request: TakeRequest, folder: Path) -> Performance | None:
    """What the request takes from another take, whose file lies beside the sound. TakeError, PerformanceError."""
    if not request.performance:
        return None
    return Performance(read_take(folder / request.performance), request.performance_part, request.performance_name)


def write(take: Take, path: Path) -> str:
    """Write a take into a new file; returns the sha256 of its bytes."""
    data = take.to_bytes()
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data).hexdigest()


def out_of_memory(error: Exception) -> bool:
    """PyTorch raises RuntimeError for it."""
    return isinstance(error, MemoryError) or "allocate memory" in str(error) or "out of memory" in str(error)


def unexpected(request: TakeRequest) -> dict:
    """The last reply after an error that no engine should raise, for the log and for the client."""
    return {
        "end": "failed",
        "log": traceback.format_exc(),
        "sentence": f"The engine {request.engine} failed in a way it should not. The backend's log says where; report "
        "it with the log.",
    }


if __name__ == "__main__":
    main()
