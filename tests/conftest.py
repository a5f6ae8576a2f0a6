# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension is not installed as a package: its checkout is put on the path as the plain package `addon`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
