# SPDX-License-Identifier: GPL-3.0-or-later
"""Dubs and portraits in a real window: the panel of the sequencer, the dialog with its consent, progress, cancel, the
strip above, undo, a picture on a plane.

run.py --script dub.py ... [-- FILM VOICE PICTURE ADDRESS]: with a film of a face, a voice, a picture and a real
backend; else with a fake one, whose dub is the film itself.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from film import voice as silence
from window import arguments, check, drive, extension, until, use_backend, use_fake_backend

OUT = Path(arguments()[0])
SAMPLES = Path(__file__).parents[2] / "samples"
FILM, VOICE, PICTURE, ADDRESS = [*arguments()[1:], "", "", "", ""][:4]
SAID = 21 if FILM else 13  # the frame of the sound; the sample is five pictures from frame 11 on
WORDS = "Maria Rossi, in writing, 12 March 2026"
sound, film_run = extension("scene.sound"), extension("video.run").run
# From the top left of a window of 1600 x 900, where the dialog opens below a pointer at 700, 300
POINTER, FIELD, OK = (700, 310), (551, 444), (645, 476)
ROW = 26  # lower where the sound is longer than the film, of which the dialog asks something then


def sequencer():
    """(window, the sequencer, its sidebar, its main region)."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "SEQUENCE_EDITOR")
    side = next(region for region in area.regions if region.type == "UI")
    main = next(region for region in area.regions if region.type == "WINDOW")
    return window, area, side, main


def picture(name: str):
    """A picture of the screen."""
    for area in bpy.context.window_manager.windows[0].screen.areas:
        area.tag_redraw()
    yield 1.0
    subprocess.run(["import", "-window", "root", str(OUT / f"{name}.png")], check=True)


def pointer(*steps: str):
    """What the mouse and the keyboard do, by xdotool."""
    subprocess.Popen(["xdotool", *steps])
    yield 1.5


def call(operator, *mode: str, **options) -> set[str]:
    window, area, _, main = sequencer()
    with bpy.context.temp_override(window=window, area=area, region=main):
        return operator(*mode, **options)


def names() -> list[str]:
    return sorted(strip.name for strip in sound.strips_of(bpy.context.scene, make=False) or ())


def select(*chosen: str) -> None:
    for strip in sound.strips_of(bpy.context.scene):
        strip.select = strip.name in chosen


def open_sequencer():
    """In the place of the largest 3D view, with Mien's tab."""
    screen = bpy.context.window_manager.windows[0].screen
    area = max((area for area in screen.areas if area.type == "VIEW_3D"), key=lambda area: area.width * area.height)
    area.type = "SEQUENCE_EDITOR"
    workspace = bpy.context.window_manager.windows[0].workspace
    if hasattr(workspace, "sequencer_scene"):  # from 5.0 on it is chosen, as Add > New Scene does
        workspace.sequencer_scene = bpy.context.scene
    area.spaces.active.view_type = "SEQUENCER_PREVIEW"
    area.spaces.active.show_region_ui = True
    yield 1.0
    for _ in range(40):
        try:
            sequencer()[2].active_panel_category = "Mien"
            break
        except TypeError:  # refused until the sidebar was drawn once
            area.tag_redraw()
            yield 0.3
    check("the tab is there", sequencer()[2].active_panel_category == "Mien")
    yield 0.5


def over(place: tuple[int, int], *then: str):
    """The pointer comes to a place from within the dialog, rests there, and does this."""
    near = ["mousemove", str(place[0] - 20), str(place[1] - 40), "sleep", "1", "mousemove", str(place[0] - 3)]
    yield from pointer(*near, str(place[1]), "sleep", "1", "mousemove", *map(str, place), "sleep", "1.5", *then)
    yield 5.0


def dialog():
    """The dialog opens, the consent is pasted over its field, OK is pressed."""
    yield from over(POINTER)
    call(bpy.ops.mien.dub, "INVOKE_DEFAULT")
    yield 1.5
    act, line = (sound.span_of(sound.strips_of(bpy.context.scene)[name]) for name in ("act", "line"))
    lower = ROW if line[1] > act[1] else 0
    yield from picture("2_dialog")
    bpy.context.window_manager.clipboard = WORDS
    yield from over((FIELD[0], FIELD[1] + lower), "key", "ctrl+v")
    yield from picture("3_pasted")
    yield from over((OK[0], OK[1] + lower), "click", "1")


