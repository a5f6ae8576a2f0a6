# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong under an animator's hands, in a real window, each said in a sentence of the panel: a wrong token, a
sound that is gone, a full disk, a character deleted or a scene left while its take is made; then undo and redo of a
take, two scenes, and a file saved and opened again.

run.py --script faults.py ...
"""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from film import flat_take, voice
from window import arguments, check, drive, extension, open_tab, press, settled, shot, until, use_fake_backend, view3d

OUT = Path(arguments()[0])
sound, sent_sound, runner = extension("scene.sound"), extension("generation.sent_sound"), extension("generation.runner")


def run():
    return bpy.context.window_manager.mien_run


def head():
    return bpy.data.objects["Mien head"]


def takes() -> int:
    return sum(len(line.takes) for line in head().mien.lines)


def jaw(frame: int) -> float:
    bpy.context.scene.frame_set(frame)
    return round(head().data.shape_keys.key_blocks["jawOpen"].value, 4)


def in_view(operator, **options):
    """As a key in the 3D view, with its undo step."""
    window, area, _, main = view3d()
    with bpy.context.temp_override(window=window, area=area, region=main):
        return operator("INVOKE_DEFAULT", True, **options)


def generate() -> str:
    """What is said at once where it is refused."""
    try:
        press(bpy.ops.mien.generate)
    except RuntimeError as error:
        return str(error)
    return ""


def failing(backend, settings):
    """Requests that fail, each with its sentence in the panel."""
    backend.token = "secret"
    generate()
    yield from until("a wrong token ends it", lambda: not run().running)
    check("with what to do", "token" in run().error.lower(), run().error)
    yield from settled()
    yield from shot(OUT, "1_token")
    press(bpy.ops.mien.check_backend)
    yield from until("Look is answered", lambda: not runner.runner.working_in_background)
    yield 0.5
    check("and there is a field for it", settings.entry(settings.address).token_wanted)
    yield from settled()
    yield from shot(OUT, "1_field")
    settings.entry(settings.address).token = "secret"
    generate()
    yield from until("with the token it is taken", lambda: not run().running and takes() == 1)
    in_view(bpy.ops.ed.undo)
    yield 0.5
    backend.token = ""

    file = sound.absolute(head().mien.lines[0].sound)
    kept = file.read_bytes()
    file.unlink()
    check("a sound that is gone is named", "voice" in generate(), generate())
    yield from shot(OUT, "2_no_sound")
    file.write_bytes(kept)

    def full(*_):
        raise OSError(28, "No space left on device")

    written, sent_sound.write_whole = sent_sound.write_whole, full
    head().mien.lines[0].trim_end = 0.5  # an excerpt has to be written
    said = generate()
    check("a full disk is said", "No space left" in said and "Traceback" not in said, said)
    yield from shot(OUT, "3_full")
    sent_sound.write_whole = written
    head().mien.lines[0].trim_end = 0.0


def left_meanwhile(backend):
    """The character is deleted, or another scene is shown, while a take is made."""
    backend.slow = 600.0
    generate()
    yield from until("a take is on its way", lambda: run().stage == "phones")
    in_view(bpy.ops.object.delete, confirm=False)
    check("the character is deleted", "Mien head" not in bpy.context.scene.objects)
    backend.slow = 0.0
    yield from until("it ends", lambda: not run().running)
    check("and says that it is not there", "is not there any more" in run().error, run().error or run().note)
    yield from settled()
    yield from shot(OUT, "4_deleted")
    in_view(bpy.ops.ed.undo)
    yield 0.5
    check("undo brings it back", "Mien head" in bpy.context.scene.objects and takes() == 0)
    press(bpy.ops.mien.dismiss)

    first = bpy.context.scene.name
    backend.slow = 600.0
    generate()
    yield from until("another is on its way", lambda: run().stage == "phones")
    bpy.context.window_manager.windows[0].scene = bpy.data.scenes.new("Second")
    backend.slow = 0.0
    yield from until("it comes while another scene is shown", lambda: not run().running)
    check("without an error", run().error == "" and takes() == 1, run().error or run().note)
    check("its sound is in its own scene", sound.strips_of(bpy.data.scenes["Second"], make=False) is None)
    yield from settled()
    yield from shot(OUT, "5_second_scene")
    bpy.context.window_manager.windows[0].scene = bpy.data.scenes[first]
    yield 0.5
    check("and it plays there", jaw(10) == 0.2 and len(sound.strips_of(bpy.context.scene)) == 1, jaw(10))


def steps():
    backend, settings = use_fake_backend()
    backend.take = lambda **meta: flat_take(0.2, meta["seed"], meta["fps"])
    yield from open_tab("Mien")
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    press(bpy.ops.mien.add_head)
    head().mien.sound = str(voice(OUT, "voice"))
    bpy.ops.ed.undo_push(message="a head with a sound")
    yield from settled()
    yield from failing(backend, settings)
    yield from left_meanwhile(backend)

    bpy.ops.ed.undo_push(message="one take")
    generate()
    yield from until("another take is made", lambda: not run().running and takes() == 2)
    check("the first of them is seen", jaw(10) == 0.3, jaw(10))
    in_view(bpy.ops.ed.undo)
    yield 0.5
    check("undo takes it away", takes() == 1 and jaw(10) == 0.2, (takes(), jaw(10)))
    in_view(bpy.ops.ed.redo)
    yield 0.5
    check("redo brings it", takes() == 2 and jaw(10) == 0.3, (takes(), jaw(10)))

    bpy.ops.wm.save_as_mainfile(filepath=str(OUT / "film.blend"))
    bpy.ops.wm.read_homefile(app_template="")
    yield 1.0
    bpy.ops.wm.open_mainfile(filepath=str(OUT / "film.blend"))
    yield 2.0
    check("an opened file has its takes", takes() == 2 and jaw(10) == 0.3, (takes(), jaw(10)))
    yield from open_tab("Mien")
    bpy.context.view_layer.objects.active = head()
    head().mien.lines[0].active_take = 0
    yield from settled()
    check("and lets another be seen", jaw(10) == 0.2, jaw(10))
    yield from shot(OUT, "6_opened")
    generate()
    yield from until("it can go on", lambda: not run().running and takes() == 3)
    check("without an error, too", run().error == "", run().error)
    backend.slow = 600.0
    generate()
    yield from until("one is on its way", lambda: run().stage == "phones")
    bpy.ops.wm.read_homefile(app_template="")
    yield 1.0
    said = run().error or run().note
    check("a file that is opened meanwhile ends it in words", not run().running and "Another file" in said, said)
    yield from open_tab("Mien")
    yield from shot(OUT, "7_new_file")


drive(steps())
