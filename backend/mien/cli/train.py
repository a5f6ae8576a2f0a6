# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the command `mien` that makes what ships: `mien corpus` and `mien train`."""

from __future__ import annotations

import argparse
import functools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

from mien.cli import train_lips
from mien.cli.flags import step_count
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.files.atomic import write_whole
from mien.files.private_folder import make_private_folder
from mien.files.strict_json import JsonError, parse_json
from mien.settings import SettingsError

ENGINES = ("kokoro", "hibari", "flite", "festival", "espeak")  # of mien.training.speech_corpus, dearest first
Trained = Callable[[argparse.Namespace], Path]


def add_commands(commands) -> None:
    """Add `corpus` and `train` to the commands of `mien`."""
    corpus = commands.add_parser("corpus", help="speech with exact phone times, made by synthesisers")
    corpus = corpus.add_subparsers(required=True, metavar="WHAT")
    build = add_command(corpus, "build", build_command, "speak a corpus, or go on with one that was stopped")
    build.add_argument("folder", type=Path, help="where it goes: about 0.06 GB an hour")
    build.add_argument("--hours", type=_positive, default=10.0, help="how much speech (default: 10)")
    build.add_argument("--seed", type=int, default=0, help="another seed is another corpus (default: 0)")
    _add_jobs(build)
    build.add_argument(
        "--engines", default=",".join(ENGINES), metavar="NAME,...", help="synthesisers (default: %(default)s)"
    )
    perform = add_command(
        corpus, "perform", perform_command, "perform a corpus of speech, or go on where it was stopped"
    )
    perform.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    perform.add_argument("motion", type=Path, help="where the performances go")
    perform.add_argument("--performances", type=_count, default=4, help="of each minute of speech (default: 4)")
    perform.add_argument("--seed", type=int, default=0, help="another seed is other performances (default: 0)")
    _add_jobs(perform)

    train = commands.add_parser("train", help="train the weights that come with Mien, or your own").add_subparsers(
        required=True, metavar="WHAT"
    )
    train_lips.add_commands(train)
    for row in TRAININGS:
        _add_training(add_command(train, row.name, functools.partial(_train_command, row.train), row.help), row)


@dataclass(frozen=True)
class TrainingCommand:
    """A row of TRAININGS: `mien train NAME FOLDER ... RUN`."""

    name: str
    train: Trained  # returns the weights file
    help: str
    folders: dict[str, str]  # help of each folder that it reads, in the order of the command line
    add_flags: Callable[[argparse.ArgumentParser], None] = lambda command: None
    run: str = "where checkpoints, curves (csv) and weights go: one for both stages"
    steps: str = "(default: as many as what ships was made with)"
    threads: tuple[int, str] = (os.cpu_count() or 1, "(default: as many as cores)")


def _add_training(command: argparse.ArgumentParser, row: TrainingCommand) -> None:
    for folder, text in row.folders.items():
        command.add_argument(folder, type=Path, help=text)
    command.add_argument("run", type=Path, help=row.run)
    command.add_argument("--steps", type=step_count, help=row.steps)
    command.add_argument("--seed", type=int, default=0, help="(default: 0)")
    command.add_argument("--threads", type=int, default=row.threads[0], help=row.threads[1])
    row.add_flags(command)


def _train_command(train: Trained, args: argparse.Namespace) -> int:
    """mien train WHAT."""
    weights = train(args)
    print(json.dumps({"weights": str(weights)}) if args.json else f"The weights are {weights}.")
    return 0


def build_command(args: argparse.Namespace) -> int:
    """mien corpus build: speak what a corpus lacks."""
    from mien.training.speech_corpus.build import build
    from mien.training.speech_corpus.utterance import CorpusError

    engines = [name for name in args.engines.split(",") if name]
    if unknown := set(engines) - set(ENGINES):
        raise CorpusError(f"there is no synthesiser {unknown.pop()!r}; there are {', '.join(ENGINES)}.")
    with ProgressBar("corpus", quiet=args.json) as progress:
        absent = build(args.folder, args.hours, args.seed, max(1, args.jobs), engines, progress)
    if args.json:
        print(json.dumps({"folder": str(args.folder), "absent": absent}))
    else:
        print("\n".join([f"The corpus is in {args.folder}.", *(f"Without one synthesiser: {why}" for why in absent)]))
    return 0


