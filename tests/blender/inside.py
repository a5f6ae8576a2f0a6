# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the tests of this folder inside a real Blender, for versions whose module is not at hand.

blender -b --factory-startup --python tests/blender/inside.py -- [arguments of pytest]

pytest must be importable by Blender's Python (PYTHONPATH to a folder made with `pip install --target`).
"""

import os
import sys
from pathlib import Path

import pytest

arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
status = pytest.main([str(Path(__file__).parent), "-p", "no:cacheprovider", *arguments])
sys.stdout.flush()
os._exit(int(status))  # Blender's own exit would say 0
