# SPDX-License-Identifier: GPL-3.0-or-later
"""Speakers, lines and sounds: what an animator works on."""
