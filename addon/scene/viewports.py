# SPDX-License-Identifier: GPL-3.0-or-later
"""The 3D views on the screen."""

import bpy


def redraw() -> None:
    """Redraw every 3D view with its sidebar, after a change that Blender is not aware of."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()
