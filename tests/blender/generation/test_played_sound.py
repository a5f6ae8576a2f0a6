# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent of a line is what Blender plays: compared with Blender's own mixdown of the scene."""

import wave
from pathlib import Path

import bpy
import numpy as np
import pytest
from checkout import SAMPLES

from addon.batch import plan
from addon.generation import requests
from addon.scene import lines, sound, strip_sync

pytestmark = pytest.mark.skipif(sound.aud is None, reason="needs Blender's audio library")
VOICE = SAMPLES / "voice" / "sense_and_sensibility.wav"
FPS = 24


@pytest.fixture
def strip(toy_head):
    """A strip of VOICE at frame 1, and a line that follows it."""
    scene = bpy.context.scene
    scene.frame_end = 24 * 30
    return strip_of(toy_head, VOICE)


def strip_of(toy_head, path: Path):
    strip = sound.strips_of(bpy.context.scene).new_sound("Voice", str(path), 1, 1)
    line = lines.add(toy_head)
    line.strip = strip.name
    return strip


def samples_of(path: Path) -> np.ndarray:
    """(N,) float64 at 16 kHz, the mean of the channels."""
    with wave.open(str(path)) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), f"<i{file.getsampwidth()}")
        data = data.reshape(-1, file.getnchannels()).mean(1) / 32768
        rate = file.getframerate()
    at = np.arange(0, len(data), rate / 16000)
    return np.interp(at, np.arange(len(data)), data)


def played(tmp_path: Path) -> np.ndarray:
    """What Blender plays of the scene from frame 1."""
    bpy.ops.sound.mixdown(filepath=str(tmp_path / "mix.wav"), container="WAV", codec="PCM", format="S16")
    return samples_of(tmp_path / "mix.wav")


def sent(toy_head) -> tuple[np.ndarray, float]:
    """What the backend gets, and the second of the scene at which that begins."""
    line = lines.active(toy_head)
    requests.prepare(toy_head, line)
    of_line = requests.sound_of_line(line, bpy.context.scene)
    return samples_of(of_line.sound.write()), (of_line.start_frame - 1) / FPS


def envelope(samples: np.ndarray) -> np.ndarray:
    """Level at 100 Hz."""
    count = len(samples) // 160
    return np.sqrt((samples[: count * 160].reshape(-1, 160) ** 2).mean(1))


def alike(toy_head, tmp_path: Path) -> tuple[float, float]:
    """(lag in seconds of what is sent behind what is played, correlation of their levels at that lag)."""
    now, (own, begin) = played(tmp_path), sent(toy_head)
    own = np.concatenate([np.zeros(round(begin * 16000)), own])
    length = max(len(now), len(own))
    one, two = (envelope(np.pad(part, (0, length - len(part)))) for part in (now, own))
    lags = range(-60, 61)
    scores = [np.corrcoef(one, np.roll(two, -lag))[0, 1] for lag in lags]
    best = int(np.argmax(scores))
    return lags[best] / 100, scores[best]


def trim(strip, front: int, back: int = 0) -> None:
    if hasattr(strip, "left_handle_offset"):
        strip.left_handle_offset, strip.right_handle_offset = front, back
    else:
        strip.frame_offset_start, strip.frame_offset_end = front, back


def retime(strip, speed: float) -> None:
    """As Strip > Retiming > Set Speed does."""
    scene, window = bpy.context.scene, bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    if hasattr(window.workspace, "sequencer_scene"):
        window.workspace.sequencer_scene = scene
    region = next(region for region in area.regions if region.type == "WINDOW")
    scene.sequence_editor.active_strip, strip.select = strip, True
    with bpy.context.temp_override(window=window, area=area, region=region, scene=scene):
        bpy.ops.sequencer.retiming_segment_speed_set(speed=speed)


@pytest.mark.parametrize("change", ["none", "moved", "trimmed", "offset", "offset back", "offset and trimmed"])
def test_what_is_sent_is_what_blender_plays(toy_head, strip, tmp_path, change):
    if change == "moved":
        sound.set_start(strip, 13)
    if "trimmed" in change:
        trim(strip, 40, 30)
    if "offset" in change and hasattr(strip, "sound_offset"):
        strip.sound_offset = -0.4 if change.endswith("back") else 0.4
    lag, likeness = alike(toy_head, tmp_path)
    assert abs(lag) <= 0.01 and likeness > 0.99


@pytest.mark.parametrize("name", ["late_sound.mov", "film.mp4", "mono_44k.mp3", "stereo_48k.m4a", "mono_22k.ogg"])
def test_a_file_that_blender_begins_elsewhere_is_sent_as_it_plays_it(toy_head, tmp_path, name):
    strip_of(toy_head, SAMPLES / name)
    bpy.context.scene.frame_end = FPS
    lag, likeness = alike(toy_head, tmp_path)
    assert abs(lag) <= 0.01 and likeness > 0.98


@pytest.mark.parametrize("speed", [50, 200])
def test_a_retimed_strip_is_sent_as_it_plays(toy_head, strip, tmp_path, speed):
    line, before = lines.active(toy_head), sent(toy_head)[0]
    fresh = requests.of_line(bpy.context, bpy.context.scene, toy_head, line, [0])[0].fingerprint
    retime(strip, speed)
    strip_sync.sync_line(line)
    lag, likeness = alike(toy_head, tmp_path)
    # Blender's stretcher begins some hundredths of a second late
    assert abs(lag) <= 0.08 and likeness > 0.95
    assert len(sent(toy_head)[0]) == pytest.approx(len(before) * 100 / speed, rel=0.01)
    request = requests.of_line(bpy.context, bpy.context.scene, toy_head, line, [0])[0]
    assert request.fingerprint != fresh, "the take of the former speed is not up to date"
    assert plan.fingerprint.changes(fresh, request.fingerprint) == ("its sound changed",)


def test_keys_of_speed_are_followed(toy_head, strip, tmp_path):
    """The first part slow, the rest fast."""
    retime(strip, 50)
    strip.retiming_keys.add(timeline_frame=100)
    strip.retiming_keys[1].timeline_frame = 160
    trim(strip, 20)
    lag, likeness = alike(toy_head, tmp_path)
    assert abs(lag) <= 0.08 and likeness > 0.9


def test_a_picture_strip_that_runs_backward_leaves_its_sound(toy_head, strip, tmp_path):
    movie = sound.strips_of(bpy.context.scene).new_movie("Picture", str(SAMPLES / "late_sound.mov"), 2, 1)
    movie.use_reverse_frames = True
    lag, likeness = alike(toy_head, tmp_path)
    assert lag == 0 and likeness > 0.99
