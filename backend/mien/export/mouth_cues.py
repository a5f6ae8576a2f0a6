# SPDX-License-Identifier: GPL-3.0-or-later
"""Mouth cues for 2D animation: which of Rhubarb Lip Sync's nine mouth shapes is shown when, from the take's phones.

`.tsv` as Rhubarb writes it (seconds, tab, shape; the last row is the end), `.dat` as a Moho switch layer reads it
(`MohoSwitch1`; frames from 1, shapes by their Preston Blair names). The shapes are those of Rhubarb's documentation
(github.com/DanielSWolf/rhubarb-lip-sync, "Mouth shapes"), which follow Hanna-Barbera's.
"""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from mien.export.errors import ExportError
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.take import Take

REST, CLOSED = "X", "A"
PRESTON_BLAIR = {
    "A": "MBP", "B": "etc", "C": "E", "D": "AI", "E": "O", "F": "U", "G": "FV", "H": "L", "X": "rest",
}  # fmt: skip
# phone -> shapes one after another, each as the ones that suit it, the best first. A consonant that the lips do not
# make takes the shape of its neighbour where that suits it.
_TONGUE_MADE: dict[str, tuple[str, ...]] = dict.fromkeys(
    ("T", "D", "S", "Z", "TH", "DH", "SH", "ZH", "CH", "JH"), ("BF",)
)
SHAPES: dict[str, tuple[str, ...]] = _TONGUE_MADE | {
    "AA": ("D",), "AE": ("C",), "AH": ("C",), "AO": ("E",), "AW": ("D", "E"), "AY": ("D", "B"), "EH": ("C",),
    "ER": ("E",), "EY": ("C", "B"), "IH": ("B",), "IY": ("B",), "OW": ("E", "F"), "OY": ("E", "B"), "UH": ("F",),
    "UW": ("F",), "W": ("F",), "P": ("A",), "B": ("A",), "M": ("A",), "F": ("G",), "V": ("G",), "L": ("HBEF",),
    "R": ("EF",), "Y": ("BF",), "HH": ("CBDEFH",), "N": ("BCFH",), "NG": ("BCEF",), "K": ("BCEFH",), "G": ("BCEFH",),
}  # fmt: skip
FIRST_PART = 0.6  # of a diphthong
LONG_L = 0.1  # s, from which the tongue of an l is seen
PAUSE = 0.2  # s; in shorter ones the mouth stays
SHORTEST = 0.04  # s, a frame at 25 a second


class Cue(NamedTuple):
    """From `start`, in seconds of the sound, up to the next cue's the mouth has this shape."""

    start: float
    shape: str


def write_tsv(take: Take, head: Head | Flame, path: Path) -> None:
    """Rhubarb's table of tabs. ExportError for a take without phones. `head` is of no matter."""
    rows = [*mouth_cues(take), Cue(float(take.duration), REST)]
    path.write_text("".join(f"{start:.2f}\t{shape}\n" for start, shape in rows), "utf-8", newline="\n")


def write_dat(take: Take, head: Head | Flame, path: Path) -> None:
    """Moho's switch data at the take's frame rate, a closed mouth at least one frame. Errors as above."""
    shown: dict[int, str] = {}
    for start, shape in [*mouth_cues(take), Cue(float(take.duration), REST)]:
        frame = 1 + math.floor(start * take.fps + 1e-6)
        if shown.get(frame) != CLOSED:
            shown[frame] = shape
    rows = "".join(f"{frame} {PRESTON_BLAIR[shape]}\n" for frame, shape in shown.items())
    path.write_text("MohoSwitch1\n" + rows, "utf-8", newline="\n")


def mouth_cues(take: Take) -> list[Cue]:
    """The cues in their order: the first at 0, no two alike behind each other, none shorter than SHORTEST.

    ExportError for a take that has no phones, as of a tracked film.
    """
    cues: list[Cue] = []
    for start, end, shape in _choose(_parts(take)):
        if cues and cues[-1].shape == CLOSED:
            start = max(start, cues[-1].start + SHORTEST)
        if not shape or (shape != CLOSED and end - start < SHORTEST):
            continue
        while shape == CLOSED and cues and start - cues[-1].start < SHORTEST:
            cues.pop()
        if not cues or cues[-1].shape != shape:
            cues.append(Cue(start, shape))
    if not cues or cues[0].start > 0:
        cues[:0] = [Cue(0.0, REST)] if not cues or cues[0].shape != REST else [Cue(0.0, cues.pop(0).shape)]
    return cues


def _parts(take: Take) -> list[tuple[float, float, str]]:
    """(start, end, shapes that suit) of the phones and of the pauses between them; "" where the mouth stays."""
    phones = [(str(name), float(start), float(end)) for name, start, end in json.loads(take.meta.get("phones", "[]"))]
    if not phones:
        raise ExportError("the take has no phones to make mouth cues of; make one of speech with 'mien speak'.")
    parts: list[tuple[float, float, str]] = []
    last = 0.0
    for name, start, end in phones:
        if start > last:
            parts.append((last, start, REST if start - last >= PAUSE else ""))
        shapes = SHAPES[name]
        if name == "L" and end - start >= LONG_L:
            shapes = ("H",)
        middle = start + FIRST_PART * (end - start)
        ends = (middle, end) if len(shapes) == 2 else (end,)
        parts += [(a, b, shape) for (a, b), shape in zip(pairwise((start, *ends)), shapes, strict=True)]
        last = end
    return [*parts, (last, float(take.duration), REST)]


def _choose(parts: list[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    """One shape each: where several suit, that of the next part, else of the one before, else the best."""
    chosen = [shapes if len(shapes) < 2 else None for _, _, shapes in parts]
    for index in reversed(range(len(parts))):
        if chosen[index] is None:
            suit = parts[index][2]
            after, before = chosen[index + 1], chosen[index - 1] if index else None
            chosen[index] = after if after and after in suit else before if before and before in suit else suit[0]
    return [(start, end, shape or "") for (start, end, _), shape in zip(parts, chosen, strict=True)]