def talk(photo: str, backend):
    """A picture talks as a strip above its sound: cancelled, then made, then undone."""
    if backend is not None:
        backend.slow = 600.0
    call(bpy.ops.mien.talk, filepath=photo, consent=WORDS, place="STRIP", in_window=True)
    yield from until("a talk is on its way", lambda: film_run.fraction > 0.02 or not film_run.running, 300.0)
    check("it runs", film_run.running, film_run.error)
    call(bpy.ops.mien.cancel_film)
    yield 1.0
    check("cancelled, the strips are as they were", not film_run.running and names() == ["act", "line"], names())
    if backend is not None:
        backend.slow = 1.0
    select("line")
    call(bpy.ops.mien.talk, filepath=photo, consent=WORDS, place="STRIP", in_window=True)
    yield from until("it is made", lambda: not film_run.running, 900.0)
    check("as a strip", names() == sorted(["act", "line", Path(photo).stem]), film_run.error or names())
    strip = sound.strips_of(bpy.context.scene)[Path(photo).stem]
    line = sound.strips_of(bpy.context.scene)["line"]
    check("above its sound", strip.channel > line.channel and sound.span_of(strip)[0] == SAID, sound.span_of(strip))
    for number, frame in enumerate((25, 35, 45)):
        bpy.context.scene.frame_set(frame)
        yield from picture(f"8_talk_{number}")
    call(bpy.ops.ed.undo)
    yield 0.5
    check("one undo step takes it back", names() == ["act", "line"], names())


def steps():
    backend = None
    if ADDRESS:
        use_backend(ADDRESS)
    else:
        backend, _ = use_fake_backend()
        backend.slow = 600.0
    film, words = FILM or str(shutil.copy(SAMPLES / "film.mp4", OUT)), VOICE or str(silence(OUT, "line", 32000))
    scene = bpy.context.scene
    scene.render.fps = 25
    strips = sound.strips_of(scene)
    act = strips.new_movie("act", film, channel=1, frame_start=11)
    try:
        strips.new_sound("line", words, channel=2, frame_start=SAID)
    except RuntimeError as error:
        print("SKIPPED: this Blender has no audio", error)
        return
    check("the film is read", act.elements[0].orig_width > 0)
    scene.frame_end = 150
    select("act", "line")
    bpy.ops.ed.undo_push(message="two strips")
    yield from open_sequencer()
    with bpy.context.temp_override(window=sequencer()[0], area=sequencer()[1], region=sequencer()[3]):
        bpy.ops.sequencer.view_all()
    scene.frame_set(40)
    yield from picture("1_panel")

    yield from dialog()
    check("OK starts it, with the consent", film_run.running, film_run.error)
    if backend is not None:
        yield from until("progress is shown", lambda: film_run.stage == "phones" and film_run.left_s is not None)
        yield from picture("4_running")
        check("and no second one starts", not call(bpy.ops.mien.dub.poll))
        call(bpy.ops.mien.cancel_film)
        check("Cancel leaves the strips as they were", not film_run.running and names() == ["act", "line"], names())
        yield from until("the backend is told", lambda: backend.cancelled_kinds == ["films"])
        check("with these words", backend.requests[0]["consent"] == WORDS, backend.requests[0]["consent"])
        yield from picture("5_cancelled")
        backend.slow = 2.0
        call(bpy.ops.mien.dub, in_window=True)
    else:
        yield from until("it is at work", lambda: film_run.fraction > 0.2 or not film_run.running, 600.0)
        yield from picture("4_running")
    yield from until("the film comes", lambda: not film_run.running, 600.0)
    check("without an error", film_run.error == "", film_run.error)
    check("as a strip above", names() == ["act", "act dub", "line"], names())
    new = sound.strips_of(scene)["act dub"]
    check(
        "where the sound begins", sound.span_of(new)[0] == SAID and new.channel == 3, (sound.span_of(new), new.channel)
    )
    yield from picture("6_dubbed")
    scene.frame_set(55)
    yield from picture("7_dubbed_later")
    call(bpy.ops.ed.undo)
    check("undo takes it back in one step", names() == ["act", "line"], names())
    scene = bpy.context.scene

    photo = PICTURE or str(OUT / "1_panel.png")
    if backend is not None:
        backend.made_film = lambda form: Path(film).read_bytes()
    select("line")
    call(bpy.ops.mien.portrait, "INVOKE_DEFAULT")
    yield 2.0
    yield from picture("8_file_browser")
    for window in list(bpy.context.window_manager.windows)[1:]:
        with bpy.context.temp_override(window=window):
            bpy.ops.wm.window_close()
    yield 1.0
    yield from talk(photo, backend)
    select("line")
    call(bpy.ops.mien.portrait, filepath=photo, consent=WORDS, place="PLANE", in_window=True)
    yield from until("a picture speaks", lambda: not film_run.running, 900.0)
    check("on a plane", Path(photo).stem in bpy.data.objects, film_run.error or film_run.note)
    sequencer()[1].type = "VIEW_3D"
    yield 1.0
    area = next(area for area in bpy.context.window_manager.windows[0].screen.areas if area.type == "VIEW_3D")
    shading = area.spaces.active.shading  # EEVEE's shaders would be compiled for minutes by a software GL
    shading.type, shading.color_type, shading.light = "SOLID", "TEXTURE", "FLAT"
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    for region in area.regions:
        if region.type == "WINDOW":
            with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=region):
                bpy.ops.view3d.view_axis(type="FRONT")
                bpy.ops.view3d.view_selected()
    bpy.context.scene.frame_set(60)
    yield 3.0
    yield from picture("9_plane")
    if backend is not None:
        backend.shut_down()


drive(steps())
