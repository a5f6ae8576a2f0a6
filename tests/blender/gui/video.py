# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes from video in a real window: the menu beside Sound, a film, a movie strip, cancel, undo.

run.py --script video.py ... [-- FILM ADDRESS]: with a film of a face and a real backend, whose takes are in the
pictures; else with a fake backend.
"""

import subprocess
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from buttons import find
from film import flat_take
from window import (
    arguments,
    check,
    click,
    drive,
    extension,
    open_tab,
    press,
    settled,
    shot,
    until,
    use_backend,
    use_fake_backend,
    view3d,
)

OUT = Path(arguments()[0])
FILM, ADDRESS = [*arguments()[1:], "", ""][:2]
sound, nla_layers = extension("scene.sound"), extension("animation.nla_layers")
STRIP = 53  # pixels from the icon beside Sound to the first strip in its menu


def run():
    return bpy.context.window_manager.mien_run


def head():
    return bpy.data.objects["Mien head"]


def takes() -> list[list[str]]:
    return [[Path(take.film).name for take in line.takes] for line in head().mien.lines]


def jaw(frame: int) -> float:
    bpy.context.scene.frame_set(frame)
    return round(head().data.shape_keys.key_blocks["jawOpen"].value, 4)


def click_in_menu(x: int, y_from_top: int):
    """A click in an open menu, which the pointer must not leave."""
    near = ["mousemove", str(x - 5), str(y_from_top - 25), "sleep", "0.3", "mousemove", str(x), str(y_from_top)]
    subprocess.Popen(["xdotool", *near, "sleep", "0.5", "click", "1"])
    yield 2.0


def undo() -> None:
    window, area, _, main = view3d()
    with bpy.context.temp_override(window=window, area=area, region=main):
        bpy.ops.ed.undo()


def steps():
    if ADDRESS:
        film, backend = Path(FILM), None
        use_backend(ADDRESS)
    else:
        backend, _ = use_fake_backend()
        backend.film_take = lambda **meta: flat_take(0.3, "0", meta["fps"])
        film = OUT / "act.mp4"
        film.write_bytes(b"moving pictures")
    yield from open_tab("Mien")
    press(bpy.ops.mien.add_head)
    yield from settled()
    bpy.ops.ed.undo_push(message="a head")
    yield from shot(OUT, "1_head")

    side = view3d()[2]
    icon = yield from find("mien.sound", side.x + side.width // 2)
    yield from click(side.x + side.width - 47, icon)
    yield from shot(OUT, "2_menu")
    yield from click(700, 600)  # elsewhere: the menu closes
    press(bpy.ops.mien.from_video)
    yield 1.5
    yield from shot(OUT, "3_file_browser")
    for window in list(bpy.context.window_manager.windows)[1:]:
        with bpy.context.temp_override(window=window):
            bpy.ops.wm.window_close()
    yield 1.0

    if backend is not None:
        backend.slow = 600.0
    bpy.ops.mien.from_video(filepath=str(film), in_window=True)
    yield from until("progress is shown", lambda: run().running and run().stage not in ("", "looking for the backend"))
    check("and no second one starts", not bpy.ops.mien.from_video.poll())
    yield from settled()
    yield from shot(OUT, "4_running")
    press(bpy.ops.mien.cancel)
    check("Cancel leaves the scene as it was", not run().running and not len(head().mien.lines), run().note)
    if backend is not None:
        yield from until("the backend is told", lambda: backend.cancelled_kinds == ["tracks"])
        backend.slow = 2.0

    bpy.ops.mien.from_video(filepath=str(film), in_window=True)
    yield from until("the take is applied", lambda: not run().running, 300.0)
    check("without an error", run().error == "", run().error or run().note)
    check("as a take of a new line", takes() == [[film.name]], takes())
    yield from settled()
    last = head().mien.lines[0].takes[0].last_frame
    for number, share in enumerate((0.2, 0.4, 0.6, 0.8)):
        bpy.context.scene.frame_set(round(last * share))
        yield from shot(OUT, f"5_take_{number}")
    undo()
    check("undo takes it back in one step", not len(head().mien.lines))
    bpy.context.scene.frame_set(1)

    strips = sound.strips_of(bpy.context.scene)
    if backend is None:
        strips.new_movie("act", str(film), channel=1, frame_start=41)
        bpy.ops.ed.undo_push(message="a movie strip")
        yield from settled()
        side = view3d()[2]
        icon = yield from find("mien.sound", side.x + side.width // 2)
        yield from click(side.x + side.width - 47, icon)
        yield from shot(OUT, "6_menu_with_strip")
        yield from click_in_menu(side.x + side.width - 17, icon + STRIP)
        check("a strip of the menu is taken", run().running or len(head().mien.lines) == 1)
        yield from until("its take is applied", lambda: not run().running, 300.0)
        check("without an error, too", run().error == "", run().error or run().note)
        line = head().mien.lines[0]
        check("where the strip is", line.start_frame == 41 and len(line.takes) == 1, line.start_frame)
        bpy.context.scene.frame_set(41 + round(0.5 * (line.takes[0].last_frame - 41)))
        yield from settled()
        yield from shot(OUT, "7_strip")
        return

    head().mien.sound = str(film)
    press(bpy.ops.mien.generate)
    yield from until("a generated take", lambda: not run().running)
    bpy.ops.mien.from_video(filepath=str(film), in_window=True)
    yield from until("and one from video beside it", lambda: not run().running and len(takes()[0]) == 2)
    check("each shown as what it is", takes() == [["", "act.mp4"]], takes())
    check("it plays", jaw(10) == 0.3, jaw(10))
    yield from settled()
    yield from shot(OUT, "6_both")
    press(bpy.ops.mien.make_anew)
    yield from until("it is made anew from the film", lambda: not run().running and len(backend.requests) == 5)
    check("and stays one take", takes() == [["", "act.mp4"]], takes())
    backend.shut_down()


drive(steps())
