# SPDX-License-Identifier: GPL-3.0-or-later
"""PhoneTrack: the phones of speech over time, as probabilities."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

RATE = 100  # frames a second
# ARPAbet without stress, silence first
NAMES = "SIL AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
PHONES = tuple(NAMES.split())
INDEX = {name: i for i, name in enumerate(PHONES)}


@dataclass(frozen=True)
class Segment:
    """One phone from `begin` to `end`, frames of the track (end not included)."""

    phone: str
    begin: int
    end: int

    @property
    def seconds(self) -> tuple[float, float]:
        return self.begin / RATE, self.end / RATE


@dataclass(frozen=True)
class Word:
    """A word of a transcript, as it is written, and the seconds of the sound in which it is said."""

    text: str
    begin: float
    end: float


@dataclass(frozen=True, eq=False)
class PhoneTrack:
    """Posteriors (T, 40) float32 at 100 Hz over PHONES, rows sum to 1; frame i covers [i/100, (i+1)/100) s.

    `segments` are the most probable sequence, gapless from 0 to T. `source` names the recogniser. Probabilities (T,)
    float32 that the lips are shut (`closure`: p b m), that the lower lip is at the teeth (`labiodental`: f v) and that
    somebody speaks (`voice`); None where the recogniser does not give them. `speech` (T,) float32: that somebody
    speaks, by the sound alone, where a transcript gave the rest. `breath` and `pause` (T,) float32: that nobody speaks
    and a breath is heard, or none is; `bands` (T, 20) float32: log-mel bands. `disagreements`: (begin, end) in seconds
    where the transcript is not what the sound says. `words`: those of the transcript, none without one.
    """

    posteriors: np.ndarray
    segments: tuple[Segment, ...]
    source: str = field(default="")
    closure: np.ndarray | None = None
    labiodental: np.ndarray | None = None
    voice: np.ndarray | None = None
    speech: np.ndarray | None = None
    disagreements: tuple[tuple[float, float], ...] = ()
    words: tuple[Word, ...] = ()
    breath: np.ndarray | None = None
    pause: np.ndarray | None = None
    bands: np.ndarray | None = None

    def __post_init__(self) -> None:
        assert self.posteriors.ndim == 2 and self.posteriors.shape[1] == len(PHONES)
        assert not self.segments or self.segments[-1].end == len(self.posteriors)
        for flag in (self.closure, self.labiodental, self.voice, self.speech, self.breath, self.pause):
            assert flag is None or flag.shape == (len(self.posteriors),)
        assert self.bands is None or len(self.bands) == len(self.posteriors)

    def __len__(self) -> int:
        return len(self.posteriors)

    @classmethod
    def from_segments(cls, segments: list[tuple[str, float]], source: str = "given") -> PhoneTrack:
        """A certain track from (phone, seconds) in order; for alignments and tests."""
        ends = np.round(np.cumsum([seconds for _, seconds in segments]) * RATE).astype(int)
        begins = np.concatenate([[0], ends[:-1]])
        runs = tuple(
            Segment(phone, int(b), int(e)) for (phone, _), b, e in zip(segments, begins, ends, strict=True) if e > b
        )
        posteriors = np.zeros((int(ends[-1]), len(PHONES)), np.float32)
        for s in runs:
            posteriors[s.begin : s.end, INDEX[s.phone]] = 1
        return cls(posteriors, runs, source)

    def placed(self, begin: int, frames: int) -> PhoneTrack:
        """The track of a sound of which this is the part from frame `begin` on: silence before it and after it, so that
        there are `frames` in all, or as many as it needs."""
        after = max(0, frames - begin - len(self))
        silence = np.eye(len(PHONES), dtype=np.float32)[[INDEX["SIL"]]]
        posteriors = np.concatenate([silence.repeat(begin, 0), self.posteriors, silence.repeat(after, 0)])
        states = [INDEX[segment.phone] for segment in self.segments for _ in range(segment.begin, segment.end)]
        segments = segments_of(np.pad(states, (begin, after), constant_values=INDEX["SIL"]))

        def padded(flag: np.ndarray | None, value: float = 0.0) -> np.ndarray | None:
            return None if flag is None else np.pad(flag, (begin, after), constant_values=value)

        return PhoneTrack(
            posteriors, segments, self.source, padded(self.closure), padded(self.labiodental), padded(self.voice),
            padded(self.speech),
            tuple((a + begin / RATE, b + begin / RATE) for a, b in self.disagreements),
            tuple(Word(word.text, word.begin + begin / RATE, word.end + begin / RATE) for word in self.words),
            breath=padded(self.breath), pause=padded(self.pause, 1.0),
            bands=None if self.bands is None else np.pad(self.bands, ((begin, after), (0, 0)), mode="minimum"),
        )  # fmt: skip


def segments_of(states: np.ndarray) -> tuple[Segment, ...]:
    """Runs of equal phone indices (T,) as segments."""
    cuts = np.flatnonzero(np.diff(states)) + 1
    begins, ends = np.concatenate([[0], cuts]), np.concatenate([cuts, [len(states)]])
    return tuple(Segment(PHONES[states[b]], int(b), int(e)) for b, e in zip(begins, ends, strict=True) if e > b)
