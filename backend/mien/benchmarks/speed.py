# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed and memory of the main jobs, measured side by side in one run, each in a process of its own.

Seconds differ from machine to machine and with what else runs; the ratios beside them differ far less, so those go
into the README.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile

from mien import engines
from mien.audio.speech import RATE, Speech, read_speech
from mien.errors import MienError
from mien.files.markdown import table as markdown_table
from mien.files.markdown import write_section

ROOT = Path(__file__).resolve().parents[3]
VOICE = ROOT / "tests" / "samples" / "voice" / "sense_and_sensibility.wav"
RULES = "articulation"  # the engine that the others are compared with
HALF_LENGTH = ROOT / "tests" / "samples" / "photo" / "half_length.jpg"
PLAYED_S = 20.0  # seconds of a take that are played in Blender, frame by frame
# Runs in a child, prints {"seconds": ..., "megabytes": ...} as its last line; {body} sets `seconds`
CHILD = """
import json, sys, time
{body}
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
except ImportError:
    peak = float("nan")
print(json.dumps({{"seconds": seconds, "megabytes": peak}}))
"""
SPEAK = """
begin = time.perf_counter()
from mien.cli.main import main
status = main(["speak", sys.argv[1], "-o", sys.argv[2], "--fps", "25", "--json"])
assert status == 0, status
seconds = time.perf_counter() - begin
"""
LISTEN = """
import torch
torch.set_num_threads(1)
from pathlib import Path
from mien.speech_analysis.network import hear
from mien.audio.speech import read_speech
speech = read_speech(Path(sys.argv[1]))
hear(speech)  # warm: the weights are loaded, the memory is there
begin = time.perf_counter()
hear(speech)
seconds = time.perf_counter() - begin
"""
# {engine} makes {takes} takes; warm: it made a take of one second before
TAKES = """
from pathlib import Path
from mien.direction import Direction
from mien.speak import speak_takes
from mien.audio.speech import RATE, Speech, read_speech
speech = read_speech(Path(sys.argv[1]))
list(speak_takes(Speech.from_samples(speech.samples[:RATE]), Direction(), [0], "{engine}"))
begin = time.perf_counter()
list(speak_takes(speech, Direction(), range({takes}), "{engine}"))
seconds = time.perf_counter() - begin
"""
# The shipped voice by the rules on the default head, as a film; then that film is tracked
FILM_S = 4.0  # seconds of it that are drawn, again and again
FILM_SIZE = (1280, 720)
DRAW = """
from fractions import Fraction
from itertools import islice
import numpy as np
from mien.audio.speech import RATE, read_speech
from mien.direction import Direction
from mien.heads.default import load_head
from mien.preview.scene import Scene
from mien.speak import speak
from mien.video.writer import write_film
begin = time.perf_counter()
speech, head, scene = read_speech(sys.argv[1]), load_head(), Scene({size})
take = speak(speech, Direction(), "{engine}", 25)
drawn = [scene.picture(head.pose(w, r), w) for w, r in islice(zip(take.weights, take.head_rotation), {drawn})]
write_film(sys.argv[2], (drawn[i % len(drawn)] for i in range(take.frames)), Fraction(25), speech.samples, RATE)
seconds = time.perf_counter() - begin
"""
TRACK = """
begin = time.perf_counter()
from mien.cli.main import main
status = main(["track", sys.argv[1], "-o", sys.argv[2], "--json"])
assert status == 0, status
seconds = time.perf_counter() - begin
"""
# The beginning of that film, dubbed with its own sound
DUB_S = 10
DUB = """
import os
from fractions import Fraction
from pathlib import Path
film, output = Path(sys.argv[1]), Path(sys.argv[2])
os.environ["MIEN_DATA_FOLDER"] = str(output.parent / "data")
from mien.video.consent import Consent, file_digest, record_consent
record_consent(file_digest(film), Consent.given("a drawn head", "mien bench"), output.parent / "data")
begin = time.perf_counter()
from mien.dub import dub
from mien.engines.personatalk.options import DubOptions
dub(film, film, output, DubOptions(engine="{engine}", end=Fraction({end}), when_longer="stop"))
seconds = time.perf_counter() - begin
"""
# A drawn face as a photo, which speaks: all of `mien portrait` but consent and signature
PORTRAIT_SIDE, PORTRAIT_ENGINE = 512, "emodiffhead"
PORTRAIT = """
from fractions import Fraction
from mien.evaluation.films.drawn_photos import drawn_photo
photo = drawn_photo("woman_a", side={side})
begin = time.perf_counter()
from mien.audio.speech import RATE, read_speech
from mien.direction import Direction
from mien.photo.animator import Animator
from mien.photo.motion import motion_of
from mien.speak import speak
from mien.video.writer import write_film
speech = read_speech(sys.argv[1])
take = speak(speech, Direction(), "{engine}", 25)
animator = Animator(photo)
motion = motion_of(take, animator.head, animator.face.own)
drawn = (animator.picture(*row) for row in zip(motion.weights, motion.head_rotation, motion.gaze))
write_film(sys.argv[2], drawn, Fraction(25), speech.samples, RATE)
seconds = time.perf_counter() - begin
"""
# A rendered half-length picture that talks with its hands: all of `mien talk` but consent and signature
TALK_S, TALK_ENGINE = 10.0, "emodiffhead"
TALK = """
from fractions import Fraction
from pathlib import Path
import numpy as np
from PIL import Image
photo = np.asarray(Image.open("{photo}").convert("RGB"))
begin = time.perf_counter()
from mien.audio.speech import RATE, Speech, read_speech
from mien.direction import Direction
from mien.photo.body.options import TalkOptions
from mien.photo.body.talking_body import TalkingBody
from mien.photo.motion import motion_of
from mien.speak import speak
from mien.talk import motion_of_take
from mien.video.writer import write_film
speech = read_speech(Path(sys.argv[1]))
speech = Speech.from_samples(speech.samples[: round({seconds} * RATE)])
take = speak(speech, Direction(gestures=1.0), "{engine}", 25)
opened = TalkingBody(photo, TalkOptions(), "photo")
opened.follow(motion_of_take(take))
motion = motion_of(take, opened.animator.head, opened.animator.face.own)
def drawn():
    for number, row in enumerate(zip(motion.weights, motion.head_rotation, motion.gaze)):
        opened.pose(number)
        yield opened.animator.picture(*row)
write_film(Path(sys.argv[2]), drawn(), Fraction(25), speech.samples, RATE)
seconds = time.perf_counter() - begin
"""
# A frame of the motion model; weights of random numbers take as long as a user's own
MOTION_MODEL_SIDE = 256
MOTION_MODEL = """
import numpy as np
from mien.engines.diffted.published.tps.network import MotionModel, Sizes
from mien.engines.diffted.published.tps.renderer import Renderer
renderer = Renderer(MotionModel(Sizes()).eval(), np.zeros(({side}, {side}, 3), np.uint8), {side})
renderer.frame(renderer.key_points)  # warm: the memory is there
begin = time.perf_counter()
renderer.frame(renderer.key_points)
seconds = time.perf_counter() - begin
"""
ALL_PHONE = """
import pocketsphinx, soundfile
pcm = soundfile.read(sys.argv[1], dtype="int16")[0].tobytes()
begin = time.perf_counter()
model = pocketsphinx.get_model_path() + "/en-us/"
decoder = pocketsphinx.Decoder(
    hmm=model + "en-us", allphone=model + "en-us-phone.lm.bin", dict=None, lw=2.0, loglevel="FATAL"
)
decoder.start_utt(); decoder.process_raw(pcm, full_utt=True); decoder.end_utt()
seconds = time.perf_counter() - begin
"""
# Rhubarb Lip Sync, from Debian or PyPI there is none; npm has its port to WebAssembly
RHUBARB = """
import { Rhubarb } from "rhubarb-lip-sync-wasm"
import { readFileSync } from "node:fs"
const pcm = readFileSync(process.argv[1]).subarray(44)
const begin = performance.now()
await Rhubarb.getLipSync(pcm)
const seconds = (performance.now() - begin) / 1000
console.log("\\n" + JSON.stringify({ seconds, megabytes: process.resourceUsage().maxRSS / 1000 }))
"""
BLENDER = """
sys.path.insert(0, sys.argv[3])
import bpy, addon
from pathlib import Path
from addon.formats.take import read_take
from addon.generation import receive
addon.register()
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
bpy.context.scene.render.fps = 25
bpy.ops.mien.add_head()
speaker, take = bpy.context.object, read_take(Path(sys.argv[2]))
begin = time.perf_counter()
{body}
seconds = time.perf_counter() - begin
addon.unregister()
"""
APPLY = "receive.put(bpy.context.scene, speaker, take, 1)"
PLAYED = """
receive.put(bpy.context.scene, speaker, take, 1)
begin = time.perf_counter()
for frame in range(1, {frames} + 1):
    bpy.context.scene.frame_set(frame)
"""
# what a vertex engine's take is by default: shapes with a curve each, in one action; a minute had 46
SHAPES = """
import numpy as np
from addon.animation import fcurves
from addon.shape_keys import keys
speaker.shape_key_clear()
rest, chance, played = keys.rest(speaker.data), np.random.default_rng(0), []
for number in range(46):
    shape = keys.add(speaker, f"shape {{number}}", rest + chance.normal(0.0, 1e-3, rest.shape))
    weights = chance.random({frames}, np.float32)
    played.append(fcurves.Curve(keys.value_path(shape.name), 0, np.arange(1, {frames} + 1, dtype=np.float32), weights))
named, action = speaker.data.shape_keys, bpy.data.actions.new("shapes")
slot = fcurves.slot_for(action, named)
fcurves.fill(fcurves.bag_of(action, slot), played)
named.animation_data_create().action = action
if slot is not None:
    named.animation_data.action_slot = slot
begin = time.perf_counter()
for frame in range(1, {frames} + 1):
    bpy.context.scene.frame_set(frame)
"""
INSERT = """
for frame, row in enumerate(take.weights, 1):
    for name, value in zip(take.channels, row):
        key = speaker.data.shape_keys.key_blocks[name]
        key.value = value
        key.keyframe_insert("value", frame=frame)
"""


