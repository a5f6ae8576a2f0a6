# SPDX-License-Identifier: GPL-3.0-or-later
"""Lids that shut: their skin, which the photo does not show, and its own lashes."""
