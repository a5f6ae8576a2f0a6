# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that `speed.py` measures, each for `measured_process.measured`: sys.argv[1] is a sound file, sys.argv[2]
the file that it writes, sys.argv[3] the root of the checkout. Each sets `seconds`; words in braces are filled in."""

from __future__ import annotations

SPEAK = """
begin = time.perf_counter()
from mien.cli.main import main
status = main(["speak", sys.argv[1], "-o", sys.argv[2], "--fps", "25", "--json"])
assert status == 0, status
seconds = time.perf_counter() - begin
"""
RECOGNISE = """
import torch
torch.set_num_threads(1)
from pathlib import Path
from mien.speech_analysis.network import recognise
from mien.audio.speech import read_speech
speech = read_speech(Path(sys.argv[1]))
recognise(speech)  # warm: the weights are loaded, the memory is there
begin = time.perf_counter()
recognise(speech)
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
PORTRAIT = """
from fractions import Fraction
from mien.evaluation.films.drawn_photos import drawn_photo
photo = drawn_photo("woman_a", side={side})
begin = time.perf_counter()
from mien.audio.speech import RATE, read_speech
from mien.direction import Direction
from mien.photo.animator import Animator
from mien.photo.motion import motion_of
from mien.photo.refinement.refiner import Refiner
from mien.speak import speak
from mien.video.writer import write_film
speech = read_speech(sys.argv[1])
take = speak(speech, Direction(), "{engine}", 25)
animator = Animator(photo)
animator.refine = Refiner(animator)
motion = motion_of(take, animator.head, animator.face.own)
drawn = animator.pictures(zip(motion.weights, motion.head_rotation, motion.gaze, motion.tongue))
write_film(sys.argv[2], drawn, Fraction(25), speech.samples, RATE)
seconds = time.perf_counter() - begin
"""
# A rendered half-length picture that talks with its hands: all of `mien talk` but consent and signature
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
