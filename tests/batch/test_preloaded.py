# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that has imported it may be forked: it has no second thread, and what lines need is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mien
import pytest

SCRIPT = """
import os, signal, sys
import mien.batch.preloaded
assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL
print(len(os.listdir("/proc/self/task")), "torch" in sys.modules and sys.modules["torch"].cuda.is_initialized())
print(os.environ["OMP_NUM_THREADS"], "mien.batch.work" in sys.modules)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
def test_a_process_that_has_imported_it_may_be_forked() -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(mien.__file__).parent.parent)}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        environment.pop(name, None)
    command = [sys.executable, "-c", SCRIPT]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
    assert said == ["1", "False", "1", "True"]