class BenchError(MienError, RuntimeError):
    """A measurement could not be made; the message says why."""


@dataclass(frozen=True)
class Row:
    """One measured job, and the one beside it that it is compared with."""

    what: str
    seconds: float
    megabytes: float  # peak resident memory of the process
    of: str  # what the ratio is of
    ratio: float


def shipped_voice() -> Speech:
    """The recording in the checkout's tests. Raises BenchError where there is no checkout."""
    if not VOICE.is_file():
        raise BenchError("mien bench needs the checkout's tests/samples/voice, which is not here.")
    return read_speech(VOICE)


def measure(length: float, rhubarb: Path | None = None) -> list[dict]:
    """Measure everything on `length` seconds of speech: the shipped voice, repeated. Takes a few minutes.

    `rhubarb`: a folder in which `npm install rhubarb-lip-sync-wasm` was run, to be measured besides.
    """
    voice = shipped_voice()
    if rhubarb and not (rhubarb / "node_modules" / "rhubarb-lip-sync-wasm").is_dir():
        raise BenchError(f"there is no Rhubarb in {rhubarb}; run `npm install rhubarb-lip-sync-wasm` in it first.")
    with tempfile.TemporaryDirectory(prefix="mien-bench-") as folder:
        sound, take = Path(folder) / "speech.wav", Path(folder) / "speech.take.safetensors"
        samples = np.resize(voice.samples, round(length * RATE))
        soundfile.write(sound, samples, RATE, subtype="PCM_16")
        speak = _child(SPEAK, sound, take)
        listen = _child(LISTEN, sound, take)
        decode = _child(ALL_PHONE, sound, take)
        name = f"`mien speak`, {length:g} s of speech, cold start"
        ear = f"the ear alone, {length:g} s of speech, one core, warm"
        rows = [
            Row(name, *speak, "the length of the speech", speak[0] / length),
            Row(name, *speak, "PocketSphinx's own all-phone decoding of it", speak[0] / decode[0]),
            *_takes(sound, take, length),
            Row(ear, *listen, "the length of the speech", listen[0] / length),
            Row(ear, *listen, "PocketSphinx's own all-phone decoding of it", listen[0] / decode[0]),
        ]
        if rhubarb:
            cues = _figures(["node", "--input-type=module", "-e", RHUBARB, str(sound)], rhubarb)
            rows.append(Row(ear, *listen, "Rhubarb Lip Sync (its WebAssembly port)", listen[0] / cues[0]))
        rows += _tracking(sound, Path(folder) / "film.mp4", take, length)
        rows += _portrait(sound, take, length)
        rows += _talk(sound, take, length)
        rows.append(_motion_model(sound, take))
        rows += _blender(sound, take, length)
        rows.append(_batch(Path(folder) / "batch", voice, length))
    return [asdict(row) for row in rows]


