# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions, NLA tracks and caches: how Blender plays a take."""
