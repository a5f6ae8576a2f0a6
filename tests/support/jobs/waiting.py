# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for what another thread or process does, on any machine."""

import time
from collections.abc import Callable

LIMIT_S = 300.0  # for what takes milliseconds where the machine has nothing else to do


def wait_until(condition: Callable[[], object], said: Callable[[], object] = lambda: "") -> None:
    """Return once the condition holds; AssertionError after LIMIT_S, with what was `said` then."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, f"it did not happen within {LIMIT_S:g} s; {said()}"
        time.sleep(0.01)
