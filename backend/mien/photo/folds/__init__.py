# SPDX-License-Identifier: GPL-3.0-or-later
"""Folds of a photo's face: those of its own smile, which soften, and those that a take makes."""
