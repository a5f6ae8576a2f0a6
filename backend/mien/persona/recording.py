# SPDX-License-Identifier: GPL-3.0-or-later
"""A recording: somebody's sound and their face, as motion of the 52 channels at 25 frames a second, in step with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mien.audio.speech import Speech
from mien.channels import ARKIT, INDEX, sides
from mien.direction import Direction
from mien.engines.articulation.animate import animate
from mien.engines.articulation.lips.curve import lip_curve
from mien.engines.articulation.lips.steering import width_gains
from mien.engines.articulation.styles import Style
from mien.heads.lip_aperture import lip_aperture
from mien.persona import LearningError
from mien.speech_analysis.prosody import Prosody, analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import INDEX as PHONE
from mien.speech_analysis.track import RATE, PhoneTrack
from mien.take import Take
from mien.training.lips.clips import LipClip
from mien.training.lips.sync import find_offset

FPS = 25
NEUTRAL = Direction()


@dataclass(frozen=True, eq=False)
class Motion:
    """F frames at 25 a second: weights (F, 52), rotation (F, 3) and gaze (F, 2), radians as in a take."""

    weights: np.ndarray
    rotation: np.ndarray
    gaze: np.ndarray

    @property
    def aperture(self) -> np.ndarray:
        """(F,) of the lips on the default head, m."""
        return lip_aperture().of(self.weights)

    @property
    def width(self) -> np.ndarray:
        """(F,) of the mouth on the default head, m more than the neutral one."""
        return self.weights @ width_gains()

    @property
    def jaw(self) -> np.ndarray:
        """(F,) jawOpen."""
        return self.weights[:, INDEX["jawOpen"]]


@dataclass(frozen=True, eq=False)
class Recording:
    """One clip of somebody who speaks.

    moments (F,) seconds of the sound that the frames of `motion` show, `offset` by which they were late before; seen
    (F,) bool: where there was a face. filmed: by a camera, which does not know how the head is held. known: channels
    that say something.
    """

    name: str
    sha256: str
    duration: Fraction
    phones: PhoneTrack
    prosody: Prosody
    motion: Motion
    moments: np.ndarray
    seen: np.ndarray
    offset: float
    filmed: bool
    known: tuple[str, ...]

    @property
    def rows(self) -> np.ndarray:
        """(F,) frames of the analysis, 100 a second, at the moments."""
        return np.clip(np.round(self.moments * RATE).astype(int), 0, len(self.phones) - 1)

    @property
    def speaking(self) -> np.ndarray:
        """(F,) bool: a face is seen, and no silence is heard."""
        return self.seen & (self.phones.posteriors[self.rows, PHONE["SIL"]] < 0.5)

    @property
    def seconds(self) -> float:
        """In which the face is seen."""
        return float(self.seen.sum()) / FPS

    def performed(self, style: Style, seed: int) -> Motion:
        """What the rules make of the same sound in this style, frame by frame."""
        direction = NEUTRAL.with_seed(seed)
        take = animate(self.phones, self.prosody, direction, self.duration, style=style).resample(FPS)
        rows = np.clip(np.round(self.moments * FPS).astype(int), 0, take.frames - 1)
        whole = motion_of(take)
        return Motion(whole.weights[rows], whole.rotation[rows], whole.gaze[rows])


def motion_of(take: Take) -> Motion:
    """Of a take with channels, in the order of ARKIT; those that it lacks are 0."""
    weights = np.zeros((take.frames, len(ARKIT)))
    for i, channel in enumerate(take.channels):
        if channel in INDEX and take.weights is not None:
            weights[:, INDEX[channel]] = take.weights[:, i]
    gaze = np.zeros((take.frames, 2)) if take.gaze is None else take.gaze.astype(float)
    return Motion(weights, take.head_rotation.astype(float), gaze)


def recording_of(name: str, take: Take, speech: Speech) -> Recording:
    """A recording, its frames moved by the offset between picture and sound that the lips show. LearningError for a
    take without channels, and where the lips do not follow the sound."""
    if take.weights is None:
        raise LearningError(f"{name} moves vertices and has no channels; convert it: mien convert --to channels.")
    take = take.resample(FPS)
    motion, seen = motion_of(take), _tracked(take)
    phones, prosody = recognise_phones(speech), analyse_prosody(speech)
    curves = np.stack([motion.aperture, motion.width, motion.jaw])
    within = seen & (take.times <= float(speech.duration))
    sync = find_offset(LipClip(name, name, speech, take.times, curves, within), lip_curve(phones, prosody))
    if sync.refusal:
        raise LearningError(f"{name} is of no use: {sync.refusal}.")
    moments = take.times - sync.offset
    missing = [side for channel in _missing(take) if channel in INDEX or f"{channel}Left" in INDEX
               for side in sides(channel)]  # fmt: skip
    return Recording(
        name=name,
        sha256=speech.sha256,
        duration=speech.duration,
        phones=phones,
        prosody=prosody,
        motion=motion,
        moments=moments,
        seen=seen & (moments >= 0) & (moments <= float(speech.duration)),
        offset=sync.offset,
        filmed="calibration" in take.meta,
        known=tuple(channel for channel in take.channels if channel in INDEX and channel not in missing),
    )


def _tracked(take: Take) -> np.ndarray:
    """(F,) bool: outside of the gaps that a tracked take notes."""
    tracked = np.ones(take.frames, bool)
    for begin, end in json.loads(take.meta.get("gaps", "[]")):
        tracked &= (take.times < begin) | (take.times > end)
    return tracked


def _missing(take: Take) -> list[str]:
    return json.loads(take.meta.get("missing_channels", "[]"))
