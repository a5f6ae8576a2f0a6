# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien's own head in the scene."""
