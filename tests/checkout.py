# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things lie in the checkout that is tested."""

from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
BACKEND = ROOT / "backend"
SAMPLES = TESTS / "samples"
SHARED = ROOT.parent / "shared"  # beside the checkout, where its developers have it
