# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake All in a real window: two speakers, three lines that are due; cancelled after the first, then continued.

A part of session.py; by itself: run.py --script film.py ...
"""

import json
import sys
import wave
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from buttons import open_panel, press_until
from fake_backend import FakeBackend, take_bytes
from window import MIEN, arguments, check, drive, extension, open_tab, press, settled, shot, until, view3d

ARKIT = extension("formats.channels").ARKIT
batch_panel = extension("ui.batch_panel")


def voice(out: Path, name: str, samples: int = 16000) -> Path:
    """A silence of one second at 16 kHz; another number of samples is another sound."""
    path = out / f"{name}.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(bytes(2 * samples))
    return path


def flat_take(value: float, seed: str, fps: str) -> bytes:
    """A second in which every channel is `value`, and a tenth more for each seed."""
    weights = np.full((24, len(ARKIT)), value + 0.1 * int(seed), np.float32)
    head = np.full((24, 3), 0.05, np.float32)
    return take_bytes({"weights": weights, "head_rotation": head}, channels=json.dumps(ARKIT), fps=fps, seed=seed)


def jaw(head, frame: int) -> float:
    bpy.context.scene.frame_set(frame)
    return round(head.data.shape_keys.key_blocks["jawOpen"].value, 4)


def middle() -> int:
    """Left of the middle of the sidebar, where Bake All is and not the button beside it."""
    side = view3d()[2]
    return side.x + side.width // 2 - 40


def _states() -> dict[str, str]:
    report = batch_panel.latest()
    return {entry.line: entry.state for entry in report.entries} if report is not None else {}


def bake_all(out: Path, settings, anna):
    """Anna has one line with a take, which is up to date; she gets another line, and Nora two."""
    run = bpy.context.window_manager.mien_run
    fresh = {line.name: "fresh" for line in anna.mien.lines}
    before = jaw(anna, 20)
    bpy.context.view_layer.objects.active = anna
    press(bpy.ops.mien.new_line)
    anna.mien.lines[-1].sound, anna.mien.lines[-1].start_frame = str(voice(out, "second", 16001)), 101
    bpy.context.scene.cursor.location = (0.4, 0.0, 0.0)
    press(bpy.ops.mien.add_head)
    nora = bpy.context.view_layer.objects.active
    nora.name = "Nora"
    for number, start in enumerate((11, 61)):
        press(bpy.ops.mien.new_line)
        nora.mien.lines[-1].sound = str(voice(out, f"third_{number}", 16002 + number))
        nora.mien.lines[-1].start_frame = start
    bpy.ops.object.select_all(action="DESELECT")
    bpy.context.view_layer.objects.active = None
    bpy.ops.ed.undo_push(message="a film")
    backend = FakeBackend().__enter__()
    backend.take = lambda **meta: flat_take(0.4, meta["seed"], meta["fps"])
    backend.slow = 600.0
    settings.address = backend.address
    press(bpy.ops.mien.dismiss)
    yield from settled()
    yield from shot(out, "10_film")

    yield from press_until("Bake All starts it", "mien.bake_all(", lambda: run.running, middle())
    yield from until("what is due is asked for", lambda: run.total == 3 and len(backend.jobs) == 3)
    first = [entry["filename"] for entry in backend.requests]
    check("and not what is up to date", first == ["second.wav", "third_0.wav", "third_1.wav"], first)
    backend.jobs["job1"]["started"] -= 1000.0  # the first is made at once, the second takes long
    yield from until("the first line is made", lambda: run.number == 2 and run.fraction > 0.3)
    yield from settled()
    yield from shot(out, "11_baking")
    side = view3d()[2]
    yield from press_until("Cancel stops it", "mien.cancel(", lambda: not run.running, side.x + side.width - 70)
    check("and says so", run.note == "Cancelled; 1 of 3 takes was made and is kept.", run.note)
    states = {**fresh, "second": "made", "third_0": "cancelled", "third_1": "cancelled"}
    check("the report says what was made", _states() == states, _states())
    values = (jaw(anna, 110), jaw(nora, 20), jaw(anna, 20))
    check("what is done is kept, the rest is as it was", values == (0.4, 0.0, before), values)
    press(bpy.ops.mien.dismiss)
    yield from settled()
    yield from shot(out, "12_cancelled")

    backend.slow = 0.0
    for job in backend.jobs.values():
        job["started"] -= 1000.0
    count = len(backend.requests)
    yield from press_until(
        "Bake All goes on", "mien.bake_all(", lambda: run.running or len(backend.requests) > count, middle()
    )
    yield from until("until the film is baked", lambda: not run.running and "due" not in _states().values())
    rest = [entry["filename"] for entry in backend.requests[count:]]
    check("with the rest alone", rest == ["third_0.wav", "third_1.wav"], rest)
    states = {**fresh, "second": "fresh", "third_0": "made", "third_1": "made"}
    check("the report says so", _states() == states and batch_panel.latest().whole, _states())
    values = (jaw(anna, 110), jaw(nora, 20), jaw(nora, 70), jaw(anna, 20))
    check("and every line plays", values == (0.4, 0.4, 0.4, before), values)
    press(bpy.ops.mien.dismiss)
    yield from settled()
    yield from shot(out, "13_baked")
    backend.shut_down()
    bpy.context.view_layer.objects.active = anna
    anna.mien.active_line = 0


def alone():
    out = Path(arguments()[0])
    settings = bpy.context.preferences.addons[MIEN].preferences
    settings.start_own = False
    open_panel("ui.batch_panel", "MIEN_PT_batch")
    yield from open_tab("Mien")
    press(bpy.ops.mien.add_head)
    anna = bpy.data.objects["Mien head"]
    with FakeBackend() as backend:
        backend.take = lambda **meta: flat_take(0.2, meta["seed"], meta["fps"])
        settings.address = backend.address
        anna.mien.sound = str(voice(out, "voice"))
        anna.mien.lines[0].start_frame = 11
        press(bpy.ops.mien.generate)
        yield from until("the first line has a take", lambda: len(anna.mien.lines[0].takes) == 1)
    yield from bake_all(out, settings, anna)


if __name__ == "__main__":
    drive(alone())