def _takes(sound: Path, take: Path, length: float) -> list[Row]:
    """A take and ten of each engine, on all cores; a line on stderr for an engine that cannot work here."""
    rows = []
    by_rules = _child(TAKES.format(engine=RULES, takes=1), sound, take)
    for info in (engines.ENGINES[name] for name in engines.NAMES):
        if info.refusal:
            print(f"mien bench: nothing was measured of {info.name}: {info.refusal}", file=sys.stderr)
            continue
        one = by_rules if info.name == RULES else _child(TAKES.format(engine=info.name, takes=1), sound, take)
        ten = _child(TAKES.format(engine=info.name, takes=10), sound, take)
        a_take, ten_takes = (f"{count} of {info.name}, {length:g} s, warm" for count in ("a take", "ten takes"))
        rows.append(Row(a_take, *one, "the length of the speech", one[0] / length))
        if info.name != RULES:
            rows.append(Row(a_take, *one, f"one of {RULES}", one[0] / by_rules[0]))
        rows.append(Row(ten_takes, *ten, "the length of the speech", ten[0] / length))
        rows.append(Row(ten_takes, *ten, "one of them", ten[0] / one[0]))
    return rows


def _tracking(sound: Path, film: Path, take: Path, length: float) -> list[Row]:
    """A film of the speech, tracked, and its beginning dubbed; nothing where none can be drawn. `take` is left as it
    is."""

    def track() -> tuple[float, float]:
        _child(DRAW.format(size=FILM_SIZE, engine=RULES, drawn=round(25 * min(length, FILM_S))), sound, film)
        return _child(TRACK, film, take.with_name("tracked.take.safetensors"))

    name = f"`mien track`, {length:g} s of {FILM_SIZE[1]}p film with sound, cold start"
    rows = _film_rows("tracking", name, length, track)
    return [*rows, *_dub(film, length)] if rows else []


