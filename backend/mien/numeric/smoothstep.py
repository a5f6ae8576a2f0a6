# SPDX-License-Identifier: GPL-3.0-or-later
"""The cubic step of computer graphics: from 0 to 1 with a flat start and end (Perlin 1985's 3 t^2 - 2 t^3)."""

from __future__ import annotations

import numpy as np


def smoothstep(values: np.ndarray | float, start: float = 0.0, end: float = 1.0) -> np.ndarray:
    """values (...) in any unit -> (...) 0 up to start, 1 from end on; with end before start it falls. start and end
    differ."""
    share = np.clip((values - start) / (end - start), 0, 1)
    return share * share * (3 - 2 * share)
