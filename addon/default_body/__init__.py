# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien's own body: an armature, a clothed mesh, and the default head on its neck."""
