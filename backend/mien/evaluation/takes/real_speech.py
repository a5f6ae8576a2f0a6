# SPDX-License-Identifier: GPL-3.0-or-later
"""Mouth curves of takes on real speakers' sounds, in the form that the project's real-speech score reads.

The score compares them with the speakers' lips, tracked in video; takes are made from the sound alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.audio.speech import SpeechError, read_speech
from mien.direction import Direction
from mien.engines import Progress
from mien.files.atomic import atomic_write
from mien.heads.default import Head, load_head
from mien.speak import speak
from mien.take import Take

CORNERS = (48, 54)  # of the mouth, iBUG-68


def write_curves(audio: Path, folder: Path, engine: str, direction: Direction, progress: Progress) -> list[Path]:
    """For each wav in `audio` write `folder`/NAME.npz with t (s), aperture (mm), width (mm) and jaw.

    Raises SpeechError when there is no sound.
    """
    sounds = sorted(audio.glob("*.wav")) if audio.is_dir() else []
    if not sounds:
        raise SpeechError(f"there are no .wav files in {audio}; name their folder with --audio.")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for i, sound in enumerate(sounds):
        progress(i / len(sounds), sound.stem)
        take = speak(read_speech(sound), direction, engine)
        written.append(folder / f"{sound.stem}.npz")
        with atomic_write(written[-1]) as file:
            np.savez(file, **curves(take, load_head()))
    return written


def curves(take: Take, head: Head) -> dict[str, np.ndarray]:
    """t (F,) seconds; aperture and width (F,) mm: inner-lip gap and distance of the mouth's corners; jaw (F,)."""
    assert take.weights is not None  # the score is of takes on the channels
    ids = head.landmarks[list(CORNERS)]
    moved = np.tensordot(take.weights, head.deltas[head.order(take.channels)][:, ids], 1)
    corners = head.vertices[ids] + moved
    return {
        "t": take.times,
        "aperture": head.lip_aperture(take.weights, take.channels).astype(float) * 1000,
        "width": np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1) * 1000,
        "jaw": take.channel("jawOpen").astype(float),
    }
