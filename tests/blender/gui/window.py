# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives a real Blender window from within: steps are a generator that an app timer advances."""

import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from fake_backend import FakeBackend

MIEN = "bl_ext.user_default.mien"
fails: list[str] = []


def extension(name: str):
    """A module of the installed extension, like 'scene.sound'."""
    return sys.modules[f"{MIEN}.{name}"]


def use_backend(address: str) -> bpy.types.AddonPreferences:
    """Let the extension use the backend at this address and start none; its preferences."""
    settings = bpy.context.preferences.addons[MIEN].preferences
    settings.address, settings.start_own = address, False
    return settings


def use_fake_backend() -> tuple[FakeBackend, bpy.types.AddonPreferences]:
    """A fake backend that the extension uses, and its preferences."""
    backend = FakeBackend().__enter__()
    return backend, use_backend(backend.address)


def check(what: str, ok: bool, details: object = "") -> None:
    print("CHECK", "ok  " if ok else "FAIL", what, details, flush=True)
    if not ok:
        fails.append(what)


def view3d():
    """(window, the largest 3D view, its sidebar, its main region)."""
    window = bpy.context.window_manager.windows[0]
    views = [area for area in window.screen.areas if area.type == "VIEW_3D"]
    area = max(views, key=lambda area: area.width * area.height)
    side = next(region for region in area.regions if region.type == "UI")
    main = next(region for region in area.regions if region.type == "WINDOW")
    return window, area, side, main


def shot(folder: Path, name: str) -> Iterator[float]:
    """A picture of the screen by X11: Blender's own screenshot is black under a software GL."""
    view3d()[1].tag_redraw()
    yield 0.6
    subprocess.run(["import", "-window", "root", str(folder / f"{name}.png")], check=True)


def press(operator: Callable, **options) -> set[str]:
    """A button of the sidebar: the operator invoked in the 3D view."""
    window, area, side, _ = view3d()
    with bpy.context.temp_override(window=window, area=area, region=side):
        return operator("INVOKE_DEFAULT", **options)


def click(x: int, y_from_top: int) -> Iterator[float]:
    """A real click of the mouse. The pointer leaves first, or a button under it would not see it come."""
    subprocess.Popen(
        ["xdotool", "mousemove", "700", "450", "sleep", "0.3", "mousemove", str(x), str(y_from_top)]
        + ["sleep", "0.5", "click", "1"]
    )
    yield 1.4


def key_over(x: int, y_from_top: int, key: str) -> Iterator[float]:
    """A key of the keyboard with the pointer over a field, as an animator keys a value with I."""
    subprocess.Popen(
        ["xdotool", "mousemove", "700", "450", "sleep", "0.3", "mousemove", str(x - 3), str(y_from_top), "sleep", "0.3"]
        + ["mousemove", str(x), str(y_from_top), "sleep", "0.6", "key", key]
    )
    yield 2.2


def click_until(what: str, x: int, y_from_top: int, true: Callable[[], bool]) -> Iterator[float]:
    """Click until it takes effect: with xdotool Blender 5.2 sometimes misses a first click."""
    for _ in range(3):
        yield from click(x, y_from_top)
        yield 0.5
        if true():
            break
    check(what, true())


def open_tab(tab: str, width: int = 330) -> Iterator[float]:
    _, area, _, _ = view3d()
    area.spaces.active.show_region_ui = True
    area.tag_redraw()
    yield 0.5
    for _ in range(30):
        _, area, side, _ = view3d()
        try:
            side.active_panel_category = tab  # refused until the sidebar was drawn once
            break
        except TypeError:
            area.tag_redraw()
            yield 0.3
    check(f"the tab {tab} is there", view3d()[2].active_panel_category == tab)
    yield 0.3


def settled() -> Iterator[float]:
    """Wait until the panels have moved to their places."""
    for _ in range(4):
        view3d()[1].tag_redraw()
        yield 0.7


def until(what: str, true: Callable[[], bool], limit_s: float = 120.0) -> Iterator[float]:
    end = time.monotonic() + limit_s
    while not true() and time.monotonic() < end:
        yield 0.1
    check(what, true())


def drive(steps: Iterator[float]) -> None:
    """Run the steps to their end, then quit Blender; the exit code is 1 where a check failed."""

    def advance() -> float | None:
        try:
            return next(steps)
        except StopIteration:
            pass
        except Exception:
            traceback.print_exc()
            fails.append("a step raised")
        print("RESULT", f"FAILED: {', '.join(fails)}" if fails else "all passed", flush=True)
        sys.stdout.flush()
        if fails:
            os._exit(1)
        bpy.ops.wm.quit_blender()  # as a user quits, so that the backend is stopped
        return None

    bpy.context.preferences.view.show_splash = False
    bpy.app.timers.register(advance, first_interval=1.5, persistent=True)  # also when a file is opened


def arguments() -> list[str]:
    return sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
