# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the backend is. Kept in Blender's preferences; a plain
default where the extension is only imported."""

import bpy
from bpy.props import BoolProperty, StringProperty

ADDRESS = "http://127.0.0.1:8642"


class MIEN_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = __package__

    address: StringProperty(
        name="Address",
        description="Where a backend answers ('mien serve' prints it). The default is a backend on this "
        "machine",
        default=ADDRESS,
    )
    start_own: BoolProperty(
        name="Start One If None Answers",
        description="Start 'mien serve' on this machine when nothing answers at the address. It ends with "
        "Blender",
        default=True,
    )
    command: StringProperty(
        name="Command",
        description="The program that is the backend. Empty: 'mien' on the PATH, then what MIEN_COMMAND "
        "names",
        default="",
        subtype="FILE_PATH",
    )

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        for name in ("address", "start_own", "command"):
            layout.prop(self, name)


class _Defaults:
    address, start_own, command = ADDRESS, True, ""


def preferences(context: bpy.types.Context):
    """The extension's preferences, or the defaults in a script that
    registers the modules without installing them."""
    addon = context.preferences.addons.get(__package__)
    return addon.preferences if addon is not None and addon.preferences is not None else _Defaults


CLASSES = (MIEN_AP_preferences,)
