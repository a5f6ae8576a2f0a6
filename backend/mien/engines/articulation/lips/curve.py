# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a person's lips are apart while saying this, how wide the mouth is and how low the jaw, over time.

From phone posteriors and measured effects of phones (`statistics.py`), a kernel of +-80 ms. Silences are part of
it: people do not shut the mouth in a short pause; the lips part late in one, and an audible breath opens them
(docs/articulation.md, section 1c).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.articulation.coarticulation import smooth
from mien.engines.articulation.constraints import BREATH_TAPS, breath_share
from mien.engines.articulation.lips.statistics import lip_statistics
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import RATE, PhoneTrack, Segment

POWER = 0.5  # of the posteriors, as the effects were measured
# What the effects give on average while somebody speaks, in standard deviations: their zero
MEAN = {"aperture": -0.37, "width": -0.32, "jawDrop": -0.06}
SMOOTHING = {"aperture": 13, "width": 15, "jawDrop": 17}  # taps at 100 Hz: jaws are slower than lips
PROFILE_PAUSE, REST_PAUSE = 0.6, 1.2  # s: shorter ones are within the kernel's reach; in longer ones the mouth rests
PROFILE = "0.6-1.2"
EDGE = 0.08  # s over which a pause's profile takes over
BREATH_APERTURE = 1.2  # what an audible breath opens, standard deviations
# Of a track that does not know breaths: dB above the quietest of its silence where one begins to count and counts whole
BREATH_FLOOR, BREATH_FULL = 6.0, 14.0
BREATH_PAUSE = 0.2  # s


@dataclass(frozen=True, eq=False)
class LipCurve:
    """Lip aperture, mouth width and jaw drop, (T,) each at 100 Hz, in standard deviations about the speaker's own mean
    while speaking."""

    aperture: np.ndarray
    width: np.ndarray
    jaw: np.ndarray

    def __len__(self) -> int:
        return len(self.aperture)


def lip_curve(track: PhoneTrack, prosody: Prosody) -> LipCurve:
    """Of the phones and the sound of a voice, at the times at which the phones sound."""
    curves = {name: smooth(effect(track.posteriors, name) - mean, SMOOTHING[name]) for name, mean in MEAN.items()}
    opened = BREATH_APERTURE * audible_breath(track, prosody)
    return LipCurve(_with_pauses(curves["aperture"], track) + opened, curves["width"], curves["jawDrop"] + opened)


def effect(posteriors: np.ndarray, channel: str) -> np.ndarray:
    """(T,) of the posteriors (T, 40) on a channel of the statistics, in its standard deviations."""
    statistics = lip_statistics()
    return kernel_sum(posteriors, statistics.effects(channel), statistics.offsets)


def kernel_sum(posteriors: np.ndarray, kernel: np.ndarray, offsets: tuple[int, ...]) -> np.ndarray:
    """(T,) what posteriors (T, 40) give by a kernel (40, O), whose columns are at these offsets in frames."""
    strengths = posteriors.astype(float) ** POWER @ kernel
    frames = np.arange(len(posteriors))
    last = len(frames) - 1
    parts = [strengths[np.clip(frames + offset, 0, last), i] for i, offset in enumerate(offsets)]
    return np.sum(parts, axis=0)


def audible_breath(track: PhoneTrack, prosody: Prosody) -> np.ndarray:
    """(T,) 0 to 1 where somebody is heard to breathe: by the recogniser, else where something unvoiced is heard within
    a silence."""
    if track.breath is not None:
        return breath_share(track)
    breath = np.zeros(len(track))
    for pause in _silences(track):
        frames = slice(pause.begin, pause.end)
        if pause.end - pause.begin < BREATH_PAUSE * RATE:
            continue
        level = prosody.level[frames]
        above = smooth(level, 15) - np.percentile(level, 10) - BREATH_FLOOR
        share = np.clip(above / (BREATH_FULL - BREATH_FLOOR), 0, 1) * ~prosody.voiced[frames]
        share[: round(EDGE * RATE)] = share[-round(EDGE * RATE / 2) :] = 0  # the phones beside it
        breath[frames] = share
    return smooth(breath, BREATH_TAPS)


def _with_pauses(aperture: np.ndarray, track: PhoneTrack) -> np.ndarray:
    """The lips in pauses that are longer than the kernel: shut a little at first, parted in the last third."""
    profile = lip_statistics().pause_profiles[PROFILE]
    aperture, edge = aperture.copy(), EDGE * RATE
    for pause in _silences(track):
        if not PROFILE_PAUSE <= (pause.end - pause.begin) / RATE <= REST_PAUSE:
            continue
        if pause.begin == 0 or pause.end == len(track):
            continue
        at = np.arange(pause.begin, pause.end)
        share = np.clip(np.minimum(at - pause.begin, pause.end - 1 - at) / edge, 0, 1)
        wanted = np.interp(at, np.linspace(pause.begin, pause.end, len(profile[2:-2])), profile[2:-2])
        aperture[at] += share * (wanted - aperture[at])
    return aperture


def _silences(track: PhoneTrack) -> list[Segment]:
    return [segment for segment in track.segments if segment.phone == "SIL"]
