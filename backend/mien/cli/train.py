# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the command `mien` that makes what ships: `mien corpus` and `mien train`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

from mien.cli.progress import ProgressBar
from mien.settings import SettingsError

ENGINES = ("kokoro", "hibari", "flite", "festival", "espeak")  # of mien.training.speech_corpus, dearest first


def add_commands(commands, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add them to the parser; `command` makes one with what all have."""
    corpus = commands.add_parser("corpus", help="speech with exact phone times, made by synthesisers")
    corpus = corpus.add_subparsers(required=True, metavar="WHAT")
    build = command(corpus, "build", build_command, "speak a corpus, or go on with one that was stopped")
    build.add_argument("folder", type=Path, help="where it goes: about 0.06 GB an hour")
    build.add_argument("--hours", type=_positive, default=10.0, help="how much speech (default: 10)")
    build.add_argument("--seed", type=int, default=0, help="another seed is another corpus (default: 0)")
    _add_jobs(build)
    build.add_argument(
        "--engines", default=",".join(ENGINES), metavar="NAME,...", help="synthesisers (default: %(default)s)"
    )
    perform = command(corpus, "perform", perform_command, "perform a corpus of speech, or go on where it was stopped")
    perform.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    perform.add_argument("motion", type=Path, help="where the performances go")
    perform.add_argument("--performances", type=_count, default=4, help="of each minute of speech (default: 4)")
    perform.add_argument("--seed", type=int, default=0, help="another seed is other performances (default: 0)")
    _add_jobs(perform)

    train = commands.add_parser("train", help="train what ships").add_subparsers(required=True, metavar="WHAT")
    ear = command(train, "ear", train_ear_command, "train the ear on a corpus, or go on with a run that was stopped")
    ear.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    ear.add_argument("run", type=Path, help="where checkpoint, log.csv and ear.safetensors go")
    ear.add_argument("--steps", type=int, help="of 64 s of sound each (default: 4700)")
    ear.add_argument("--seed", type=int, default=0, help="(default: 0)")
    ear.add_argument("--shape", type=_numbers, default={}, metavar="JSON", help="sizes other than the default's")
    ear.add_argument("--plan", type=_numbers, default={}, metavar="JSON", help="batch, rate ... unlike the default's")
    ear.add_argument("--without", default="", metavar="NAME,...", help="synthesisers to leave out, as held-out truth")
    ear.add_argument("--threads", type=int, default=1, help="of the network; one more process degrades (default: 1)")

    codec = command(train, "codec", train_codec_command, "train stage 1 of probtalk3d on performances, or go on")
    codec.add_argument("motion", type=Path, help="a folder of `mien corpus perform`")
    performer = command(train, "performer", train_performer_command, "train stage 2 of probtalk3d, or go on")
    performer.add_argument("corpus", type=Path, help="the speech that was performed: it is heard first")
    performer.add_argument("motion", type=Path, help="a folder of `mien corpus perform`")
    _add_jobs(performer)
    regression = command(train, "regression", train_regression_command, "train what probtalk3d is measured against")
    regression.add_argument("motion", type=Path, help="a folder that `mien train performer` has heard")
    diffusion = command(train, "emodiffhead", train_emodiffhead_command, "train emodiffhead on performances, or go on")
    diffusion.add_argument("corpus", type=Path, help="the speech that was performed: first it is heard")
    diffusion.add_argument("motion", type=Path, help="a folder of `mien corpus perform`")
    _add_jobs(diffusion)
    diffusion.add_argument("--free", type=_count, default=2, help="emotion-free performances of each unit (default: 2)")
    diffusion.add_argument(
        "--emotional-alone", action="store_true", help="learn from no emotion-free speech, to see what it is good for"
    )
    diffusion.add_argument(
        "--emotional-every", type=int, default=1, metavar="N",
        help="learn from only every Nth unit of emotional speech, as if there were less (default: 1)",
    )  # fmt: skip
    diffusion.add_argument(
        "--head", choices=("mien", "flame"), default="mien", help="what moves; flame is your own (default: mien)"
    )
    diffusion.add_argument("--shape", type=json.loads, default={}, metavar="JSON", help="sizes unlike the default's")
    for stage in (codec, performer, regression, diffusion):
        stage.add_argument("run", type=Path, help="where checkpoints, curves (csv) and weights go: one for both stages")
        stage.add_argument("--steps", type=int, help="(default: as many as what ships was made with)")
        stage.add_argument("--seed", type=int, default=0, help="(default: 0)")
        stage.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="(default: as many as cores)")


def build_command(asked: argparse.Namespace) -> int:
    """mien corpus build: what is missing of a corpus is spoken."""
    from mien.training.speech_corpus.build import build
    from mien.training.speech_corpus.utterance import CorpusError

    engines = [name for name in asked.engines.split(",") if name]
    if unknown := set(engines) - set(ENGINES):
        raise CorpusError(f"there is no synthesiser {unknown.pop()!r}; there are {', '.join(ENGINES)}.")
    with ProgressBar("corpus", quiet=asked.json) as progress:
        absent = build(asked.folder, asked.hours, asked.seed, max(1, asked.jobs), engines, progress)
    if asked.json:
        print(json.dumps({"folder": str(asked.folder), "absent": absent}))
    else:
        print("\n".join([f"The corpus is in {asked.folder}.", *(f"Without one synthesiser: {why}" for why in absent)]))
    return 0


def perform_command(asked: argparse.Namespace) -> int:
    """mien corpus perform: what is missing of a motion corpus is performed."""
    from mien.training.motion_corpus import perform

    with ProgressBar("performing", quiet=asked.json) as progress:
        units = perform(asked.corpus, asked.motion, asked.performances, asked.seed, max(1, asked.jobs), progress)
    if asked.json:
        print(json.dumps({"folder": str(asked.motion), "units": units, "performances": asked.performances}))
    else:
        print(f"The performances are in {asked.motion}: {asked.performances} of each of {units} units.")
    return 0


def train_ear_command(asked: argparse.Namespace) -> int:
    """mien train ear: the weights that the ear ships with."""
    from mien.speech_analysis.network.model import Shape
    from mien.training.ear.train import Plan, train

    changes = {"seed": asked.seed, "without": tuple(name for name in asked.without.split(",") if name)}
    changes |= {"steps": asked.steps} if asked.steps else {}
    plan, shape = _changed(Plan(), asked.plan | changes, "--plan"), _changed(Shape(), asked.shape, "--shape")
    with ProgressBar("training", quiet=asked.json) as progress:
        weights = train(asked.corpus, asked.run, shape, plan, asked.threads, progress)
    print(json.dumps({"weights": str(weights)}) if asked.json else f"The weights are {weights}.")
    return 0


def train_codec_command(asked: argparse.Namespace) -> int:
    """mien train codec: stage 1 of probtalk3d."""
    from mien.training.probtalk3d.train_codec import PLAN, SHAPES, train

    plan = replace(PLAN, seed=asked.seed, steps=asked.steps or PLAN.steps)
    with ProgressBar("stage 1", quiet=asked.json) as progress:
        weights = train(asked.motion, asked.run, SHAPES, plan, asked.threads, progress)
    print(json.dumps({"weights": str(weights)}) if asked.json else f"The weights are {weights}.")
    return 0


def train_performer_command(asked: argparse.Namespace) -> int:
    """mien train performer: stage 2 of probtalk3d, and with it the weights that ship."""
    from mien.training.ear_features import hear_all
    from mien.training.probtalk3d.train_code_predictor import PLAN, train

    plan = replace(PLAN, seed=asked.seed, steps=asked.steps or PLAN.steps)
    with ProgressBar("hearing", quiet=asked.json) as progress:
        hear_all(asked.corpus, asked.motion, asked.seed, max(1, asked.jobs), progress)
    with ProgressBar("stage 2", quiet=asked.json) as progress:
        weights = train(asked.corpus, asked.motion, asked.run, {}, plan, asked.threads, progress)
    print(json.dumps({"weights": str(weights)}) if asked.json else f"The weights are {weights}.")
    return 0


def train_regression_command(asked: argparse.Namespace) -> int:
    """mien train regression: one motion for one sound."""
    from mien.training.probtalk3d.regression import PLAN, train

    plan = replace(PLAN, seed=asked.seed, steps=asked.steps or PLAN.steps)
    with ProgressBar("regression", quiet=asked.json) as progress:
        weights = train(asked.motion, asked.run, plan, asked.threads, progress)
    print(json.dumps({"weights": str(weights)}) if asked.json else f"The weights are {weights}.")
    return 0


def train_emodiffhead_command(asked: argparse.Namespace) -> int:
    """mien train emodiffhead: the emotion-free performances, what is heard, and the weights that ship."""
    from mien.engines.emodiffhead.engine import own_weights
    from mien.engines.emodiffhead.network import Shape
    from mien.heads.flame import FLAME_FOLDER, load_flame
    from mien.settings import Settings
    from mien.training.ear_features import hear_all
    from mien.training.emodiffhead.dataset import perform_free
    from mien.training.emodiffhead.train import PLAN, train

    plan = replace(PLAN, seed=asked.seed, steps=asked.steps or PLAN.steps)
    shape, free, every = Shape(**asked.shape), not asked.emotional_alone, max(1, asked.emotional_every)
    folder = Settings.read().data_folder
    flame = load_flame(folder / FLAME_FOLDER) if asked.head == "flame" else None
    if free:
        with ProgressBar("performing", quiet=asked.json) as progress:
            perform_free(asked.corpus, asked.motion, asked.free, asked.seed, max(1, asked.jobs), progress)
    with ProgressBar("hearing", quiet=asked.json) as progress:
        hear_all(asked.corpus, asked.motion, asked.seed, max(1, asked.jobs), progress)
    with ProgressBar("training", quiet=asked.json) as progress:
        weights = train(asked.corpus, asked.motion, asked.run, shape, plan, asked.threads, progress, free, flame, every)
    if flame is not None:  # where the engine looks for them
        own_weights().parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(weights, own_weights())
    print(json.dumps({"weights": str(weights)}) if asked.json else f"The weights are {weights}.")
    return 0


def _add_jobs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: as many as cores)")


def _numbers(text: str) -> dict:
    """A JSON object, as an argument."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError(f'{text!r} is no JSON object, like {{"batch": 8}}')
    return found


def _changed(default, changes: dict, flag: str):
    """The dataclass with other values. SettingsError names what it does not have."""
    known = [field.name for field in fields(default)]
    if unknown := [name for name in changes if name not in known]:
        raise SettingsError(f"{flag} has {unknown[0]!r}, which is none of {', '.join(known)}.")
    return replace(default, **changes)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 1000")
    return int(text)


def _positive(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of hours above 0")
    return hours
