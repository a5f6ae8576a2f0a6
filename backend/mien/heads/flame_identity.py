# SPDX-License-Identifier: GPL-3.0-or-later
"""FLAME identity: up to 300 shape coefficients of a person, from a file."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from tokenize import TokenError

import numpy as np

from mien.files.safe_pickle import short
from mien.files.safetensors import TensorFileError, read_tensors
from mien.heads.flame import SHAPES
from mien.heads.flame_file import FlameError

LIMIT = 1 << 20  # bytes; 300 numbers are some kilobytes in any of the formats
FARTHEST = 10.0  # standard deviations; of 47 people fitted for 3DMEAD the farthest number is 2.7
NAME = "shape"  # of the tensor, where a file has several


def read_shape(path: Path) -> np.ndarray:
    """(n,) float32, n from 1 to 300: identity coefficients in standard deviations, from .npy, .json (a list) or
    .safetensors (one tensor, or the one called `shape`). FlameError, in words, for everything else; OSError is left
    alone."""
    size = path.stat().st_size
    if size > LIMIT:
        raise FlameError(f"{path.name} has {size / 1e6:.1f} MB; a shape is {SHAPES} numbers at most.")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise FlameError(f"{path.name} is no shape that is known; give one of {', '.join(READERS)}.")
    try:
        values = np.asarray(reader(path), np.float64)
    except (ValueError, TypeError, EOFError, RecursionError, zipfile.BadZipFile, TensorFileError) as error:
        raise FlameError(f"{path.name} cannot be read as numbers ({short(error)}).") from None
    if values.ndim == 2 and len(values) == 1:  # a row, as fitting programs save it
        values = values[0]
    if values.ndim != 1 or not 1 <= len(values) <= SHAPES:
        raise FlameError(f"{path.name} holds numbers of the shape {values.shape}; one person is 1 to {SHAPES} of them.")
    if not np.abs(values).max() <= FARTHEST:  # so that nan is refused, too
        raise FlameError(
            f"{path.name} holds {values[np.argmax(~(np.abs(values) <= FARTHEST))]:g}; coefficients of a shape are in "
            f"standard deviations, {-FARTHEST:g} to {FARTHEST:g}."
        )
    return values.astype(np.float32)


def _npy(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, SyntaxError, TypeError, TokenError):  # whose text shows objects of a parser
        raise ValueError("it is damaged, or holds other things than numbers") from None


def _json(path: Path) -> object:
    return json.loads(path.read_text("utf-8"))


def _safetensors(path: Path) -> np.ndarray:
    tensors, _ = read_tensors(path, dtypes=("F32", "F16"))
    if len(tensors) != 1 and NAME not in tensors:
        raise ValueError(f"it holds {len(tensors)} tensors and none is called {NAME}")
    return tensors.get(NAME, next(iter(tensors.values())))


READERS = {".npy": _npy, ".json": _json, ".safetensors": _safetensors}
