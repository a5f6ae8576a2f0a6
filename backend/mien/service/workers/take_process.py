# SPDX-License-Identifier: GPL-3.0-or-later
"""Work: takes made in a process of their own (`python -m mien.service.workers.take_process BYTES`), which keeps its models loaded.

The parent asks {"number", "orders", "sound", "results"}: orders that differ in their seed, the file of their samples,
and where each take goes. The answers have the number: {"begun"} once all is loaded, {"fraction", "stage"} on the way,
{"made", "sha256"} for each take, and as the last {"end"}: "done", "stopped", "failed" with a "sentence", or "full" when
the disk is. {"stop": number} stops; {"load": engine} gets ready.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mien import engines
from mien.audio.speech import Speech
from mien.engines.base import Cancelled, EngineError
from mien.heads.lookup import head_named
from mien.service.errors import SENTENCES, disk_full, sentence_of
from mien.service.workers.process import Parent
from mien.settings import Settings
from mien.speak import speak_takes
from mien.take import Take
from mien.take_request import Order

TELL_S = 0.05  # progress within a stage is told at most this often


def main() -> None:
    parent = Parent()
    asked: queue.SimpleQueue[dict] = queue.SimpleQueue()
    stopped: set[int] = set()  # numbers of work that nobody wants any more

    def listen() -> None:
        for message in parent.asked():
            if "stop" in message:
                stopped.add(message["stop"])
            else:
                asked.put(message)
        os._exit(0)  # the server is gone, and nobody wants what is being made

    threading.Thread(target=listen, daemon=True).start()
    while True:
        message = asked.get()
        number = message["number"]

        def tell(answer: dict, number: int = number) -> None:
            parent.answer(answer | {"number": number})

        if "load" in message:
            load(message["load"])
        else:
            tell(worked(message, tell, lambda number=number: number in stopped))


def load(engine: str) -> None:
    """Get ready for work that may come."""
    try:
        engines.engine(engine).load("auto")
    except EngineError:
        traceback.print_exc()  # whoever asks for work is told


def worked(message: dict, tell: Callable[[dict], None], stopped: Callable[[], bool]) -> dict:
    """Do what was asked; returns how it ended."""
    told, said = 0.0, ""

    def progress(fraction: float, stage: str) -> None:
        nonlocal told, said
        if stopped():
            raise Cancelled
        now = time.monotonic()
        if stage != said or now - told >= TELL_S:
            told, said = now, stage
            tell({"fraction": fraction, "stage": stage})

    orders = [Order.from_json(text) for text in message["orders"]]
    first, data_folder = orders[0], Settings.read().data_folder
    try:
        progress(0.0, "loading")
        engines.engine(first.engine).load("auto")
        # Checked against its name already.
        speech = Speech.from_samples(np.fromfile(message["sound"], "<f4"), first.name)
        head = None if first.head == "mien" else head_named(first.head, data_folder)
        tell({"begun": True})
        seeds = [order.direction.seed for order in orders]
        takes = speak_takes(speech, first.direction, seeds, first.engine, first.fps, progress, head)
        for place, (take, path) in enumerate(zip(takes, message["results"], strict=True)):
            tell({"made": place} | written(take, Path(path)))
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
        return unforeseen(first)


def written(take: Take, path: Path) -> dict:
    data = take.to_bytes()
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return {"sha256": hashlib.sha256(data).hexdigest()}


def out_of_memory(error: Exception) -> bool:
    """PyTorch raises RuntimeError for it."""
    return isinstance(error, MemoryError) or "allocate memory" in str(error) or "out of memory" in str(error)


def unforeseen(order: Order) -> dict:
    return {
        "end": "failed",
        "log": traceback.format_exc(),
        "sentence": f"The engine {order.engine} failed in a way it should not. The backend's log says where; report it "
        "with the log.",
    }


if __name__ == "__main__":
    main()
