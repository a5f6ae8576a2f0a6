# SPDX-License-Identifier: GPL-3.0-or-later
"""The main path from start to end on a recorded voice: `python3 dev.py take`.

The backend writes a take and its preview. Then the extension runs inside Blender's Python module: it adds the default
head, starts a backend, generates a take and applies it; stills and a .blend are written. Without Blender's module only
the backend's part runs. Not in the extension's zip.
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
STILLS = (0.5, 2.4, 4.76)  # s; the last is in a P, with the lips shut
SIZE = 480
IDENTITY = "adult"
LENS, SENSOR = 85, 36  # mm
FACE = 0.54  # of the head's height: the camera's target
FILLED = 1.12  # the picture's height in heads
LAMPS = (  # name, position from the face in metres, watts, side in metres, colour
    ("Key", (-0.50, -0.90, 0.36), 10.5, 0.40, (1.0, 0.93, 0.84)),
    ("Fill", (0.90, -0.70, 0.05), 3.0, 0.80, (0.86, 0.93, 1.0)),
    ("Rim", (0.55, 0.90, 0.30), 6.0, 0.35, (0.92, 0.96, 1.0)),
)


def main() -> int:
    options = _arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    files = preview(options)
    try:
        import bpy  # noqa: F401
    except ImportError as error:
        print(f"Blender's Python module is not here ({error}), so the part inside Blender was left out.")
        print("It comes with Python 3.11 (pip install bpy==5.0.1); in Blender itself install the extension's zip.")
    else:
        files += in_blender(options)
    print("\nMade:")
    for path, use in files:
        print(f"  {path}\n      {use}")
    return 0


def preview(options: argparse.Namespace) -> list[tuple[Path, str]]:
    """The backend alone: writes a take file and its preview; each file with its use."""
    take, film = options.out / "first.take.safetensors", options.out / "first-take.mp4"
    command = [
        sys.executable,
        "-m",
        "mien",
        "speak",
        options.sound,
        "-o",
        take,
        "--fps",
        FPS,
        "--seed",
        options.seed,
    ]
    command += ["--emotion", options.emotion, "--intensity", options.intensity]
    print(
        f"mien speak {options.sound.name}: {options.emotion}, intensity {options.intensity}, seed {options.seed}",
        flush=True,
    )
    command_of_film = [*command, "--preview", film, "--identity", IDENTITY]
    status = subprocess.run([str(part) for part in command_of_film], check=False).returncode
    if status == 0:
        return [
            (take, "the take: weights of 52 channels, head, gaze"),
            (film, "the preview: open it in any player"),
        ]
    if status == 4:  # no OpenGL, as its message says; the take alone needs none
        subprocess.run([str(part) for part in command], check=True)
        return [(take, "the take: weights of 52 channels, head, gaze")]
    raise SystemExit(status)


def in_blender(options: argparse.Namespace) -> list[tuple[Path, str]]:
    """The extension in Blender: head, backend, take, sound; writes stills and a .blend; each file with its use."""
    import bpy

    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("MIEN_COMMAND", f'"{sys.executable}" -m mien')
    import addon

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    addon.register()
    try:
        scene = bpy.context.scene
        scene.render.fps = FPS
        bpy.ops.mien.add_head(identity=IDENTITY)
        speaker = bpy.context.object
        speaker.mien.sound = str(options.sound)
        speaker.mien.performance.emotion = options.emotion
        speaker.mien.performance.intensity = options.intensity
        speaker.mien.lines[0].seed = options.seed
        bpy.ops.mien.generate("EXEC_DEFAULT")  # raises RuntimeError with the sentence when it could not
        print(f"in Blender {bpy.app.version_string}: {bpy.context.window_manager.mien_run.note}", flush=True)
        _light(scene, speaker)
        files = [_still(scene, options.out / f"still-{i}.png", seconds) for i, seconds in enumerate(STILLS, 1)]
        _ready_to_play(scene, speaker)
        blend = options.out / "first-take.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=True)
    finally:
        addon.unregister()  # stops the backend
    newest = f"{bpy.app.version[0]}.{bpy.app.version[1]}"
    return [*files, (blend, f"open it in Blender {newest} or newer and press Space: the head speaks, with sound")]


def _ready_to_play(scene, speaker) -> None:
    """Set the frame range and playback in step with the sound; 3D views look through the camera.

    Only screens in a window get the sidebar: after it was shown on another one, Blender's module (5.0.1) reports "Not
    freed memory blocks: 315" when it exits.
    """
    import bpy

    scene.frame_set(1)
    scene.frame_end = speaker.mien.lines[0].takes[0].last_frame
    scene.sync_mode = "AUDIO_SYNC"
    in_window = {window.screen for window in bpy.context.window_manager.windows}
    for screen in bpy.data.screens:
        for area in screen.areas:
            if area.type == "VIEW_3D":
                area.spaces.active.region_3d.view_perspective = "CAMERA"
                area.spaces.active.shading.type = "MATERIAL"
                if screen in in_window:
                    area.spaces.active.show_region_ui = True


def _light(scene, speaker) -> None:
    """Add a camera with a long lens on the face, key, fill and rim lights, and a dim grey world."""
    import bpy
    from mathutils import Vector

    corners = [speaker.matrix_world @ Vector(corner) for corner in speaker.bound_box]
    low, high = (Vector(pick(axis) for axis in zip(*corners, strict=True)) for pick in (min, max))
    face = (low + high) / 2
    face.z = low.z + FACE * (high.z - low.z)
    tall = high.z - low.z
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens, camera.data.sensor_width = LENS, SENSOR
    direction = Vector((0.16, -1, 0.02)).normalized()
    camera.location = face + direction * tall * FILLED * LENS / SENSOR
    camera.rotation_euler = (-direction).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(camera)
    scene.camera = camera
    for name, position, watts, size, colour in LAMPS:
        lamp = bpy.data.objects.new(name, bpy.data.lights.new(name, "AREA"))
        lamp.data.energy, lamp.data.size, lamp.data.color = watts, size, colour
        lamp.location = face + Vector(position)
        lamp.rotation_euler = (face - lamp.location).to_track_quat("-Z", "Y").to_euler()
        scene.collection.objects.link(lamp)
    scene.world = bpy.data.worlds.new("Grey")
    if not bpy.app.version >= (5, 0, 0):
        scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.055, 0.060, 0.068, 1)
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 16
    scene.cycles.use_denoising, scene.cycles.denoising_quality = True, "FAST"
    scene.cycles.denoising_prefilter = "NONE"
    scene.cycles.max_bounces = 4
    scene.render.use_persistent_data = True  # only what moved is sent to the renderer again
    scene.render.resolution_x = scene.render.resolution_y = SIZE
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"


def _still(scene, path: Path, seconds: float) -> tuple[Path, str]:
    import bpy

    scene.frame_set(1 + math.floor(seconds * FPS))
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return path, f"frame {scene.frame_current}, rendered by Cycles"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "out", help="folder for what is made (default: out)")
    parser.add_argument("--sound", type=Path, default=VOICE, help="a recorded voice (default: the one that ships)")
    parser.add_argument("--emotion", default="happy", help="(default: happy)")
    parser.add_argument("--intensity", type=float, default=0.8, help="0 to 1 (default: 0.8)")
    parser.add_argument("--seed", type=int, default=7, help="(default: 7)")
    options = parser.parse_args()
    options.out, options.sound = options.out.resolve(), options.sound.resolve()
    return options


if __name__ == "__main__":
    sys.exit(main())