def perform_command(args: argparse.Namespace) -> int:
    """mien corpus perform: perform what a motion corpus lacks."""
    from mien.training.motion_corpus import perform

    with ProgressBar("performing", quiet=args.json) as progress:
        units = perform(args.corpus, args.motion, args.performances, args.seed, max(1, args.jobs), progress)
    if args.json:
        print(json.dumps({"folder": str(args.motion), "units": units, "performances": args.performances}))
    else:
        print(f"The performances are in {args.motion}: {args.performances} of each of {units} units.")
    return 0


def train_phones(args: argparse.Namespace) -> Path:
    """The phone recogniser."""
    from mien.speech_analysis.network.model import RecogniserConfig
    from mien.training.phones.train import PhoneTrainingConfig, train

    changes = {"seed": args.seed, "without": tuple(name for name in args.without.split(",") if name)}
    changes |= {"steps": args.steps} if args.steps else {}
    config, shape = (
        _changed(PhoneTrainingConfig(), args.plan | changes, "--plan"),
        _changed(RecogniserConfig(), args.shape, "--shape"),
    )
    with ProgressBar("training", quiet=args.json) as progress:
        return train(args.corpus, args.run, shape, config, args.threads, progress)


def train_breaths(args: argparse.Namespace) -> Path:
    """The network of breaths, over the phones that were recognised."""
    from mien.training.phones.train_breaths import BreathConfig, train

    with ProgressBar("training", quiet=args.json) as progress:
        return train(args.corpus, args.run, _config(BreathConfig(), args), args.threads, progress)


def train_codec(args: argparse.Namespace) -> Path:
    """Stage 1 of probtalk3d."""
    from mien.training.probtalk3d.train_codec import CONFIG, SHAPES, train

    with ProgressBar("stage 1", quiet=args.json) as progress:
        return train(args.motion, args.run, SHAPES, _config(CONFIG, args), args.threads, progress, args.initial)


def train_code_predictor(args: argparse.Namespace) -> Path:
    """Stage 2 of probtalk3d, and with it the weights that ship."""
    from mien.training.probtalk3d.train_code_predictor import CONFIG, train

    _extract_features(args)
    with ProgressBar("stage 2", quiet=args.json) as progress:
        return train(
            args.corpus, args.motion, args.run, {}, _config(CONFIG, args), args.threads, progress, args.initial
        )


def train_regression(args: argparse.Namespace) -> Path:
    """The baseline of probtalk3d."""
    from mien.training.probtalk3d.regression import CONFIG, train

    with ProgressBar("regression", quiet=args.json) as progress:
        return train(args.motion, args.run, _config(CONFIG, args), args.threads, progress)


def train_emodiffhead(args: argparse.Namespace) -> Path:
    """emodiffhead, after the emotion-free performances and the audio features that it learns from."""
    from mien.engines.emodiffhead import user_weights
    from mien.engines.emodiffhead.network import DenoiserConfig
    from mien.heads.flame import FLAME_FOLDER, load_flame
    from mien.settings import Settings
    from mien.training.emodiffhead.dataset import perform_free
    from mien.training.emodiffhead.train import CONFIG, Ablation, train

    ablation = Ablation(not args.emotional_alone, max(1, args.emotional_every))
    flame = load_flame(Settings.read().data_folder / FLAME_FOLDER) if args.head == "flame" else None
    if ablation.emotion_free:
        with ProgressBar("performing", quiet=args.json) as progress:
            perform_free(args.corpus, args.motion, args.free, args.seed, max(1, args.jobs), progress)
    _extract_features(args)
    with ProgressBar("training", quiet=args.json) as progress:
        weights = train(
            args.corpus, args.motion, args.run, DenoiserConfig.from_dict(args.shape), _config(CONFIG, args),
            args.threads, progress, ablation, flame, args.initial,
        )  # fmt: skip
    if flame is not None:  # where the engine looks for them
        make_private_folder(Settings.read().data_folder)
        write_whole(user_weights(), weights.read_bytes())
    return weights


