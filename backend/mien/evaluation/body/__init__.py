# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of a body's motion: its distance from other motion, and speech whose stressed syllables are known."""
