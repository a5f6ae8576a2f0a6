# SPDX-License-Identifier: GPL-3.0-or-later
"""Heads that a take can move."""