def train_kfusion(args: argparse.Namespace) -> Path:
    """kfusion, after the audio features that it learns from."""
    from mien.engines.kfusion.network import FUSIONS, KFusionConfig
    from mien.training.kfusion.train import CONFIG, train

    shape = _changed(KFusionConfig(), args.shape, "--shape")
    if shape.fusion not in FUSIONS:
        raise SettingsError(f"--shape has the fusion {shape.fusion!r}, which is none of {', '.join(FUSIONS)}.")
    _extract_features(args)
    with ProgressBar("training", quiet=args.json) as progress:
        return train(args.corpus, args.motion, args.run, shape, _config(CONFIG, args), args.threads, progress)


def train_diffted(args: argparse.Namespace) -> Path:
    """The denoiser of gestures, after the audio features and the performances that it learns from."""
    from mien.engines.diffted.denoiser.network import GestureConfig
    from mien.training.diffted.dataset import perform
    from mien.training.diffted.train import CONFIG, train

    shape = _changed(GestureConfig(), args.shape, "--shape")
    _extract_features(args)
    with ProgressBar("performing", quiet=args.json) as progress:
        perform(args.corpus, args.motion, args.performances, args.seed, max(1, args.jobs), progress)
    with ProgressBar("training", quiet=args.json) as progress:
        return train(args.corpus, args.motion, args.run, shape, _config(CONFIG, args), args.threads, progress)


def train_refinement(args: argparse.Namespace) -> Path:
    """The refinement of portraits, after the pairs that it learns from."""
    from mien.photo.refinement.network import RefinementConfig
    from mien.training.refinement.pairs import build
    from mien.training.refinement.train import CONFIG, train

    shape = RefinementConfig.from_dict(_changed(RefinementConfig(), args.shape, "--shape").as_dict())
    with ProgressBar("drawing", quiet=args.json) as progress:
        build(args.pairs, args.photos, args.seed, progress)
    with ProgressBar("training", quiet=args.json) as progress:
        return train(args.pairs, args.run, shape, _config(CONFIG, args), args.threads, progress)


def _extract_features(args: argparse.Namespace) -> None:
    from mien.training.phone_features import extract_features

    with ProgressBar("hearing", quiet=args.json) as progress:
        extract_features(args.corpus, args.motion, args.seed, max(1, args.jobs), progress)


def _config(default, args: argparse.Namespace):
    """The TrainingConfig with the seed and the steps of the command line."""
    return replace(default, seed=args.seed, steps=args.steps or default.steps)


def _add_phone_flags(command: argparse.ArgumentParser) -> None:
    command.add_argument("--shape", type=_numbers, default={}, metavar="JSON", help="sizes other than the default's")
    command.add_argument(
        "--plan", type=_numbers, default={}, metavar="JSON", help="batch, rate ... unlike the default's"
    )
    command.add_argument(
        "--without", default="", metavar="NAME,...", help="synthesisers to leave out, as held-out truth"
    )


def _add_emodiffhead_flags(command: argparse.ArgumentParser) -> None:
    _add_jobs(command)
    _add_initial(command)
    command.add_argument("--free", type=_count, default=2, help="emotion-free performances of each unit (default: 2)")
    command.add_argument(
        "--emotional-alone", action="store_true", help="learn from no emotion-free speech, to see what it is good for"
    )
    command.add_argument(
        "--emotional-every", type=int, default=1, metavar="N",
        help="learn from only every Nth unit of emotional speech, as if there were less (default: 1)",
    )  # fmt: skip
    command.add_argument(
        "--head", choices=("mien", "flame"), default="mien", help="what moves; flame is your own (default: mien)"
    )
    command.add_argument("--shape", type=_numbers, default={}, metavar="JSON", help="sizes unlike the default's")


