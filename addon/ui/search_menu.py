# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien's entries in Blender's menus, which its search (F3) reads."""

import bpy

MENU = (
    ("generate", "from_video", "make_anew", "delete_take", "cancel"),
    ("new_line", "lines_from_strips", "delete_line"),
    ("correct", "done_correcting", "clear_corrections", "thin", "bake_down", "back_to_takes"),
    ("set_up_character", "check_character", "remove_check", "learn_controls", "forget_controls"),
    ("make_idle", "remove_idle"),
    ("show_words", "hide_words", "retime_words", "correct_words"),
    ("suggest_emotion", "accept_suggestion"),
    ("match_face", "forget_face", "hold_keys", "release_keys"),
    ("landmark_empties", "landmark_strokes", "remove_landmarks"),
    ("dub", "portrait", "talk", "cancel_film"),
    ("bake_all", "report", "copy_report"),
    ("add_parts", "remove_part", "apply_take", "add_studio"),
    ("edit_table", "forget_table", "add_key", "remove_key", "load_table", "save_table", "find_bones"),
    ("pick_points", "clear_picks", "bind", "cancel_bind", "show_fit"),
    ("check_backend", "start_backend", "stop_backend", "open_preferences"),
)


class MIEN_MT_lip_sync(bpy.types.Menu):
    """All operators, so that Blender's search (F3) finds them."""

    bl_label = "Lip-Sync"
    bl_idname = "MIEN_MT_lip_sync"

    def draw(self, context):
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        for group in MENU:
            for name in group:
                layout.operator(f"mien.{name}")
            if group != MENU[-1]:
                layout.separator()


def add_to_object_menu(self, context):
    self.layout.separator()
    self.layout.menu("MIEN_MT_lip_sync")


def add_to_menu(self, context):
    self.layout.operator("mien.add_head", text="Mien Head", icon="USER")
    self.layout.operator("mien.add_body", text="Mien Body", icon="ARMATURE_DATA")
    self.layout.operator("mien.add_studio", text="Mien Camera and Light", icon="OUTLINER_OB_CAMERA")


CLASSES = (MIEN_MT_lip_sync,)


def register() -> None:
    bpy.types.VIEW3D_MT_mesh_add.append(add_to_menu)
    bpy.types.VIEW3D_MT_object.append(add_to_object_menu)


def unregister() -> None:
    bpy.types.VIEW3D_MT_object.remove(add_to_object_menu)
    bpy.types.VIEW3D_MT_mesh_add.remove(add_to_menu)