def _dub(film: Path, length: float) -> list[Row]:
    """The beginning of the film, dubbed; nothing where that fails."""
    dubbed = min(length, DUB_S)
    name = f"`mien dub`, {dubbed:g} s of {FILM_SIZE[1]}p film, cold start"
    program = DUB.format(engine=engines.DEFAULT, end=dubbed)
    return _film_rows("dubs", name, dubbed, lambda: _child(program, film, film.with_name("dubbed.mp4")))


def _portrait(sound: Path, take: Path, length: float) -> list[Row]:
    """A photo that speaks; nothing where none can be drawn. `take` is left as it is."""
    name = f"a portrait, {length:g} s of {PORTRAIT_SIDE} x {PORTRAIT_SIDE} pixels, cold start"
    program = PORTRAIT.format(side=PORTRAIT_SIDE, engine=PORTRAIT_ENGINE)
    return _film_rows("portraits", name, length, lambda: _child(program, sound, take.with_name("portrait.mp4")))


def _talk(sound: Path, take: Path, length: float) -> list[Row]:
    """A half-length picture that talks; nothing where none can be drawn. `take` is left as it is."""
    spoken = min(length, TALK_S)
    name = f"a talk, {spoken:g} s of 512 x 512 pixels, cold start"
    program = TALK.format(photo=HALF_LENGTH.as_posix(), seconds=spoken, engine=TALK_ENGINE)
    return _film_rows("talks", name, spoken, lambda: _child(program, sound, take.with_name("talk.mp4")))


