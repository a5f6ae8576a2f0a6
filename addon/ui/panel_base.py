# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panels of the 'Mien' tab have in common."""

from ..scene.speakers import speaker_of


class Tab:
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Mien"


class OfSpeaker(Tab):
    """A closed part of the panel that shows while there is a speaker."""

    bl_parent_id = "MIEN_PT_speaker"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return speaker_of(context) is not None


def menu(layout, label: str, menu: str, chosen: str) -> None:
    """A menu that lines up with properties: its items come from the backend, so it cannot be an enum."""
    split = layout.row().split(factor=0.4)
    side = split.row()
    side.alignment = "RIGHT"
    side.label(text=label)
    split.menu(menu, text=chosen)
