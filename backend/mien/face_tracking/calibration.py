# SPDX-License-Identifier: GPL-3.0-or-later
"""One person's neutral face and ranges: scores of the networks to weights of channels.

The networks' scores of a resting face are not 0 and those of a wide smile not 1, and both differ from person to
person. weight = (score - rest) / (full - rest), kept to 0..1.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mien.channels import ARKIT, sides
from mien.face_tracking import TrackingError
from mien.face_tracking.track import FaceTrack

# What the networks do not give: their scores stay under 0.01 whatever a face does (three real speakers; the default
# head at weight 1), and there is none for the tongue.
MISSING = ("cheekPuff", "cheekSquint", "jawForward", "noseSneer", "tongueOut")
# The score of the whole movement, at least: the 99.5th percentile of the most expressive of three real speakers, and
# the default head's at weight 1 where they do not make the movement. A clip that goes further sets its own.
FULL = {
    "browDown": 0.7, "browInnerUp": 0.85, "browOuterUp": 0.85, "eyeBlink": 0.5, "eyeLookDown": 0.9, "eyeLookIn": 0.75,
    "eyeLookOut": 0.75, "eyeLookUp": 0.6, "eyeSquint": 0.6, "eyeWide": 0.3, "jawLeft": 0.3, "jawRight": 0.3,
    "jawOpen": 0.85, "mouthClose": 0.3, "mouthDimple": 0.3, "mouthFrown": 0.3, "mouthFunnel": 0.5, "mouthLeft": 0.5,
    "mouthRight": 0.5, "mouthLowerDown": 0.6, "mouthPress": 0.6, "mouthPucker": 0.95, "mouthRollLower": 0.5,
    "mouthRollUpper": 0.4, "mouthShrugLower": 0.6, "mouthShrugUpper": 0.45, "mouthSmile": 0.9, "mouthStretch": 0.6,
    "mouthUpperUp": 0.8,
}  # fmt: skip
TOP = 99.5  # percentile of a clip that counts as its largest
REST_SECONDS = 0.4  # of the calmest pictures of a clip are the neutral face
REST_LIMIT = 0.4  # of the full score: somebody who smiles all the time has no neutral smile
SPEED = 2.0  # pictures' change of scores, weighed against the scores, in the search for the calmest
AROUND = 2  # pictures on each side of a neutral that is named


@dataclass(frozen=True, eq=False)
class Calibration:
    """rest, full (52,) scores of weight 0 and 1 in the order of ARKIT; neutral: where the neutral was taken from."""

    rest: np.ndarray
    full: np.ndarray
    neutral: str

    def weights(self, track: FaceTrack) -> np.ndarray:
        """(N, 52) float64 in 0..1; 0 for the channels in MISSING."""
        scores = np.zeros((track.frames, len(ARKIT)))
        scores[:, [ARKIT.index(name) for name in track.channels]] = track.scores
        weights = np.clip((scores - self.rest) / (self.full - self.rest), 0, 1)
        weights[:, [ARKIT.index(side) for name in MISSING for side in sides(name)]] = 0
        return weights

    def to_json(self) -> str:
        """The table for a take's metadata: {"neutral": ..., "channels": {name: [rest, full]}}."""
        rows = {
            name: [round(float(low), 4), round(float(high), 4)]
            for name, low, high in zip(ARKIT, self.rest, self.full, strict=True)
            if high < 1 or low > 0
        }
        return json.dumps({"neutral": self.neutral, "channels": rows})


def calibrate(track: FaceTrack, neutral: int | None = None) -> Calibration:
    """The neutral and the ranges of the person in `track`.

    neutral: the picture, counted from 0, in which the face rests; None for the calmest ones of the clip. Of a single
    picture nothing can be learnt: its scores are taken as they are. TrackingError for a picture without the face.
    """
    scores = np.zeros((track.frames, len(ARKIT)))
    scores[:, [ARKIT.index(name) for name in track.channels]] = track.scores
    least = np.ones(len(ARKIT))
    for name, value in FULL.items():
        least[[ARKIT.index(side) for side in sides(name)]] = value
    tracked = scores[track.tracked]
    if neutral is not None:
        rest, where = _named(track, scores, neutral), f"picture {neutral}"
    elif len(tracked) < 2:
        rest, where = np.zeros(len(ARKIT)), "none: one picture alone"
    else:
        rest, at = _calmest(track, scores, least)
        where = f"the calmest pictures, about {float(track.start + track.times[at]):.2f} s"
    full = np.maximum(np.percentile(tracked, TOP, axis=0), least)
    for name in FULL:
        pair = [ARKIT.index(side) for side in sides(name)]
        if name != "eyeBlink":  # one range for both sides, or lopsidedness would be lost
            full[pair] = full[pair].max()
    full = np.minimum(np.maximum(full, rest + 0.1), 1.2)
    return Calibration(np.minimum(rest, full - 0.05), full, where)


def neutral_picture(track: FaceTrack, at: float | Fraction) -> int:
    """The picture shown at `at` seconds after the first one."""
    return max(0, int(np.searchsorted(track.seconds, float(at) + 1e-9, side="right")) - 1)


def _named(track: FaceTrack, scores: np.ndarray, neutral: int) -> np.ndarray:
    if not 0 <= neutral < track.frames:
        raise TrackingError(f"The film has pictures 0 to {track.frames - 1}; {neutral} was named as neutral.")
    if not track.tracked[neutral]:
        raise TrackingError(f"In picture {neutral} no face was found, so it cannot be the neutral; name another one.")
    begin, end = next((b, e) for b, e in track.stretches() if b <= neutral < e)
    return scores[max(begin, neutral - AROUND) : min(end, neutral + AROUND + 1)].mean(0)


def _calmest(track: FaceTrack, scores: np.ndarray, least: np.ndarray) -> tuple[np.ndarray, int]:
    """(rest (52,), the picture in the middle of those it is the median of)."""
    counted = [i for i, name in enumerate(ARKIT) if not name.startswith("eyeLook")]
    parts = scores[:, counted] / least[counted]
    unrest = parts.sum(1) + SPEED * np.abs(np.gradient(parts, axis=0)).sum(1)
    unrest[~track.tracked] = np.inf
    few = max(3, round(REST_SECONDS * float(track.rate)))
    calm = np.argsort(unrest, kind="stable")[: min(few, int(track.tracked.sum()))]
    rest = np.minimum(np.median(scores[calm], axis=0), REST_LIMIT * least)
    return rest, int(calm[0])
