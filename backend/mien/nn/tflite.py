# SPDX-License-Identifier: GPL-3.0-or-later
"""TensorFlow Lite networks, run by LiteRT (`ai-edge-litert`) on the CPU."""

from __future__ import annotations

import numpy as np
from ai_edge_litert.interpreter import Interpreter


class TfliteNetwork:
    """A network of one input, from the bytes of its .tflite file. Not for two threads at once.

    `threads`: of the CPU. Raises ValueError for bytes that are no such network.
    """

    def __init__(self, model: bytes, threads: int = 1) -> None:
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
