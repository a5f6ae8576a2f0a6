# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of engines as safetensors in half precision: what is alike in reading all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.engines.base import EngineError
from mien.files.safetensors import TensorFileError, read_tensors


def read_weights(path: Path, form: str, whose: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors and metadata of a file of the format `form`, version 1. EngineError, in words, for any other."""
    try:
        tensors, metadata = read_tensors(path, dtypes=("F16",))
    except (TensorFileError, OSError) as error:
        raise EngineError(f"{whose}'s weights {path} cannot be read: {error}") from error
    if metadata.get("format") != form or metadata.get("format_version") != "1":
        raise EngineError(f"{path} holds no weights of {whose} in format 1; name a file that `mien train` wrote.")
    return tensors, metadata
