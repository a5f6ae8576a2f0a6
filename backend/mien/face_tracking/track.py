# SPDX-License-Identifier: GPL-3.0-or-later
"""The FaceTrack: one face through footage, and its file, a safetensors of the format `mien.track`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np

from mien.face_tracking import TrackingError
from mien.face_tracking.head_pose import HeadPose, fit_pose, fit_turn
from mien.face_tracking.landmark_indices import POINTS
from mien.files.atomic import write_whole
from mien.files.safetensors import TensorFileError, read_tensors, write_tensors
from mien.numeric.mask_runs import runs

FORMAT, VERSION = "mien.track", "1"
TENSORS = {  # tensor: dtype, axes after the picture's; None = the number of channels
    "ticks": (np.int32, ()),
    "tracked": (np.uint8, ()),
    "shot": (np.int32, ()),
    "presence": (np.float32, ()),
    "points": (np.float32, (POINTS, 3)),
    "scores": (np.float32, (None,)),
}
FIELDS = ("time_base", "length", "start", "rate", "width", "height", "channels")
TICKS = 1 << 31  # what an int32 holds


@dataclass(frozen=True, eq=False)
class FaceTrack:
    """One face in N pictures of width x height pixels.

    times: N seconds after the first picture, exact and growing; length: seconds to the end of the last picture;
    start: the moment of the sound at which the first is shown; rate: pictures a second as the film names it;
    tracked (N,) bool: whether the face was found; shot (N,) int32: counts the cuts before; presence (N,) 0..1;
    points (N, 478, 3) float32 pixels: x, y as `region.py` has them, z negative towards the camera;
    scores (N, C) float32 0..1 for `channels`. Where the face was not found, points and scores are 0.
    meta: text, e.g. "source", "notes" (a JSON list of sentences).
    """

    width: int
    height: int
    times: tuple[Fraction, ...]
    length: Fraction
    start: Fraction
    rate: Fraction
    tracked: np.ndarray
    shot: np.ndarray
    presence: np.ndarray
    points: np.ndarray
    scores: np.ndarray
    channels: tuple[str, ...]
    meta: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(self)

    @property
    def frames(self) -> int:
        return len(self.times)

    @property
    def seconds(self) -> np.ndarray:
        """(N,) the times as float64."""
        return np.array([float(time) for time in self.times])

    @property
    def steady(self) -> bool:
        """Whether the pictures keep the rate: every one within half a frame of its place."""
        places = [i / self.rate for i in range(self.frames)]
        return all(abs(time - place) * self.rate * 2 < 1 for time, place in zip(self.times, places, strict=True))

    @cached_property
    def pose(self) -> HeadPose:
        """How the head is turned in each picture; without meaning where it was not found. TrackingError where it is
        in none."""
        return self._fitted(fit_pose)

    @cached_property
    def turn(self) -> HeadPose:
        """As `pose`, of `fit_turn`: for the rotation of the head."""
        return self._fitted(fit_turn)

    def _fitted(self, fit: Callable[[np.ndarray], HeadPose]) -> HeadPose:
        if not self.tracked.any():
            raise TrackingError("the track has no picture with the face.")
        seen = fit(self.points[self.tracked])
        nearest = np.maximum(np.cumsum(self.tracked) - 1, 0)
        return HeadPose(seen.turn[nearest], seen.scale[nearest], seen.shift[nearest])

    def channel(self, name: str) -> np.ndarray:
        """(N,) scores of one channel; TrackingError when the track does not have it."""
        if name not in self.channels:
            raise TrackingError(f"the track has no channel {name!r}; it has {', '.join(self.channels)}.")
        return self.scores[:, self.channels.index(name)]

    def stretches(self) -> np.ndarray:
        """(S, 2) [begin, end) of pictures in which the face was followed without a gap or a cut."""
        return stretches(self.tracked, self.shot)

    def gaps(self) -> list[tuple[Fraction, Fraction]]:
        """(begin, end) in seconds after the first picture of each time without the face."""
        ends = [*self.times[1:], self.length]
        return [(self.times[begin], ends[end - 1]) for begin, end in runs(~self.tracked)]

    def cuts(self) -> list[Fraction]:
        """Times, in seconds after the first picture, of the first picture after each cut."""
        return [self.times[i] for i in np.flatnonzero(np.diff(self.shot)) + 1]

    def to_bytes(self) -> bytes:
        """The track file: the same track always gives the same bytes. TrackingError for times it cannot hold."""
        time_base, ticks = _ticks(self.times)
        tensors = {
            "ticks": ticks,
            "tracked": self.tracked.astype(np.uint8),
            **{name: getattr(self, name) for name in ("shot", "presence", "points", "scores")},
        }
        meta = {
            **self.meta,
            "format": FORMAT,
            "format_version": VERSION,
            "time_base": str(time_base),
            "length": str(self.length),
            "start": str(self.start),
            "rate": str(self.rate),
            "width": str(self.width),
            "height": str(self.height),
            "channels": json.dumps(list(self.channels)),
        }
        return write_tensors(tensors, meta)


def stretches(tracked: np.ndarray, shot: np.ndarray) -> np.ndarray:
    """(S, 2) [begin, end): the runs of tracked (N,) bool, parted where shot (N,) changes."""
    cuts = np.flatnonzero(np.diff(shot)) + 1
    parts = [
        (max(begin, b), min(end, e))
        for begin, end in runs(tracked)
        for b, e in zip([0, *cuts], [*cuts, len(shot)], strict=True)
        if max(begin, b) < min(end, e)
    ]
    return np.array(parts, int).reshape(-1, 2)


def write_track(track: FaceTrack, path: Path | str) -> None:
    """Write the track file, whole or not at all."""
    write_whole(Path(path), track.to_bytes())


def read_track(source: Path | str | bytes) -> FaceTrack:
    """Read and check a track file (a path, or the bytes). TrackingError in words; OSError for a missing file."""
    try:
        tensors, meta = read_tensors(source)
    except TensorFileError as error:
        raise TrackingError(str(error)) from None
    if meta.get("format") != FORMAT or meta.get("format_version") != VERSION:
        raise TrackingError(
            f"this is no track that this Mien reads: its format is {meta.get('format')!r} version "
            f"{meta.get('format_version')!r}, expected {FORMAT!r} version {VERSION!r}."
        )
    missing = sorted(set(TENSORS) - set(tensors)) + [name for name in FIELDS if name not in meta]
    unknown = sorted(set(tensors) - set(TENSORS))
    if missing or unknown:
        state = "missing" if missing else "unknown"
        raise TrackingError(f"the track is damaged: {(missing + unknown)[0]!r} is {state}.")
    try:
        channels = json.loads(meta["channels"])
        width, height = (int(meta[name]) for name in ("width", "height"))
    except (ValueError, RecursionError):
        raise TrackingError("the track is damaged: its size or its channels cannot be read.") from None
    if not isinstance(channels, list) or not all(isinstance(name, str) for name in channels):
        raise TrackingError("the track is damaged: its channels are no list of names.")
    time_base = _fraction(meta, "time_base")
    tracked = tensors["tracked"]
    return FaceTrack(
        width=width,
        height=height,
        times=tuple(int(tick) * time_base for tick in tensors["ticks"].ravel()),
        length=_fraction(meta, "length"),
        start=_fraction(meta, "start"),
        rate=_fraction(meta, "rate"),
        tracked=tracked.astype(bool),
        channels=tuple(channels),
        meta={key: value for key, value in meta.items() if key not in (*FIELDS, "format", "format_version")},
        **{name: tensors[name] for name in ("shot", "presence", "points", "scores")},
    )


def _fraction(meta: Mapping[str, str], name: str) -> Fraction:
    number = re.fullmatch(r"([0-9]{1,18})(?:/([0-9]{1,18}))?", meta[name])
    if not number or int(number[2] or 1) == 0:
        raise TrackingError(f"the track's {name} is {meta[name]!r}; expected a whole number or a fraction.")
    return Fraction(int(number[1]), int(number[2] or 1))


def _ticks(times: tuple[Fraction, ...]) -> tuple[Fraction, np.ndarray]:
    """The largest time base of which all times are whole multiples, and these (N,) int32."""
    base = Fraction(0)
    for time in times:
        while time:  # Euclid's algorithm: the greatest common divisor of fractions
            base, time = time, base % time
    base = base or Fraction(1)
    counts = [time / base for time in times]
    if counts and counts[-1] >= TICKS:
        raise TrackingError(f"the film's times cannot be written: the last is {counts[-1]} ticks of {base} s.")
    return base, np.array([int(count) for count in counts], np.int32)


def _check(track: FaceTrack) -> None:
    """TrackingError when the parts of a track do not belong together."""
    frames, channels = len(track.times), len(track.channels)
    if frames == 0:
        raise TrackingError("the track has no pictures.")
    if track.times[0] != 0 or any(b <= a for a, b in zip(track.times, track.times[1:], strict=False)):
        raise TrackingError("the track's times do not grow from 0.")
    if not (track.length > track.times[-1] and track.start >= 0 and track.rate > 0):
        raise TrackingError("the track's length, start or rate is impossible.")
    if track.width < 1 or track.height < 1:
        raise TrackingError(f"the track's pictures are {track.width}x{track.height} pixels.")
    for name, (dtype, tail) in TENSORS.items():
        if name == "ticks":
            continue
        array = getattr(track, name)
        shape = (frames, *(channels if size is None else size for size in tail))
        expected = np.dtype(bool) if name == "tracked" else np.dtype(dtype)
        if array.shape != shape or array.dtype != expected:
            raise TrackingError(f"the track's {name} is {array.dtype} {array.shape}; expected {expected} {shape}.")
        if not np.isfinite(array).all():
            raise TrackingError(f"the track's {name} has a value that is no number; track the film again.")
    if (np.diff(track.shot) < 0).any():
        raise TrackingError("the track's shots do not grow.")
