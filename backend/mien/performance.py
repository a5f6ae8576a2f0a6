# SPDX-License-Identifier: GPL-3.0-or-later
"""Lips by sound, nonverbal motion by camera: a part of a recorded performance in a take that an engine made of a voice.

The performance is any take with channels, such as one of `mien track`. Its time is warped to the voice: phrase by
phrase where those of both sounds are known, evenly otherwise. Blinks keep their speed. Where the performance
has ended, or has not begun, the engine's own motion goes on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.audio.speech import Speech
from mien.errors import USAGE, MienError
from mien.numeric.smoothstep import smoothstep
from mien.speech_analysis.phrases import phrases
from mien.speech_analysis.recogniser import recognise_phones
from mien.take import Take, hold_times, of_lids, of_mouth, read_take

PARTS = ("nonverbal", "lips")
UNMATCHED = 0.6  # cost of a pause without a counterpart, beside |log| of how much the speech between is stretched
SKIPPED = 4  # pauses in a row without a counterpart, at most
BLINK = 0.2  # s on both sides of a blink's middle that keep their speed
FADE = 0.5  # s beyond either end of the performance in which it gives way to the engine; held where less is missing


class PerformanceError(MienError, ValueError):
    """The performance cannot be used; the message says why."""

    exit_status = USAGE


@dataclass(frozen=True, eq=False)
class TimeWarp:
    """`target` (K,) seconds of the new sound, `source` (K,) those of the performance, both rising; between two knots
    time runs evenly, beyond them as the sound's. `kind`: 'none', 'even' or 'phrases'."""

    target: np.ndarray
    source: np.ndarray
    kind: str

    def to_source(self, times: np.ndarray) -> np.ndarray:
        """Seconds of the performance that are shown at times (N,) of the new sound."""
        return _read_knots(times, self.target, self.source)

    def to_target(self, times: np.ndarray) -> np.ndarray:
        """Seconds of the new sound at which times (N,) of the performance are shown."""
        return _read_knots(times, self.source, self.target)

    def with_steady(self, moments: np.ndarray) -> TimeWarp:
        """The same, but at the performance's own speed for BLINK around moments (M,) of it; of two that overlap around
        the first alone."""
        steady: list[tuple[float, float]] = []
        for source, target in zip(np.sort(moments), self.to_target(np.sort(moments)), strict=True):
            if not steady or min(target - steady[-1][0], source - steady[-1][1]) > 2 * BLINK:
                steady.append((float(target), float(source)))
        knots = [
            (t, s)
            for t, s in zip(self.target, self.source, strict=True)
            if all(min(abs(t - other), abs(s - own)) > BLINK for other, own in steady)
        ]
        knots += [(t + way, s + way) for t, s in steady for way in (-BLINK, BLINK)]
        target, source = np.array(sorted(knots)).T
        return TimeWarp(target, source, self.kind)


