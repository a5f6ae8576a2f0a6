# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes need is loaded before the first of them: libraries and networks, two seconds of work."""

from __future__ import annotations

from collections.abc import Collection


def load(engines: Collection[str]) -> None:
    """Make a take of a hum by each of these engines. The imports are here so that whoever hands this function to
    another process has none of them to do. Errors as of `speak`."""
    import numpy as np

    import mien.batch.work  # noqa: F401  the checks of a take, too
    from mien.audio.speech import RATE, Speech
    from mien.direction import Direction
    from mien.speak import speak

    hum = Speech.from_samples(0.1 * np.sin(2 * np.pi * 120 / RATE * np.arange(RATE)))
    for name in engines:
        speak(hum, Direction(), name)
