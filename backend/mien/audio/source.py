# SPDX-License-Identifier: GPL-3.0-or-later
"""A sound track that can be decoded from its beginning as often as needed, in blocks of all its channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mien.audio.header import SpeechError

BLOCK = 1 << 18  # values decoded at once: 1 MiB of float32
TOLERANCE_S = 0.1  # what a codec's padding may be short of the promised length


@dataclass(frozen=True)
class Source:
    """`rate` in Hz; `seconds`: the length that the header declares, or None; `channels`: a name for each, as FFmpeg has
    them ("FL", "FC"), "" where the file does not say; `decode`: (n, channels) float32 blocks from the beginning.

    `track` and `tracks`: which of how many sound tracks, from 1; `label`: its language or title, where the file has it.
    """

    rate: int
    seconds: float | None
    channels: tuple[str, ...]
    decode: Callable[[], Iterator[np.ndarray]]
    track: int = 1
    tracks: int = 1
    label: str = ""


def damage_error(name: str, reason: str) -> SpeechError:
    """The sentence for a decoder's `reason`."""
    return SpeechError(
        f"The sound {name!r} is damaged or cut short ({reason.removeprefix('Error : ').rstrip('. ')}). "
        "Copy it again or export it again."
    )


def cut_short_error(name: str, promised_s: float, read_s: float) -> SpeechError:
    return SpeechError(
        f"The file {name!r} is cut short: its header promises {promised_s:.2f} s and {read_s:.2f} s can be read. "
        "Copy it again or export it again."
    )
