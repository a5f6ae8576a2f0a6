# SPDX-License-Identifier: GPL-3.0-or-later
"""Results for a sound kept in the user's cache folder, so that a repeated evaluation is quick."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import platformdirs

from mien.files.atomic import atomic_write


class Cache:
    """Dicts of arrays by key. Files may be deleted at any time; without a folder nothing is kept."""

    def __init__(self, folder: Path | None):
        self.folder = folder

    @classmethod
    def of_the_user(cls) -> Cache:
        return cls(Path(platformdirs.user_cache_dir("mien", False)) / "evaluation")

    def recall(self, key: tuple[str, ...], make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        """What `make` returns, or returned for the same key before."""
        if self.folder is None:
            return make()
        name = hashlib.sha256("\0".join(key).encode()).hexdigest()
        path = self.folder / name[:2] / f"{name}.npz"
        with contextlib.suppress(FileNotFoundError), np.load(path) as kept:
            return dict(kept)
        arrays = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            np.savez_compressed(file, **arrays)
        return arrays
