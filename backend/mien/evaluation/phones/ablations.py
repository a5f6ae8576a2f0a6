# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate phone-ablations`: trainings of the phone recogniser compared: other seeds, other sizes, a
synthesiser left out.

All are scored on the same sounds: the held-out voices of the corpus, some units of each synthesiser's other voices (of
which a run that left the synthesiser out has none in training), and recorded English prompts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.engines import Progress
from mien.evaluation import EvaluationError
from mien.evaluation.cache import Cache
from mien.evaluation.phones.evaluate import POCKETSPHINX, Recording, Results, Synthetic, evaluate, find_synthetic
from mien.evaluation.phones.recognisers import network_recogniser
from mien.evaluation.phones.recordings import Prompt, find_prompts
from mien.evaluation.phones.viseme_scores import Score
from mien.speech_analysis.network.weights import load
from mien.training.speech_corpus.build import HELD_OUT
from mien.training.speech_corpus.store import read_units

EACH = 4  # units of every synthesiser's other voices
EVERY = 12  # of the English prompts one
WITHOUT = "without"
PLAN = ("steps", "batch", "seed", WITHOUT)  # fields of the configuration that a table lists where runs differ


@dataclass(frozen=True, eq=False)
class Training:
    """The result of a run: weights, and their card as JSON."""

    name: str
    weights: Path
    card: dict
    parameters: int

    @classmethod
    def read(cls, run: Path) -> Training:
        """EvaluationError where the run has not ended."""
        try:
            card = json.loads((run / "phones.card.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise EvaluationError(
                f"{run} has no readable phones.card.json, so its training has not ended: go on by `mien train phones`."
            ) from error
        weights = run / "phones.safetensors"
        return cls(run.name, weights, card, sum(each.numel() for each in load(weights).parameters()))

    def differs(self, other: Training) -> str:
        """The settings in which this run differs from the other, in words; "" where it does not."""
        words = []
        for what, value in self.card["shape"].items():
            if value != other.card["shape"].get(what):
                words.append(f"{what.replace('_', ' ')} {value}")
        for what in PLAN:
            value = self.card["training"][what]
            if value != other.card["training"][what]:
                words.append(f"{what} {', '.join(value) if what == WITHOUT else value}")
        return ", ".join(words)


def chosen(corpus: Path) -> list[Synthetic]:
    """The held-out voices' units, and EACH of every synthesiser's others, evenly spread."""
    recordings = dict(zip((unit.key for unit in read_units(corpus)), find_synthetic(corpus), strict=True))
    held_out = [each for each in recordings.values() if _held_out(each)]
    for source in sorted({each.source for each in recordings.values()}):
        others = [each for each in recordings.values() if each.source == source and not _held_out(each)]
        at = np.unique(np.linspace(0, len(others) - 1, EACH).round().astype(int)) if others else []
        held_out += [others[i] for i in at]
    return held_out


def _held_out(recording: Recording) -> bool:
    return (recording.source, recording.voice) in HELD_OUT


def compare(
    corpus: Path, runs: list[Path], jobs: int, cache: Cache, progress: Progress
) -> tuple[list[Training], Results]:
    """Score all runs on the same recordings; EvaluationError where one has not ended, or two have the same name."""
    trainings = [Training.read(run) for run in runs]
    names = [training.name for training in trainings]
    if len(set(names)) < len(names):
        raise EvaluationError(f"Two of the runs have the same name ({', '.join(names)}); rename one's folder.")
    recognisers = {each.name: network_recogniser(each.name, each.weights) for each in trainings}
    sounds = chosen(corpus)
    if not any(map(_held_out, sounds)):
        raise EvaluationError(f"no voice in {corpus} is held out, so all were learnt from; build a larger corpus.")
    english = [prompt for prompt in find_prompts() if prompt.language == "en"][::EVERY]
    return trainings, evaluate([*sounds, *english], recognisers, POCKETSPHINX, cache, jobs, progress)


def columns(results: Results) -> dict[str, dict[str, Score]]:
    """Scores by run, of each group of sounds; groups without any are left out."""
    sources = sorted({each.recording.source for each in results.recordings if isinstance(each.recording, Synthetic)})
    groups = {"held-out voices": results.total(lambda each: isinstance(each, Synthetic) and _held_out(each))}
    for source in sources:
        groups[source] = results.total(
            lambda each, source=source: isinstance(each, Synthetic) and each.source == source and not _held_out(each)
        )
    groups["prompts"] = results.total(lambda each: isinstance(each, Prompt))
    return {name: scores for name, scores in groups.items() if scores}


def rows(trainings: list[Training], results: Results) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows of the table: what differs from the first run, then the share of frames whose mouth shape is
    right, by group of sounds; a synthesiser that the run was not trained on is marked with a star."""
    groups = columns(results)
    head = ("run", "otherwise than the first", "parameters", *groups, "closures hit", "false a second")
    table = []
    for training in trainings:
        left_out = training.card["training"][WITHOUT]
        cells = [
            f"{scores[training.name].accuracy:.3f}".removeprefix("0") + ("*" if group in left_out else "")
            for group, scores in groups.items()
        ]
        closures = groups["held-out voices"][training.name].events("closures")
        table.append((
            training.name, training.differs(trainings[0]), f"{training.parameters / 1e6:.2f} M", *cells,
            f"{closures['hits']:.3f}".removeprefix("0"), f"{closures['false_a_second_of_speech']:.2f}",
        ))  # fmt: skip
    return head, table
