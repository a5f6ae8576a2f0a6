# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs to a character: armature, further meshes, eyes; and what of it shows a take."""
