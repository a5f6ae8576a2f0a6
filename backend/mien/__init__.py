# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien: recorded speech and a chosen emotion become facial animation. The main path is in `speak.py`."""

__version__ = "0.1.0"
