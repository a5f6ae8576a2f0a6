# SPDX-License-Identifier: GPL-3.0-or-later
"""Text in panels: Blender's labels have one line, so longer texts are wrapped."""

import blf


def wrap(text: str, width: float, measure) -> list[str]:
    """The text wrapped at spaces into lines whose `measure` is at most `width`."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def draw(layout, context, text: str, icon: str = "NONE", margin: int = 80) -> None:
    """Draw the text wrapped to the sidebar's width; margin: the width of what is beside it, in points."""
    scale = context.preferences.system.ui_scale
    blf.size(0, context.preferences.ui_styles[0].widget.points * scale)
    column = layout.column(align=True)
    column.scale_y = 0.75
    rest = "NONE" if icon == "NONE" else "BLANK1"
    width = context.region.width - margin * scale
    for number, line in enumerate(wrap(text, width, lambda words: blf.dimensions(0, words)[0])):
        column.label(text=line, icon=rest if number else icon)


def draw_dismissible(layout, context, text: str, icon: str) -> None:
    """Draw the text in a box with a button that clears the run's message."""
    row = layout.box().row()
    draw(row, context, text, icon, margin=130)  # the icon, the button, the margins
    row.operator("mien.dismiss", text="", icon="X", emboss=False)
