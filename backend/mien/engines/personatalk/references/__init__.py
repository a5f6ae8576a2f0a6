# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of the film that give the mouth its pixels: which, flattened into textures, and their paths over time."""
