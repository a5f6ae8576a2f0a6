# SPDX-License-Identifier: GPL-3.0-or-later
"""Base classes of the panels in the 'Mien' tab."""

from ..scene.speakers import speaker_of


class Tab:
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Mien"


class SpeakerPanel(Tab):
    """A subpanel, closed at first, that shows while there is a speaker."""

    bl_parent_id = "MIEN_PT_speaker"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return speaker_of(context) is not None


def menu(layout, label: str, menu: str, chosen: str) -> None:
    """A menu aligned with properties. Its items come from the backend, so it cannot be an enum property."""
    split = layout.row().split(factor=0.4)
    side = split.row()
    side.alignment = "RIGHT"
    side.label(text=label)
    split.menu(menu, text=chosen)
