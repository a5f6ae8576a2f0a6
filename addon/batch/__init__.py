# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole films, with or without a window."""
