# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers that several networks share."""
