# SPDX-License-Identifier: GPL-3.0-or-later
"""After loading, a take needs no other library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import mien
import pytest
from mien.batch.loading import load
from mien.engines import EngineError

# Which libraries the import of `load` brings, and which of those that a take needs are left after it
SCRIPT = """
import sys
from mien.batch.loading import load
before = set(sys.modules)
load(["articulation"])
loaded = set(sys.modules)
import mien.batch.work
from fractions import Fraction
import numpy as np
from mien.audio.speech import Speech
from mien.direction import Direction
from mien.speak import speak
speak(Speech.from_samples(np.sin(np.arange(32000) / 20).astype(np.float32)), Direction(), "articulation", Fraction(25))
left = [name for name in set(sys.modules) - loaded if name.startswith(("scipy", "torch"))]
print("numpy" in before, "torch" in loaded, len(left))
"""


def test_what_a_take_needs_is_loaded_and_by_nobody_who_only_asks_for_it() -> None:
    environment = {"PYTHONPATH": str(Path(mien.__file__).parent.parent)}
    command = [sys.executable, "-c", SCRIPT]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
    assert said == ["False", "True", "0"]


def test_an_engine_that_is_none_is_said() -> None:
    with pytest.raises(EngineError, match="there is no engine 'nobody'"):
        load(["nobody"])
