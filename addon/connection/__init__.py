# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backend, and what it says; no bpy but in preferences.py."""
