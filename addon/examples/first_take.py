# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job, start to end, on a recorded voice: `python3 dev.py take`.

The extension's own code runs inside Blender's Python module: it adds the default head, starts a backend, has the voice
performed, puts shape keys, head rotation and sound in place; then stills and a .blend are written, and the backend's
preview. Where Blender's module is missing the backend's part still runs. Not in the extension's zip.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VOICE = ROOT / "tests" / "samples" / "voice" / "sense_and_sensibility.wav"
FPS = 25
STILLS = (0.5, 2.4, 4.76)  # s; the last on a P: lips shut
SIZE = 480
LENS, SENSOR = 85, 36  # mm
FACE = 0.54  # of the head's height: where the camera looks
FILLED = 1.12  # heads that fit into the picture's height
LAMPS = (  # name, place from the face in metres, watts, side in metres, colour
    ("Key", (-0.50, -0.90, 0.36), 10.5, 0.40, (1.0, 0.93, 0.84)),
    ("Fill", (0.90, -0.70, 0.05), 3.0, 0.80, (0.86, 0.93, 1.0)),
    ("Rim", (0.55, 0.90, 0.30), 6.0, 0.35, (0.92, 0.96, 1.0)),
)


def main() -> int:
    asked = _arguments()
    asked.out.mkdir(parents=True, exist_ok=True)
    made = preview(asked)
    try:
        import bpy  # noqa: F401
    except ImportError as error:
        print(f"Blender's Python module is not here ({error}), so the part inside Blender was left out.")
        print("It comes with Python 3.11 (pip install bpy==5.0.1); in Blender itself install the extension's zip.")
    else:
        made += scene(asked)
    print("\nMade:")
    for path, use in made:
        print(f"  {path}\n      {use}")
    return 0


def preview(asked: argparse.Namespace) -> list[tuple[Path, str]]:
    """The backend alone: a take file and its preview."""
    take, film = asked.out / "first.take.safetensors", asked.out / "first-take.mp4"
    command = [
        sys.executable,
        "-m",
        "mien",
        "speak",
        asked.sound,
        "-o",
        take,
        "--fps",
        FPS,
        "--seed",
        asked.seed,
    ]
    command += ["--emotion", asked.emotion, "--intensity", asked.intensity]
    print(
        f"mien speak {asked.sound.name}: {asked.emotion}, intensity {asked.intensity}, seed {asked.seed}",
        flush=True,
    )
    status = subprocess.run([str(part) for part in [*command, "--preview", film]], check=False).returncode
    if status == 0:
        return [
            (take, "the take: weights of 52 channels, head, gaze"),
            (film, "the preview: open it in any player"),
        ]
    if status == 4:  # no OpenGL: the sentence was printed; the take alone needs none
        subprocess.run([str(part) for part in command], check=True)
        return [(take, "the take: weights of 52 channels, head, gaze")]
    raise SystemExit(status)


def scene(asked: argparse.Namespace) -> list[tuple[Path, str]]:
    """The extension in Blender: head, backend, shape keys, sound; stills and a file to open."""
    import bpy

    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("MIEN_COMMAND", f'"{sys.executable}" -m mien')
    import addon

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    addon.register()
    try:
        stage = bpy.context.scene
        stage.render.fps = FPS
        bpy.ops.mien.add_head()
        speaker = bpy.context.object
        speaker.mien.sound = str(asked.sound)
        speaker.mien.performance.emotion = asked.emotion
        speaker.mien.performance.intensity = asked.intensity
        speaker.mien.lines[0].seed = asked.seed
        bpy.ops.mien.generate("EXEC_DEFAULT")  # raises RuntimeError with the sentence when it could not
        print(f"in Blender {bpy.app.version_string}: {bpy.context.window_manager.mien_run.note}", flush=True)
        _light(stage, speaker)
        made = [_still(stage, asked.out / f"still-{i}.png", seconds) for i, seconds in enumerate(STILLS, 1)]
        _ready_to_play(stage, speaker)
        blend = asked.out / "first-take.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=True)
    finally:
        addon.unregister()  # stops the backend
    newest = f"{bpy.app.version[0]}.{bpy.app.version[1]}"
    return [*made, (blend, f"open it in Blender {newest} or newer and press Space: the head speaks, with sound")]


def _ready_to_play(stage, speaker) -> None:
    """From the first frame to the last, in step with the sound, and every 3D view looks through the camera."""
    import bpy

    stage.frame_set(1)
    stage.frame_end = speaker.mien.lines[0].takes[0].last_frame
    stage.sync_mode = "AUDIO_SYNC"
    for screen in bpy.data.screens:
        for area in screen.areas:
            if area.type == "VIEW_3D":
                area.spaces.active.region_3d.view_perspective = "CAMERA"
                area.spaces.active.shading.type = "MATERIAL"
                area.spaces.active.show_region_ui = True


def _light(stage, speaker) -> None:
    """A portrait: a long lens on the face, a soft key, a fill and a rim light, a dim grey world."""
    import bpy
    from mathutils import Vector

    corners = [speaker.matrix_world @ Vector(corner) for corner in speaker.bound_box]
    low, high = (Vector(pick(axis) for axis in zip(*corners, strict=True)) for pick in (min, max))
    face = (low + high) / 2
    face.z = low.z + FACE * (high.z - low.z)
    tall = high.z - low.z
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens, camera.data.sensor_width = LENS, SENSOR
    way = Vector((0.16, -1, 0.02)).normalized()
    camera.location = face + way * tall * FILLED * LENS / SENSOR
    camera.rotation_euler = (-way).to_track_quat("-Z", "Y").to_euler()
    stage.collection.objects.link(camera)
    stage.camera = camera
    for name, place, watts, size, colour in LAMPS:
        lamp = bpy.data.objects.new(name, bpy.data.lights.new(name, "AREA"))
        lamp.data.energy, lamp.data.size, lamp.data.color = watts, size, colour
        lamp.location = face + Vector(place)
        lamp.rotation_euler = (face - lamp.location).to_track_quat("-Z", "Y").to_euler()
        stage.collection.objects.link(lamp)
    stage.world = bpy.data.worlds.new("Grey")
    if not bpy.app.version >= (5, 0, 0):
        stage.world.use_nodes = True
    stage.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.055, 0.060, 0.068, 1)
    stage.render.engine = "CYCLES"
    stage.cycles.samples = 16
    stage.cycles.use_denoising, stage.cycles.denoising_quality = True, "FAST"
    stage.cycles.denoising_prefilter = "NONE"
    stage.cycles.max_bounces = 4
    stage.render.use_persistent_data = True  # only what moved is sent to the renderer again
    stage.render.resolution_x = stage.render.resolution_y = SIZE
    stage.view_settings.view_transform = "AgX"
    stage.view_settings.look = "AgX - Medium High Contrast"


def _still(stage, path: Path, seconds: float) -> tuple[Path, str]:
    import bpy

    stage.frame_set(1 + math.floor(seconds * FPS))
    stage.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return path, f"frame {stage.frame_current}, rendered by Cycles"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "out", help="folder for what is made (default: out)")
    parser.add_argument("--sound", type=Path, default=VOICE, help="a recorded voice (default: the one that ships)")
    parser.add_argument("--emotion", default="happy", help="(default: happy)")
    parser.add_argument("--intensity", type=float, default=0.8, help="0 to 1 (default: 0.8)")
    parser.add_argument("--seed", type=int, default=7, help="(default: 7)")
    asked = parser.parse_args()
    asked.out, asked.sound = asked.out.resolve(), asked.sound.resolve()
    return asked


if __name__ == "__main__":
    sys.exit(main())
