# SPDX-License-Identifier: GPL-3.0-or-later
"""The process of a backend under test that makes films: in the place of dubs and portraits a second of grey, signed.
What else it does depends on the seed of the options, because that is what a test can ask for."""

from __future__ import annotations

import ctypes
import errno
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from mien.engines.personatalk.film.unfinished_dub import unfinished_dub
from mien.film_request import MAKES, FilmRequest
from mien.service.workers import film_process
from mien.settings import Settings
from mien.video import VideoError
from mien.video.provenance import provenance_of, sign
from mien.video.writer import write_film

DAWDLES, UNRESPONSIVE, CRASHES, FULL, REFUSED = range(1, 6)  # seeds


def stand_in(
    request: FilmRequest, shown: Path, voice: Path, output: Path, progress: Callable[[float, str], None]
) -> None:
    """A film of another making, with its provenance."""
    seed = request.options.direction.seed
    provenance = provenance_of(request.make, {MAKES[request.make]: shown, "voice": voice}, "stand-in", seed)
    if seed == DAWDLES:
        with unfinished_dub(Settings.read().data_folder, "0" * 64):
            for step in range(6000):
                progress(min(step / 100, 0.9), "dawdling")
                time.sleep(0.01)
    elif seed == UNRESPONSIVE:
        progress(0.5, "unresponsive")
        time.sleep(60)
    elif seed == CRASHES:
        ctypes.string_at(0)
    elif seed == FULL:
        raise OSError(errno.ENOSPC, "no room", str(output))
    elif seed == REFUSED:
        raise VideoError(f"{shown} shows nobody; choose another.")
    progress(0.5, "rendering")
    part = output.with_name(f"part{output.suffix}" if output.suffix == ".mp4" else "part.mp4")
    write_film(part, [np.full((32, 32, 3), 90, np.uint8)] * 25, Fraction(25))
    sign(part, replace(provenance, notes=("Nothing of it is a dub.",)), output.name)
    part.replace(output)


if __name__ == "__main__":
    film_process.make_film = stand_in
    film_process.main()
