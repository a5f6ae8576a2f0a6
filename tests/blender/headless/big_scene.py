# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a film to bake: a given number of speakers, lines and minutes, with pieces of the recorded voice.

With the extension installed:
    blender -b --python tests/blender/headless/big_scene.py -- FOLDER [--lines 40 --minutes 10 --engine articulation]
With Blender as a module:
    python tests/blender/headless/big_scene.py FOLDER

Leaves FOLDER/film.blend and FOLDER/sounds/. The lines follow each other; the second half of each speaker's are strips
of the sequencer, the first speaker's emotion is keyed from happy to angry over the film, and every fifth line feels
something of its own. Beside the speakers stands what a bake must not touch: a lamp, a camera, keyed and driven things.
"""

import argparse
import sys
import wave
from pathlib import Path

import bpy
import numpy as np

ROOT = Path(__file__).resolve().parents[3]
VOICE = ROOT / "tests" / "samples" / "voice" / "sense_and_sensibility.wav"
NAMES = ("Anna", "Berta", "Carl", "Dora", "Emil", "Frieda")
FPS = 24
PIECE_S, PAUSE_S = 2.5, 0.4  # of the voice, and between two pieces


def write_sounds(folder: Path, lines: int, seconds: float) -> list[Path]:
    """A WAV file of this many seconds for each line, of random pieces of the voice."""
    folder.mkdir(parents=True, exist_ok=True)
    with wave.open(str(VOICE)) as file:
        rate = file.getframerate()
        voice = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    chance, out = np.random.default_rng(6), []
    for number in range(lines):
        pieces: list[np.ndarray] = []
        while sum(map(len, pieces)) < seconds * rate:
            first = int(chance.integers(0, len(voice) - int(PIECE_S * rate)))
            pieces += [voice[first : first + int(PIECE_S * rate)], np.zeros(int(PAUSE_S * rate), "<i2")]
        path = folder / f"line_{number + 1:02d}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(np.concatenate(pieces)[: int(seconds * rate)].tobytes())
        out.append(path)
    return out


def add_speakers(count: int, engine: str) -> list[bpy.types.Object]:
    """Default heads beside each other, by the extension's own button."""
    out = []
    for number, name in enumerate(NAMES[:count]):
        bpy.context.scene.cursor.location = (0.4 * number, 0.0, 0.0)
        bpy.ops.mien.add_head()
        head = bpy.context.view_layer.objects.active
        head.name, head.mien.performance.engine = name, engine
        out.append(head)
    return out


def add_lines(speakers: list[bpy.types.Object], sounds: list[Path], seconds: float) -> None:
    """The lines follow each other, the speakers by turns."""
    scene, frame = bpy.context.scene, 1
    strips = scene.sequence_editor_create()
    strips = strips.strips if hasattr(strips, "strips") else strips.sequences
    for number, path in enumerate(sounds):
        speaker = speakers[number % len(speakers)]
        bpy.context.view_layer.objects.active = speaker
        scene.frame_set(frame)
        bpy.ops.mien.new_line()
        line = speaker.mien.lines[-1]
        line.name, line.sound = f"{speaker.name} {len(speaker.mien.lines):02d}", str(path)
        if number >= len(sounds) // 2:
            try:
                line.strip = strips.new_sound(line.name, str(path), 1 + number % 2, frame).name
            except RuntimeError:
                print("big_scene: this Blender has no audio, so no line is a strip")
        if number % 5 == 4:
            line.own, line.performance.emotion = True, "sad"
        frame += round(seconds * FPS)
    scene.frame_end = frame
    scene.frame_set(1)


def key_emotion(speaker: bpy.types.Object, last: int) -> None:
    performance = speaker.mien.performance
    for name, first_value, last_value in (("happy", 1.0, 0.0), ("angry", 0.0, 1.0)):
        setattr(performance, name, first_value)
        performance.keyframe_insert(name, frame=1)
        setattr(performance, name, last_value)
        performance.keyframe_insert(name, frame=last)


def add_others() -> None:
    """Add objects that a bake must not change."""
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0.4, -2.2, 0.0), (1.5708, 0.0, 0.0)
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    lamp.data.energy = 50.0
    lamp.data.keyframe_insert("energy", frame=1)
    box = bpy.data.objects.new("Box", bpy.data.meshes.new("Box"))
    box.data.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    box.shape_key_add(name="Basis")
    box.shape_key_add(name="jawOpen").keyframe_insert("value", frame=3)
    box.driver_add("location", 0).driver.expression = "frame / 100"
    for obj in (camera, lamp, box):
        scene.collection.objects.link(obj)
    scene.camera = camera
    scene.timeline_markers.new("Act one", frame=10)


def make(folder: Path, speakers: int, lines: int, minutes: float, engine: str) -> Path:
    """The film, saved; its path."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    bpy.context.scene.render.fps = FPS
    seconds = 60.0 * minutes / lines
    heads = add_speakers(speakers, engine)
    add_lines(heads, write_sounds(folder / "sounds", lines, seconds), seconds)
    key_emotion(heads[0], round(60 * minutes * FPS))
    add_others()
    path = folder / "film.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="big_scene.py", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--speakers", type=int, default=3)
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--engine", default="", help="of the backend; its default if not given")
    options = parser.parse_args(arguments)
    if not hasattr(bpy.types.Object, "mien"):  # Blender as a module, in a checkout
        sys.path.insert(0, str(ROOT))
        import addon

        addon.register()
    path = make(options.folder.absolute(), options.speakers, options.lines, options.minutes, options.engine)
    print(f"big_scene: {path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:])
