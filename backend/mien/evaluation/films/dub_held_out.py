# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate dub`: the last fifth of a clip, whose mouth is hidden and never a reference, is made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from mien.engines.personatalk.appearance import Appearance
from mien.engines.personatalk.face_shapes import face_shapes
from mien.engines.personatalk.learnt_speaker import LearntSpeaker, OwnSound, learn_speaker
from mien.engines.personatalk.lip_contact import touching
from mien.engines.personatalk.mouth_space import mouth_space
from mien.engines.personatalk.posture import posture_predictors
from mien.engines.personatalk.references.bank import reference_bank
from mien.engines.personatalk.references.choice import choose_references, is_profile
from mien.engines.personatalk.references.path import reference_path
from mien.engines.personatalk.renderer import Renderer
from mien.engines.personatalk.template import face_template
from mien.evaluation import EvaluationError
from mien.evaluation.films.dub_baselines import NAMES, Baselines
from mien.evaluation.films.dub_motion import MotionScores, cross_validated
from mien.evaluation.films.dub_pixels import PixelScores, pixel_scores
from mien.face_tracking.track import FaceTrack
from mien.face_tracking.tracker import track_face
from mien.video.reader import open_footage

HELD_OUT = 0.2  # of the clip, at its end
AROUND = 0.7  # eye distances around the face that are kept of each picture
OURS = "dub"

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class DubResult:
    """pixels: scores of the renderer (OURS) and of the baselines; motion: None for a clip without sound."""

    clip: str
    frames: int
    pixels: dict[str, PixelScores]
    motion: MotionScores | None


def evaluate(path: Path, engine: str, most_frames: int, progress: Progress) -> DubResult:
    """Of one clip; at most so many of the held-out frames are rendered. EvaluationError for a clip without them, and
    what tracking and reading raise."""
    footage = open_footage(path)
    track = track_face(footage, progress=lambda done, stage: progress(0.3 * done, stage))
    low, high = _window(track)
    points = track.points - np.array([*low, 0], np.float32) * track.tracked[:, None, None].astype(np.float32)
    track = replace(track, points=points.astype(np.float32))
    frames = np.arange(track.frames)
    first = round(track.frames * (1 - HELD_OUT))
    usable = track.tracked & ~is_profile(face_shapes(track))
    learnt, held_out = usable & (frames < first), usable & (frames >= first)
    if held_out.sum() < 2:
        raise EvaluationError(f"{path.name} shows too little of a face in its last fifth; name a longer clip.")
    shapes = face_shapes(track, learnt)
    space, template = mouth_space(shapes, learnt), face_template(shapes, learnt)
    mouth = space.coefficients(shapes.shapes)
    rendered = np.flatnonzero(held_out)[:most_frames]
    true: dict[int, np.ndarray] = {}

    def pictures():
        for number, picture in enumerate(footage.pictures()):
            cut = np.ascontiguousarray(picture.pixels[low[1] : high[1], low[0] : high[0]])
            if first - 1 <= number <= rendered[-1]:
                true[number] = cut
            yield number, cut

    ahead = pictures()
    bank = reference_bank(choose_references(learnt, mouth, shapes.turn), ahead, shapes, space, template)
    for number, _ in ahead:
        if number >= rendered[-1]:
            break
    appearance = Appearance(bank)
    renderer = Renderer(shapes, space, appearance)
    references = reference_path(appearance, mouth[rendered], shapes.turn[rendered])
    baselines = Baselines(shapes, bank, renderer, mouth)
    scale = shapes.pose.scale
    masks = {int(i): template.changeable(shapes.vertices(i), "hidden", true[i].shape) for i in rendered}
    pixels = {}
    for done, name in enumerate((OURS, *NAMES)):
        made = {}
        for number, i in enumerate(rendered.tolist()):
            if name == OURS:
                made[i] = renderer.render(true[i], i, shapes.shapes[i], references[number], hidden=True)
            else:
                made[i] = baselines.render(name, i, true[i], true[i - 1])
        pixels[name] = pixel_scores(made, true, track.points, scale, masks)
        progress(0.3 + 0.6 * (done + 1) / (1 + len(NAMES)), name)
    motion = None
    if footage.has_sound:
        motion = _motion(path, track, usable, engine)
    progress(1.0, "done")
    return DubResult(path.name, len(rendered), pixels, motion)


def _motion(path: Path, track: FaceTrack, usable: np.ndarray, engine: str) -> MotionScores:
    from mien.audio.speech import read_speech
    from mien.direction import Direction
    from mien.engines.personatalk.voice_motion import voice_motion
    from mien.heads.default import load_head
    from mien.speak import speak
    from mien.speech_analysis.prosody import analyse_prosody
    from mien.speech_analysis.recogniser import recognise_phones
    from mien.speech_analysis.track import RATE

    speech = read_speech(path)
    take = speak(speech, Direction(), engine, Fraction(RATE))
    voice = voice_motion(take, recognise_phones(speech), analyse_prosody(speech), load_head())
    times = track.seconds + float(track.start)

    sound = OwnSound(voice, times, float(1 / track.rate), np.ones(track.frames, bool))

    def face(learnt: np.ndarray) -> tuple[np.ndarray, LearntSpeaker]:
        shapes = face_shapes(track, learnt)
        space = mouth_space(shapes, learnt)
        mouth = space.coefficients(shapes.shapes)
        predictors = posture_predictors(shapes, track.shot, learnt, float(1 / track.rate))
        who = learn_speaker(space, mouth, predictors, learnt, sound)
        return mouth, replace(who, speaker=touching(who.speaker, mouth[learnt]))

    return cross_validated(usable, times, float(1 / track.rate), voice, face)


def _window(track: FaceTrack) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) x, y of the part of the pictures in which the face is, in whole pixels."""
    seen = track.points[track.tracked][:, :, :2]
    margin = AROUND * float(np.median(np.ptp(seen[:, :, 0], axis=1)))
    low = np.maximum(np.floor(seen.min((0, 1)) - margin), 0).astype(int)
    high = np.minimum(np.ceil(seen.max((0, 1)) + margin), [track.width, track.height]).astype(int)
    return low, high


HEAD = ("clip", "what", "PSNR, dB", "SSIM", "lips, dB", "texture", "flicker", "outside")
MOTION_HEAD = (
    "clip", "opening r", "jawOpen r", "gain", "error / mean mouth", "closed", "truly", "sound late, frames",
    "after shifts", "style distance",
)  # fmt: skip


def cells(results: list[DubResult]) -> list[list[str]]:
    """Rows of a table under HEAD."""
    return [
        [
            result.clip, name, f"{s.psnr:.1f}", f"{s.ssim:.3f}", f"{s.lips:.1f}", f"{s.texture:.2f}",
            f"{s.flicker:.2f}", str(s.outside),
        ]
        for result in results
        for name, s in result.pixels.items()
    ]  # fmt: skip


def motion_cells(results: list[DubResult]) -> list[list[str]]:
    """Rows of a table under MOTION_HEAD."""
    return [
        [
            result.clip, f"{m.r:.2f}", f"{m.jaw_r:.2f}", f"{m.gain:.2f}", f"{m.error:.2f}", f"{m.closed:.2f}",
            f"{m.truly_closed:.2f}", f"{m.late:.1f}", f"{m.shift_error:.1f}", f"{m.style:.2f}",
        ]
        for result in results
        if (m := result.motion) is not None
    ]  # fmt: skip
