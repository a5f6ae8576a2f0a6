# SPDX-License-Identifier: GPL-3.0-or-later
"""The 68 landmarks of a speaker's face: as empties with keys, and as strokes of Grease Pencil."""
