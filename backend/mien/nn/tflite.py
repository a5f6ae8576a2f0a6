# SPDX-License-Identifier: GPL-3.0-or-later
"""TensorFlow Lite networks, run by LiteRT (`ai-edge-litert`) on the CPU."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from ai_edge_litert.interpreter import Interpreter


class TfliteNetwork:
    """A network of one input, from the bytes of its .tflite file. Not for two threads at once.

    `threads`: of the CPU. Raises ValueError for bytes that are no such network.
    """

    def __init__(self, model: bytes, threads: int = 1) -> None:
        with _without_info():
            self._interpreter = Interpreter(model_content=model, num_threads=threads)
            self._interpreter.allocate_tensors()
        (description,) = self._interpreter.get_input_details()
        self._input = description["index"]
        self._outputs = [output["index"] for output in self._interpreter.get_output_details()]
        self.input_shape = tuple(int(size) for size in description["shape"])

    def __call__(self, values: np.ndarray) -> list[np.ndarray]:
        """What the network gives for values of `input_shape`, float32, in the order of its outputs."""
        self._interpreter.set_tensor(self._input, np.ascontiguousarray(values, np.float32))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(output) for output in self._outputs]


@contextmanager
def _without_info() -> Iterator[None]:
    """LiteRT writes "INFO: Created ..." to standard error and has no switch for it; all other lines pass."""
    _flush()
    try:
        kept = os.dup(2)
    except OSError:  # a process without standard error
        yield
        return
    with tempfile.TemporaryFile() as lines:
        os.dup2(lines.fileno(), 2)
        try:
            yield
        finally:
            _flush()
            os.dup2(kept, 2)
            os.close(kept)
            lines.seek(0)
            for line in lines:
                if not line.startswith(b"INFO: "):
                    os.write(2, line)


def _flush() -> None:
    if sys.stderr is not None:  # pythonw has none
        sys.stderr.flush()
