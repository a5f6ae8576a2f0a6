# SPDX-License-Identifier: GPL-3.0-or-later
"""VoiceMotion: what a voice asks of a mouth, before anybody's style: curves of a take and of people's statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from mien.engines.articulation.lips.curve import lip_curve
from mien.engines.personatalk import DubError
from mien.engines.personatalk.geometry.audio_features import phonetic_features
from mien.face_tracking.missed_closures import BILABIALS
from mien.heads.default import Head
from mien.numeric.mask_runs import runs
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import INDEX, RATE, PhoneTrack
from mien.take import Take

CHANNELS = (
    "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthSmile", "mouthStretch", "mouthLowerDown",
    "mouthUpperUp", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPress",
    "mouthFrown", "mouthDimple", "jawForward",
)  # fmt: skip
TAPS = (-0.16, -0.08, 0.0, 0.08, 0.16)  # s around a picture at which the channels are read
SMOOTHING = 1.5  # frames at 100 Hz
LIKELY = 0.5  # probability from which the lips are shut, and from which nobody speaks
SILENCE = 0.12  # s: shorter silences are within words
EYES = (36, 45)  # the outer corners among the head's landmarks (iBUG 68)


@dataclass(frozen=True, eq=False)
class VoiceMotion:
    """At 100 Hz, T frames. plain (T, 5): the take's lip aperture and jaw, people's lip aperture, jaw drop and mouth
    width; channels (T, 16) of the take. opening (T,): how far the take parts the lips beyond their rest, in eye
    distances. shut (S, 2): [begin, end) seconds of contacts of the lips; silent (S, 2): of silences. phonetic (T, 45):
    phones and prosody, as `phonetic_features` has them; None where only a map without a network is to be learnt."""

    plain: np.ndarray
    channels: np.ndarray
    opening: np.ndarray
    shut: np.ndarray
    silent: np.ndarray
    phonetic: np.ndarray | None = None

    @property
    def seconds(self) -> float:
        return len(self.plain) / RATE

    def plain_at(self, times: np.ndarray) -> np.ndarray:
        """(n, 5) at times (n,) seconds of the voice."""
        return _at(self.plain, times)

    def channels_at(self, times: np.ndarray) -> np.ndarray:
        """(n, 16 * 5) at times (n,) and a little before and after."""
        return np.concatenate([_at(self.channels, times + tap) for tap in TAPS], 1)

    def opening_at(self, times: np.ndarray) -> np.ndarray:
        return _at(self.opening[:, None], times)[:, 0]


def voice_motion(take: Take, phones: PhoneTrack, prosody: Prosody, head: Head) -> VoiceMotion:
    """Of a take at 100 Hz of the default head, and of its sound's phones and prosody. DubError where the take has no
    channels of the mouth."""
    weights = take.weights
    if weights is None or not set(CHANNELS) - {"jawForward"} <= {_stem(name) for name in take.channels}:
        raise DubError("the engine's take has no channels of the mouth, so no film can be dubbed with it.")
    order = {name: i for i, name in enumerate(take.channels)}
    first = max(0, round(take.start * RATE))
    weights = np.pad(weights, ((first, 0), (0, 0)), mode="edge")
    channels = np.stack([_mean_of(weights, order, name) for name in CHANNELS], 1)
    eyes = float(np.linalg.norm(np.subtract(*head.vertices[head.landmarks[list(EYES)]])))
    opening = (head.lip_aperture(weights, take.channels) - head.lip_aperture(weights[:1] * 0, take.channels)) / eyes
    curve = lip_curve(phones, prosody)
    length = min(len(weights), len(curve))
    people = np.stack([curve.aperture, curve.jaw, curve.width], 1)[:length]
    plain = np.column_stack([opening[:length], channels[:length, 0], people])
    likely = phones.closure if phones.closure is not None else phones.posteriors[:, BILABIALS].sum(1)
    still = phones.posteriors[:, INDEX["SIL"]] if phones.voice is None else 1 - phones.voice
    silent = [(b, e) for b, e in runs(still > LIKELY) if e - b >= SILENCE * RATE]

    def spans(pairs: Sequence[tuple[int, int]] | np.ndarray) -> np.ndarray:
        return np.array(pairs, float).reshape(-1, 2) / RATE

    return VoiceMotion(
        _smooth(plain), _smooth(channels[:length]), _smooth(opening[:length]), spans(runs(likely > LIKELY)),
        spans(silent), phonetic_features(phones, prosody)[:length],
    )  # fmt: skip


def _mean_of(weights: np.ndarray, order: dict[str, int], name: str) -> np.ndarray:
    sides = [order[side] for side in (name, f"{name}Left", f"{name}Right") if side in order]
    return weights[:, sides].mean(1) if sides else np.zeros(len(weights))


def _stem(name: str) -> str:
    stem = name.removesuffix("Left").removesuffix("Right")
    return stem if stem in CHANNELS else name


def _smooth(values: np.ndarray) -> np.ndarray:
    return gaussian_filter1d(np.asarray(values, float), SMOOTHING, axis=0, mode="nearest")


def _at(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    frames = np.arange(len(values))
    return np.stack([np.interp(times * RATE, frames, column) for column in values.T], 1)
