# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets of performance settings, in Blender's preset system, for the active mesh."""

import bpy
from bl_operators.presets import AddPresetBase

from ..formats.channels import ARKIT
from ..scene.direction import CHOSEN, EMOTIONS, GAINS, NUMBERS, OPTION_DEFAULTS
from .disabled_reason import DisabledReason

FOLDER = "mien/performance"


class MIEN_MT_presets(bpy.types.Menu):
    bl_label = "Presets"
    bl_idname = "MIEN_MT_presets"
    preset_subdir = FOLDER
    preset_operator = "script.execute_preset"
    draw = bpy.types.Menu.draw_preset


class MIEN_OT_add_preset(DisabledReason, AddPresetBase, bpy.types.Operator):
    """Keep the speaker's emotions, matched face, gains and amounts as a preset, or remove one"""

    bl_idname = "mien.add_preset"
    bl_label = "Performance Preset"
    preset_menu = "MIEN_MT_presets"
    preset_subdir = FOLDER
    preset_defines = ["performance = bpy.context.object.mien.performance"]
    preset_values = [
        f"performance.{name}"
        for name in (*EMOTIONS, *GAINS, *NUMBERS, *OPTION_DEFAULTS, "face_level", "style", *CHOSEN)
    ]
    preset_values += [f"performance.face.{name}" for name in ARKIT]

    @classmethod
    def disabled_reason(cls, context) -> str:
        active = context.object
        return "" if active is not None and active.type == "MESH" else "Select the mesh of the face itself"


CLASSES = (MIEN_MT_presets, MIEN_OT_add_preset)
