# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things lie in the checkout that is tested."""

from pathlib import Path

SUPPORT = Path(__file__).resolve().parent  # what several tests share
TESTS = SUPPORT.parent
ROOT = TESTS.parent
BACKEND = ROOT / "backend"
SAMPLES = TESTS / "samples"
SHARED = ROOT.parent / "shared"  # beside the checkout, where its developers have it