def _motion_model(sound: Path, take: Path) -> Row:
    """A frame by the networks of the Thin-Plate-Spline motion model, on the processor."""
    frame = _child(MOTION_MODEL.format(side=MOTION_MODEL_SIDE), sound, take)
    side = f"{MOTION_MODEL_SIDE} x {MOTION_MODEL_SIDE} pixels"
    return Row(f"a frame of the motion model (tps), {side}, warm", *frame, "a frame at 25 a second", 25 * frame[0])


def _film_rows(subject: str, name: str, length: float, make: Callable[[], tuple[float, float]]) -> list[Row]:
    """A row of what `make` measures of a film of so many seconds; none, said on stderr, where it cannot."""
    try:
        figures = make()
    except BenchError as error:
        print(f"mien bench: nothing was measured of {subject}: {error}", file=sys.stderr)
        return []
    return [Row(name, *figures, "the length of the film", figures[0] / length)]


def _blender(sound: Path, take: Path, length: float) -> list[Row]:
    """The same take put on the head in Blender's module; nothing where that is not installed."""
    try:
        apply = _child(BLENDER.format(body=APPLY), sound, take)
        insert = _child(BLENDER.format(body=INSERT), sound, take)
        frames = round(25 * min(length, PLAYED_S))
        played, shapes = (
            _child(BLENDER.format(body=body.format(frames=frames)), sound, take) for body in (PLAYED, SHAPES)
        )
    except BenchError as error:
        print(f"mien bench: nothing was measured in Blender: {error}", file=sys.stderr)
        return []
    name = f"the take of {length:g} s put on the head in Blender"
    play = f"{frames / 25:g} s of it played, every frame shown"
    return [
        Row(name, *apply, "the length of the speech", apply[0] / length),
        Row(name, *apply, "`keyframe_insert`, key by key", apply[0] / insert[0]),
        Row(play, *played, "what is played, at 25 frames a second", played[0] * 25 / frames),
        Row(play, *played, "46 shapes with a curve each, played", played[0] / shapes[0]),
    ]


def _batch(folder: Path, voice: Speech, length: float) -> Row:
    """Several processes at many lines, beside one."""
    from mien.benchmarks import batches

    speed = batches.measure(folder, voice.samples, RULES, min(batches.LINES, round(4 * length)))
    name = f"`mien batch --jobs {speed.several.jobs}`, {speed.lines} lines of 2 to 6 s"
    return Row(
        name, speed.several.seconds, speed.several.megabytes, "half the time of `--jobs 1`", 1 / speed.efficiency
    )


def table(rows: list[dict]) -> str:
    """For the terminal: seconds, memory and ratios."""
    lines = [f"{'seconds':>8} {'peak MB':>8} {'ratio':>7}"]
    for row in rows:
        figures = f"{row['seconds']:8.2f} {row['megabytes']:8.0f} {row['ratio']:7.3f}"
        lines.append(f"{figures}  {row['what']}, of {row['of']}")
    return "\n".join(lines)


def write_into(readme: Path, rows: list[dict]) -> None:
    """Put the ratios between the bench marks of a Markdown file. MarkError where it has none."""
    cells = [[r["what"], r["of"], f"{r['ratio']:.3f}", f"{r['megabytes']:.0f} MB"] for r in rows]
    write_section(readme, "bench", markdown_table(["time of", "as a share of", "ratio", "peak memory"], cells))


def _child(body: str, sound: Path, take: Path) -> tuple[float, float]:
    """(seconds, peak MB) of a body run in a fresh Python."""
    return _figures([sys.executable, "-c", CHILD.format(body=body), str(sound), str(take), str(ROOT)])


def _figures(command: list[str], folder: Path | None = None) -> tuple[float, float]:
    """(seconds, peak MB) that a program prints of itself, in a line of JSON."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise BenchError(f"{command[0]} could not be run: {error.strerror}.") from None
    figures = [line for line in done.stdout.splitlines() if line.startswith('{"seconds"')]
    if not figures:
        last = done.stderr.strip().splitlines()[-1:] or ["it printed nothing"]
        raise BenchError(f"the measured process ended with {done.returncode}: {last[0]}")
    row = json.loads(figures[-1])
    return row["seconds"], row["megabytes"]
