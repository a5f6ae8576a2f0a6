# SPDX-License-Identifier: GPL-3.0-or-later
"""Heads by the names that takes and the command line give them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from mien.heads.default import Head, HeadChoice, load_head
from mien.heads.flame import FLAME_FOLDER, Flame, load_flame
from mien.take import Take, TakeError

NAMES = ("mien", "flame")


def head_named(name: str, data_folder: Path, shape: np.ndarray | None = None) -> Head | Flame:
    """The default head, or the user's FLAME with the identity `shape` (up to 300,). HeadError, in words, for another
    name, a FLAME that is not here, and a shape for the default head."""
    if name == "flame":
        flame = load_flame(data_folder / FLAME_FOLDER)
        return flame if shape is None else flame.shaped(shape)
    if name != "mien":
        raise HeadChoice(f"there is no head {name!r}; this Mien knows {' and '.join(NAMES)}.")
    if shape is not None:
        raise HeadChoice("a shape is a face of FLAME; ask for it together with the head flame.")
    return load_head()


def head_of(take: Take, data_folder: Path) -> Head | Flame:
    """The head that a take's metadata name, with its identity. HeadError as above; TakeError for an unknown head."""
    name = take.meta.get("head", "mien")
    if name not in NAMES:
        raise TakeError(f"the take is of the head {name!r}; this Mien knows {' and '.join(NAMES)}.")
    text = take.meta.get("head_shape")
    try:
        shape = None if text is None else np.array(json.loads(text), np.float32)
        if shape is not None and (shape.ndim != 1 or not np.isfinite(shape).all()):
            raise ValueError(text)
    except (ValueError, TypeError, RecursionError):
        raise TakeError("the take's head_shape is no list of numbers; generate the take again.") from None
    return head_named(name, data_folder, shape)
