# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate dub --rendered`: films of rendered heads with other hair, skin and light that speak, so that the
renderer is measured on faces that may be shown."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from mien.audio.speech import RATE, Speech
from mien.direction import Direction
from mien.engines.articulation.animate import animate
from mien.evaluation import EvaluationError
from mien.evaluation.films.dub_held_out import DubResult, evaluate
from mien.evaluation.films.looks import LOOKS, Look
from mien.evaluation.films.tracking import SIZE, rendered
from mien.eye_look import eyes_of_default_head
from mien.heads.default import load_head
from mien.preview.scene import Scene
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.take import Take
from mien.video.writer import write_film

FPS = Fraction(25)

Progress = Callable[[float, str], None]


def evaluate_looks(
    speech: Speech, engine: str, most_frames: int, progress: Progress, looks: tuple[Look, ...] = LOOKS
) -> list[DubResult]:
    """Of a head that says `speech`, in each look; else as `dub_held_out.evaluate`. VideoError where nothing can be
    drawn."""
    take = animate(recognise_phones(speech), analyse_prosody(speech), Direction(seed=1), speech.duration).resample(FPS)
    results = []
    for i, look in enumerate(looks):

        def within(done: float, stage: str, i: int = i) -> None:
            progress((i + done) / len(looks), stage)

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "look.mp4"
            _write(path, take, speech, look)
            results.append(replace(evaluate(path, engine, most_frames, within), clip=look.name))
    return results


def _write(path: Path, take: Take, speech: Speech, look: Look) -> None:
    if take.weights is None or take.gaze is None:
        raise EvaluationError("the take has no weights or no gaze, so nothing can be drawn.")
    head = load_head()
    if look.identity:
        if look.identity not in head.identities:
            raise EvaluationError(f"the default head has no identity {look.identity!r}; build it again.")
        head = replace(head, vertices=head.identities[look.identity])
    weights = take.weights.copy()
    eyes = [i for i, name in enumerate(take.channels) if name.startswith("eyeLook")]
    weights[:, eyes] = eyes_of_default_head(take.gaze)[:, eyes]
    with Scene(SIZE, head) as scene:
        pictures = (picture.pixels for picture in rendered(take, weights, scene, head, look))
        write_film(path, pictures, FPS, np.asarray(speech.samples), RATE)