@dataclass(frozen=True, eq=False)
class Performance:
    """`part` of `take`, one of PARTS: 'nonverbal' (brows, lids, gaze and head) or 'lips' (lips, jaw and tongue); `name`
    for messages. Raises PerformanceError for a take without channels."""

    take: Take
    part: str = "nonverbal"
    name: str = "performance"

    def __post_init__(self) -> None:
        if self.take.weights is None:
            raise PerformanceError(
                f"The performance {self.name!r} moves vertices and has no channels; use one of mien track, or convert "
                "it: mien convert --to channels."
            )

    @classmethod
    def from_file(cls, path: Path, part: str = "nonverbal") -> Performance:
        """Of a take file. TakeError where it is none."""
        return cls(read_take(path), part, path.name)

    def onto(self, take: Take, speech: Speech, transcript: str = "") -> Take:
        """`take`, of `speech`, with this part of the performance; blinks or closures go along with their seconds.

        Channels that the performance names as missing stay those of the take, and so does what lies beyond its ends,
        which a warning says. How time was warped is in the metadata. PerformanceError for a take without
        channels.
        """
        if take.weights is None:
            raise PerformanceError(
                "The engine's take moves vertices and has no channels, so nothing of a performance fits in; use the "
                "default head."
            )
        warp = self.warp(speech, transcript)
        lips = self.part == "lips"
        holds = self.take.mouth_holds if lips else self.take.eye_holds
        moved, steady = holds, warp
        if holds is not None:
            steady = warp if lips else warp.with_steady(holds.astype(float).mean(1))
            moved = steady.to_target(holds.astype(float).ravel()).reshape(-1, 2).astype(np.float32)
            moved = moved[(moved[:, 1] >= take.start) & (moved[:, 0] <= float(take.duration))]
        at_holds, shown = hold_times(take.times, moved)
        weights = take.weights.copy()
        for i, channel in enumerate(take.channels):
            if channel in self.channels:
                times = at_holds if lips or of_lids(channel) else take.times
                source = (steady if of_lids(channel) else warp).to_source(times)
                weights[:, [i]] = self._blend(weights[:, [i]], self.take.channel(channel)[:, None], source)
        source = warp.to_source(take.times)
        meta = {**take.meta, "performance": json.dumps({"source": self.name, "part": self.part, "warp": warp.kind})}
        share = self._share(source)
        if share.min() < 1:
            shown = _with_holds(shown, take.mouth_holds if lips else take.eye_holds, take.times, share)
            said = [*json.loads(meta.get("warnings", "[]")), self._ends(take.times[share == 1])]
            meta["warnings"] = json.dumps(said, ensure_ascii=False)
        if lips:
            return replace(take, weights=weights, mouth_holds=shown, meta=meta)
        gaze = take.gaze
        if self.take.gaze is not None:
            own = np.zeros((take.frames, 2), np.float32) if gaze is None else gaze
            gaze = self._blend(own, self.take.gaze, source)
        rotation = self._blend(take.head_rotation, self.take.head_rotation, source)
        return replace(take, weights=weights, head_rotation=rotation, gaze=gaze, eye_holds=shown, meta=meta)

    @property
    def channels(self) -> frozenset[str]:
        """Those that are taken from the performance."""
        missing = json.loads(self.take.meta.get("missing_channels", "[]"))
        lips = self.part == "lips"
        return frozenset(
            name
            for name in self.take.channels
            if of_mouth(name) == lips and not any(name in (base, f"{base}Left", f"{base}Right") for base in missing)
        )

    def warp(self, speech: Speech, transcript: str = "") -> TimeWarp:
        """From the time of `speech` to that of the performance."""
        own, length = float(self.take.duration), float(speech.duration)
        spoken = np.array(json.loads(self.take.meta.get("phrases", "[]")), float).reshape(-1, 2)
        if self.take.meta.get("audio_sha256") == speech.sha256:
            return TimeWarp(np.array([0.0, 1.0]), np.array([0.0, 1.0]), "none")
        said = phrases(recognise_phones(speech, transcript)) if len(spoken) else spoken
        if len(said):
            return match_phrases(said, spoken)
        if abs(own - length) * float(self.take.fps) < 1:
            return TimeWarp(np.array([0.0, 1.0]), np.array([0.0, 1.0]), "none")
        return TimeWarp(np.array([0.0, length]), np.array([0.0, own]), "even")

    def _blend(self, own: np.ndarray, values: np.ndarray, times: np.ndarray) -> np.ndarray:
        """values (F, C) of the performance at times (N,) of its sound, and `own` (N, C) beyond its ends."""
        read = np.stack([np.interp(times, self.take.times, column) for column in values.T], 1)
        share = self._share(times)[:, None]
        return np.where(share == 1, read, share * read + (1 - share) * own).astype(np.float32)

    def _share(self, times: np.ndarray) -> np.ndarray:
        """(N,) from 1 to 0: how much of the performance shows at times (N,) of its sound."""
        share = np.ones(len(times))
        for beyond in (self.take.times[0] - times, times - self.take.times[-1]):
            if beyond.max() > FADE:
                share *= 1 - smoothstep(beyond, end=FADE)
        return share

    def _ends(self, covered: np.ndarray) -> str:
        """The warning for a take of which the performance has but the times `covered` (N,)."""
        what = "the lips" if self.part == "lips" else "brows, eyes and head"
        where = f"from {covered[0]:.2f} to {covered[-1]:.2f} s" if len(covered) else "no moment"
        return f"The performance {self.name!r} has {where} of this sound; elsewhere {what} are the engine's."


def match_phrases(target: np.ndarray, source: np.ndarray) -> TimeWarp:
    """The warp that brings phrases (N, 2) of the new sound onto those (M, 2) of the performance.

    Pauses are matched in order by dynamic programming: the speech between two that match is stretched, which costs the
    |log| of its factor beside that of the whole, and a pause without a counterpart costs UNMATCHED. A pause that
    matches none runs evenly with the speech around it.
    """
    whole = np.log((target[-1, 1] - target[0, 0]) / (source[-1, 1] - source[0, 0]))
    rows, columns = len(target) + 1, len(source) + 1
    cost, back = np.full((rows, columns), np.inf), {}
    cost[0, 0] = 0.0  # (i, j): the first i phrases of the one are said in the first j of the other
    for i in range(1, rows):
        for j in range(1, columns):
            for p in range(max(0, i - 1 - SKIPPED), i):
                for q in range(max(0, j - 1 - SKIPPED), j):
                    if not np.isfinite(cost[p, q]):
                        continue
                    said, spoken = target[i - 1, 1] - target[p, 0], source[j - 1, 1] - source[q, 0]
                    stretch = abs(np.log(said / spoken) - whole)
                    total = cost[p, q] + stretch + UNMATCHED * (i - p - 1 + j - q - 1)
                    if total < cost[i, j]:
                        cost[i, j], back[i, j] = total, (p, q)
    knots: list[tuple[float, float]] = []
    at = (rows - 1, columns - 1)
    if at not in back:  # of so different numbers of phrases that they are matched as one
        back[at] = (0, 0)
    while at != (0, 0):
        begin = back[at]
        knots += [(target[at[0] - 1, 1], source[at[1] - 1, 1]), (target[begin[0], 0], source[begin[1], 0])]
        at = begin
    one, other = np.array(knots[::-1], float).T
    return TimeWarp(one, other, "phrases")


def _with_holds(
    shown: np.ndarray | None, own: np.ndarray | None, times: np.ndarray, share: np.ndarray
) -> np.ndarray | None:
    """`shown` (H, 2) seconds of the performance's holds, with those of `own` at which nothing of it shows."""
    if own is None:
        return shown
    kept = own[(np.interp(own.astype(float), times, share) == 0).all(1)]
    together = kept if shown is None else np.concatenate([shown, kept])
    return together[np.argsort(together[:, 0])]


def _read_knots(times: np.ndarray, knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    inside = np.interp(times, knots, values)
    return inside + np.minimum(times - knots[0], 0) + np.maximum(times - knots[-1], 0)
