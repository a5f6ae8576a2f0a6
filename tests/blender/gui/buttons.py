# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a button of the sidebar is: Blender says what is under the pointer, which is led down the sidebar. Rows that
are added to a panel thus break no script."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import bpy
from window import MIEN, check, click_until, extension, key_over, view3d

STEP = 10  # pixels; the lowest button is 20 high
_hidden: set[type] = set()  # panels, by a poll in place of what they inherit
_last: dict[str, int] = {}  # where each was found before, from the top of the window


def under_pointer() -> str:
    """The Python command of the button under the pointer, or the path of its property; '' where there is none."""
    window, area, side, _ = view3d()
    with bpy.context.temp_override(window=window, area=area, region=side):
        if bpy.ops.ui.copy_python_command_button.poll():
            return _copied(bpy.ops.ui.copy_python_command_button)
        found = getattr(bpy.context, "property", None)
        if not found:
            return ""
        data, name, _ = found
        if not isinstance(data, bpy.types.ID):
            return f"{data.path_from_id()}.{name}"
        # Blender 4.3 gives the name alone, of a field within a group too
        return _copied(bpy.ops.ui.copy_data_path_button) if bpy.ops.ui.copy_data_path_button.poll() else name


def _copied(operator: Callable) -> str:
    """What an operator copies; the clipboard is left as it was."""
    manager = bpy.context.window_manager
    before, manager.clipboard = manager.clipboard, ""
    operator()
    text, manager.clipboard = manager.clipboard, before
    return text


def find(button: str, x: int) -> Iterator[float]:
    """Seek a button below or above x by its command or its property, as in 'mien.generate(' and 'mien.sound'; the
    generator returns how far from the top of the window it is, 0 where it is not seen."""
    side = view3d()[2]
    top = view3d()[0].height - side.y - side.height
    known = _last.get(button, 0)
    places = [known, *range(top + 5, top + side.height - 5, STEP)] if known else range(top + 5, top + side.height, STEP)
    for wait in (0.2, 0.6):  # a busy machine notices the pointer late
        for y in places:
            subprocess.run(["xdotool", "mousemove", str(x - 3), str(y), "mousemove", str(x), str(y)], check=True)
            yield wait
            seen = under_pointer()
            if button in seen if "(" in button else seen.endswith(button):
                _last[button] = y + 4 if y != known else y  # not its very edge
                return _last[button]
    return 0


def press_until(what: str, button: str, true: Callable[[], bool], x: int | None = None) -> Iterator[float]:
    """Click a button until it takes effect. x: where it is sought, by default in the middle of the sidebar."""
    side = view3d()[2]
    x = side.x + side.width // 2 if x is None else x
    y = yield from find(button, x)
    check(f"there is a button {button}", y > 0)
    yield from click_until(what, x, y, true)


def key_on(button: str, key: str, x: int | None = None) -> Iterator[float]:
    """A key of the keyboard with the pointer over a field of the sidebar."""
    side = view3d()[2]
    x = side.x + side.width // 2 + 60 if x is None else x
    y = yield from find(button, x)
    check(f"there is a field {button}", y > 0)
    yield from key_over(x, y, key)


def open_panel(room: str, name: str) -> None:
    """Register a panel of a module like 'ui.direction_panels' anew, open. Before the tab is drawn first: Blender keeps
    whether a panel is open."""
    panel = getattr(extension(room), name)
    bpy.utils.unregister_class(panel)
    panel.bl_options = set(panel.bl_options) - {"DEFAULT_CLOSED"}
    bpy.utils.register_class(panel)


def alone(room: str, *names: str) -> None:
    """Show no panel in Mien's tab but these of a module, open. The others stay registered, as the extension unregisters
    them when Blender is quit."""
    panels = [cls for cls in sys.modules[MIEN]._classes() if issubclass(cls, bpy.types.Panel)]  # a parent comes first
    shown = [getattr(extension(room), name) for name in names]
    for panel in reversed(panels):
        bpy.utils.unregister_class(panel)
    for panel in panels:
        if panel in shown:
            panel.bl_options, panel.bl_parent_id = set(), ""
            if panel in _hidden:
                del panel.poll
                _hidden.remove(panel)
        elif panel not in _hidden and "poll" not in vars(panel):
            panel.poll = classmethod(lambda cls, context: False)
            _hidden.add(panel)
        bpy.utils.register_class(panel)