def _add_kfusion_flags(command: argparse.ArgumentParser) -> None:
    _add_jobs(command)
    command.add_argument(
        "--shape", type=_numbers, default={}, metavar="JSON",
        help='sizes unlike the default\'s, or {"fusion": "mlp"} or "concat" in place of the KAN',
    )  # fmt: skip


def _add_diffted_flags(command: argparse.ArgumentParser) -> None:
    _add_jobs(command)
    command.add_argument(
        "--performances", type=_count, default=8, help="of the gestures of each minute of speech (default: 8)"
    )
    command.add_argument("--shape", type=_numbers, default={}, metavar="JSON", help="sizes unlike the default's")


def _add_refinement_flags(command: argparse.ArgumentParser) -> None:
    command.add_argument("--photos", type=_count, default=96, help="drawn, to learn from (default: 96)")
    command.add_argument("--shape", type=_numbers, default={}, metavar="JSON", help="sizes unlike the default's")


def _add_initial(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--initial", type=Path, metavar="WEIGHTS", help="begin with these weights of the same network, not anew"
    )


def _add_performer_flags(command: argparse.ArgumentParser) -> None:
    _add_jobs(command)
    _add_initial(command)


def _add_jobs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: as many as cores)")


SPEECH, MOTION = "a folder of `mien corpus build`", "a folder of `mien corpus perform`"
TRAININGS = (
    TrainingCommand(
        "phones", train_phones, "train the phone recogniser on a corpus, or go on with a run that was stopped",
        {"corpus": SPEECH}, _add_phone_flags, "where checkpoint, log (csv) and weights go",
        "of 64 s of sound each (default: 4700)", (1, "of the network; one more process degrades (default: 1)"),
    ),
    TrainingCommand(
        "breaths", train_breaths, "train the part of the phone recogniser that knows breaths, or go on",
        {"corpus": SPEECH}, run="where checkpoint, log (csv) and weights go", threads=(1, "(default: 1)"),
    ),
    TrainingCommand(
        "codec", train_codec, "train stage 1 of probtalk3d on performances, or go on", {"motion": MOTION}, _add_initial,
    ),
    TrainingCommand(
        "performer", train_code_predictor, "train stage 2 of probtalk3d, or go on",
        {"corpus": "the speech that was performed: it is heard first", "motion": MOTION}, _add_performer_flags,
    ),
    TrainingCommand(
        "regression", train_regression, "train what probtalk3d is measured against",
        {"motion": "a folder that `mien train performer` has heard"},
    ),
    TrainingCommand(
        "emodiffhead", train_emodiffhead, "train emodiffhead on performances, or go on",
        {"corpus": "the speech that was performed: first it is heard", "motion": MOTION}, _add_emodiffhead_flags,
    ),
    TrainingCommand(
        "kfusion", train_kfusion, "train kfusion on performances, or go on",
        {"corpus": "the speech that was performed: first it is heard", "motion": MOTION}, _add_kfusion_flags,
    ),
    TrainingCommand(
        "diffted", train_diffted, "train the denoiser of gestures on the grammar's, or go on",
        {"corpus": SPEECH, "motion": "where audio features and gestures of this speech go"}, _add_diffted_flags,
    ),
    TrainingCommand(
        "refinement", train_refinement, "train the refinement of portraits on drawn heads, or go on",
        {"pairs": "where the drawn photos go: about 2 MB each"}, _add_refinement_flags,
        "where checkpoint, log (csv) and weights go", threads=(1, "(default: 1)"),
    ),
)  # fmt: skip


def _numbers(text: str) -> dict:
    """A JSON object, as an argument."""
    try:
        value = parse_json(text)
    except JsonError:
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f'{text!r} is no JSON object, like {{"batch": 8}}')
    return value


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
