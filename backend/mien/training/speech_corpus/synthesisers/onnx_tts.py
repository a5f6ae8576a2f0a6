# SPDX-License-Identifier: GPL-3.0-or-later
"""An ONNX network for speech synthesis from phoneme letters, with an inner tensor of their durations as an output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # an extra: only who builds a corpus has onnxruntime
    from onnxruntime import InferenceSession


def open_network(path: Path, inner: str) -> InferenceSession:
    """The network at `path` on one thread, with the tensor `inner` as one more output, the last."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Two protobuf messages one after the other are merged: this adds ModelProto.graph (7) .output (12) .name (1).
    return onnxruntime.InferenceSession(
        path.read_bytes() + _field(7, _field(12, _field(1, inner.encode()))), options, ["CPUExecutionProvider"]
    )


def _field(number: int, content: bytes) -> bytes:
    assert len(content) < 128, "a longer one needs more than one byte of length"
    return bytes([number << 3 | 2, len(content)]) + content
