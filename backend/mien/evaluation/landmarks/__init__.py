# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of landmarks beside those of held-out performances."""
