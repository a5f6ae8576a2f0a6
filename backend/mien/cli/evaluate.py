# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate`: measures of phone recognisers and of takes."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
from pathlib import Path

from mien.cli.films import evaluation as evaluate_films
from mien.cli.films import portrait_evaluation, talk_evaluation
from mien.cli.flags import add_direction_flags, direction_of
from mien.cli.output import DRAWING, Output, check_outputs
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.files.markdown import require_section, write_section

REFERENCE = "pocketsphinx"


def add_commands(commands) -> None:
    """Add `evaluate` to the commands of `mien`."""
    evaluate = commands.add_parser("evaluate", help="measure an engine or the phone recogniser")
    evaluate = evaluate.add_subparsers(required=True, metavar="WHAT")
    real = add_command(evaluate, "real", real_command, "curves of takes for real speakers' sounds, for score.py")
    real.add_argument("folder", type=Path, metavar="DIR", help="where NAME.npz of every sound goes")
    real.add_argument("--audio", type=Path, required=True, metavar="FOLDER", help="the sounds, as .wav files")
    add_direction_flags(real)

    nonverbal = add_command(
        evaluate, "nonverbal", nonverbal_command, "blinks, brows, head, gaze, lips of takes beside people's"
    )
    nonverbal.add_argument(
        "--audio", type=Path, required=True, metavar="FOLDER", help="sounds, as .wav files: the longest"
    )
    nonverbal.add_argument("--voices", type=int, default=6, metavar="N", help="so many of them (default: 6)")
    nonverbal.add_argument("--seeds", type=int, default=2, metavar="N", help="takes of each (default: 2)")
    nonverbal.add_argument("--engines", metavar="NAME,...", help="only these (default: all on the default head)")
    nonverbal.add_argument("--page", type=Path, metavar="MD", help="write the table into this file, between its marks")
    nonverbal.add_argument("--section", default="nonverbal", metavar="NAME", help="which marks (default: %(default)s)")

    phones = add_command(
        evaluate, "phones", phones_command, "how well phone recognisers name mouth shapes in speech of known text"
    )
    phones.add_argument(
        "folders", type=Path, nargs="*", metavar="FOLDER",
        help="of `mien corpus build`, in place of the recorded prompts of Debian's packages",
    )  # fmt: skip
    phones.add_argument("--prompts", action="store_true", help="the recorded prompts too, where folders are given")
    phones.add_argument("--language", metavar="CODE,...", help="only these (default: all)")
    phones.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth recording (default: all)")
    phones.add_argument(
        "--weights",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="weights of one more phone recogniser; may be repeated",
    )
    phones.add_argument("--only", metavar="NAME,...", help="only these recognisers, by name")
    phones.add_argument(
        "--reference", default=REFERENCE, metavar="NAME", help="the recogniser that aligns texts (default: %(default)s)"
    )
    phones.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: as many as cores)")
    phones.add_argument("--forget", action="store_true", help="keep nothing, and use nothing that was kept")
    phones.add_argument("--page", type=Path, metavar="MD", help="write the tables into this file, between its marks")
    phones.add_argument("--section", default="prompts", metavar="NAME", help="which marks (default: %(default)s)")
    phones.add_argument("--picture", type=Path, metavar="PNG", help="draw which shape is taken for which")

    breaths = add_command(evaluate, "breaths", breaths_command, "breaths that are heard, beside those that were seen")
    breaths.add_argument("--audio", type=Path, action="append", default=[], metavar="FOLDER", help="more recordings")
    breaths.add_argument("--page", type=Path, metavar="MD", help="write the table into this file, between its marks")

    trainings = add_command(
        evaluate, "phone-ablations", phone_ablations_command, "trainings of the phone recogniser compared"
    )
    trainings.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    trainings.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="of `mien train phones`; the first is the base"
    )
    trainings.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: as many as cores)"
    )
    trainings.add_argument("--page", type=Path, metavar="MD", help="write the table into this file, between its marks")
    trainings.add_argument("--section", default="ablations", metavar="NAME", help="which marks (default: %(default)s)")

    takes = add_command(
        evaluate, "takes", takes_command, "how near probtalk3d's takes come to what nothing was trained on"
    )
    takes.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    takes.add_argument("motion", type=Path, help="a folder of `mien corpus perform`: that speech performed")
    takes.add_argument("--weights", type=Path, metavar="FILE", help="of `mien train performer` (default: what ships)")
    takes.add_argument("--regression", type=Path, metavar="FILE", help="of `mien train regression`: compared besides")
    takes.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth clip (default: all)")
    takes.add_argument("--page", type=Path, metavar="MD", help="write the tables into this file, between its marks")
    takes.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw the curves")

    emotion = add_command(evaluate, "emotion", emotion_command, "how engines show emotions, and what it costs the lips")
    emotion.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    emotion.add_argument("motion", type=Path, help="a folder of `mien corpus perform`: that speech performed")
    emotion.add_argument("--engines", metavar="NAME,...", help="only these (default: all on the default head)")
    emotion.add_argument(
        "--weights", type=Path, action="append", default=[], metavar="FILE",
        help="of emodiffhead (default: what ships); may be repeated, and rows are then named by file",
    )  # fmt: skip
    emotion.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth clip (default: all)")
    emotion.add_argument("--page", type=Path, metavar="MD", help="write the tables into this file, between its marks")
    emotion.add_argument("--section", default="emotion", metavar="NAME", help="which marks (default: %(default)s)")

    steps = add_command(
        evaluate, "steps", steps_command, "how near emodiffhead's takes in few steps come to those in many"
    )
    steps.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    steps.add_argument("motion", type=Path, help="a folder of `mien corpus perform`: that speech performed")
    steps.add_argument("--weights", type=Path, metavar="FILE", help="of emodiffhead (default: what ships)")
    steps.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth clip (default: all)")
    steps.add_argument("--page", type=Path, metavar="MD", help="write the table into this file, between its marks")

    layouts = add_command(evaluate, "layouts", layouts_command, "which codes of motion fit long sound")
    layouts.add_argument("motion", type=Path, help="a folder of `mien corpus perform`")
    layouts.add_argument("--weights", type=Path, metavar="FILE", help="of `mien train codec` (default: what ships)")
    layouts.add_argument("--steps", type=int, default=300, help="that each layout is trained for (default: 300)")
    layouts.add_argument("--page", type=Path, metavar="MD", help="write the table into this file, between its marks")

    landmarks = add_command(evaluate, "landmarks", landmarks_command, "kfusion's landmarks beside simpler ones")
    landmarks.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    landmarks.add_argument("motion", type=Path, help="a folder of `mien corpus perform`: that speech performed")
    landmarks.add_argument("--weights", type=Path, metavar="FILE", help="of kfusion (default: what ships)")
    landmarks.add_argument(
        "--training", type=Path, action="append", default=[], metavar="FILE",
        help="weights to compare with, in a row named by their folder; may be repeated",
    )  # fmt: skip
    landmarks.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth clip (default: all)")
    landmarks.add_argument("--page", type=Path, metavar="MD", help="write the table into this file, between its marks")
    landmarks.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw landmarks into this folder")

    evaluate_films.add_commands(evaluate)
    portrait_evaluation.add_commands(evaluate)
    talk_evaluation.add_commands(evaluate)

    training = add_command(evaluate, "training", training_command, "draw the losses of a training of probtalk3d")
    training.add_argument("run", type=Path, help="the folder that `mien train` was given")
    training.add_argument("picture", type=Path, metavar="PNG", help="what to write")


def _refuse_unmarked(page: Path | None, name: str) -> None:
    """A page without the marks is named before anything is measured."""
    if page is not None:
        require_section(page, name)


def _need_pocketsphinx() -> None:
    from mien.evaluation import EvaluationError

    if importlib.util.find_spec("pocketsphinx") is None:
        raise EvaluationError(
            "phone recognisers are compared with PocketSphinx, which is not here: pip install pocketsphinx"
        )


def nonverbal_command(args: argparse.Namespace) -> int:
    """mien evaluate nonverbal."""
    from mien.engines import NAMES, info_of
    from mien.evaluation.takes.nonverbal import as_json, evaluate_nonverbal, for_page

    _refuse_unmarked(args.page, args.section)
    names = args.engines.split(",") if args.engines else [name for name in NAMES if info_of(name).head == "mien"]
    with ProgressBar("nonverbal", quiet=args.json) as progress:
        results = evaluate_nonverbal(args.audio, names, progress, args.voices, range(1, 1 + max(1, args.seeds)))
    text = for_page(results)
    if args.page is not None:
        write_section(args.page, args.section, text)
    print(json.dumps(as_json(results)) if args.json else text)
    return 0


def breaths_command(args: argparse.Namespace) -> int:
    """mien evaluate breaths."""
    from mien.evaluation.phones import breaths

    _refuse_unmarked(args.page, "breaths")
    found = breaths.find_recordings({each.name for each in breaths.silences()}, args.audio)
    with ProgressBar("breaths", quiet=args.json) as progress:
        rows = breaths.evaluate(found, progress)
    text = breaths.report(rows, len(found))
    if args.page is not None:
        write_section(args.page, "breaths", text)
    print(json.dumps([dict(zip(breaths.HEAD, row, strict=True)) for row in rows]) if args.json else text)
    return 0


def real_command(args: argparse.Namespace) -> int:
    """mien evaluate real: curves for real-speech/score.py."""
    from mien.evaluation.takes.real_speech import write_curves

    direction = direction_of(args)
    with ProgressBar("clips", quiet=args.json) as progress:
        paths = write_curves(args.audio, args.folder, args.engine, direction, progress)
    text = f"{len(paths)} curves in {args.folder}"
    print(json.dumps({"written": [str(path) for path in paths]}) if args.json else text)
    return 0


def phones_command(args: argparse.Namespace) -> int:
    """mien evaluate phones: phone recognisers compared on the same frames."""
    _refuse_unmarked(args.page, f"phones {args.section}")
    if args.picture:
        check_outputs([Output(args.picture, "the picture", DRAWING)])
    _need_pocketsphinx()
    from mien.evaluation import EvaluationError
    from mien.evaluation.cache import Cache
    from mien.evaluation.phones import confusion_plot
    from mien.evaluation.phones import report as page
    from mien.evaluation.phones.evaluate import Recording, evaluate, find_synthetic
    from mien.evaluation.phones.recognisers import find_recognisers
    from mien.evaluation.phones.recordings import find_prompts

    recordings: list[Recording] = [unit for folder in args.folders for unit in find_synthetic(folder)]
    if args.prompts or not args.folders:
        recordings += find_prompts()
    if args.language:
        recordings = [each for each in recordings if each.language in args.language.split(",")]
    recognisers = find_recognisers(args.weights)
    if args.only:
        unknown = set(args.only.split(",")) - set(recognisers)
        if unknown:
            raise EvaluationError(
                f"there is no phone recogniser {unknown.pop()!r}; there are {', '.join(recognisers)}."
            )
        recognisers = {name: recognisers[name] for name in args.only.split(",")}
    cache = Cache(None) if args.forget else Cache.of_the_user()
    recordings = recordings[:: max(1, args.every)]
    with ProgressBar("phones", quiet=args.json) as progress:
        results = evaluate(recordings, recognisers, args.reference, cache, max(1, args.jobs), progress)
    print(json.dumps(page.as_object(results)) if args.json else page.for_terminal(results))
    if args.page:
        write_section(args.page, f"phones {args.section}", page.for_page(results))
    if args.picture:
        confusion_plot.draw(results, args.picture)
    return 0


def phone_ablations_command(args: argparse.Namespace) -> int:
    """mien evaluate phone-ablations: what a change to the network or to what it learns from is worth."""
    _refuse_unmarked(args.page, f"phones {args.section}")
    _need_pocketsphinx()
    from mien.evaluation.cache import Cache
    from mien.evaluation.phones import ablations
    from mien.files.markdown import table

    with ProgressBar("trainings", quiet=args.json) as progress:
        results = ablations.compare(args.corpus, args.runs, max(1, args.jobs), Cache.of_the_user(), progress)
    head, rows = ablations.rows(*results)
    print(json.dumps([dict(zip(head, row, strict=True)) for row in rows]) if args.json else table(head, rows))
    if args.page:
        write_section(args.page, f"phones {args.section}", table(head, rows))
    return 0


def takes_command(args: argparse.Namespace) -> int:
    """mien evaluate takes: probtalk3d and its baselines."""
    _refuse_unmarked(args.page, "takes")
    from mien.engines.probtalk3d import WEIGHTS
    from mien.evaluation.takes import evaluate as sampling
    from mien.evaluation.takes import report

    weights = args.weights or WEIGHTS
    with ProgressBar("takes", quiet=args.json) as progress:
        results = sampling.evaluate(args.corpus, args.motion, weights, args.regression, max(1, args.every), progress)
    page = report.for_page(results)
    print(json.dumps(report.as_object(results)) if args.json else page)
    if args.page:
        write_section(args.page, "takes", page)
    if args.pictures:
        args.pictures.mkdir(parents=True, exist_ok=True)
        sampling.draw(results, args.pictures)
        sampling.draw_faces(results, sampling.cached_takes(weights), args.pictures)
    return 0


def emotion_command(args: argparse.Namespace) -> int:
    """mien evaluate emotion: engines compared."""
    _refuse_unmarked(args.page, args.section)
    from mien.evaluation.takes import emotion

    chosen = emotion.engines(args.engines.split(",") if args.engines else None, args.weights)
    with ProgressBar("emotion", quiet=args.json) as progress:
        results = emotion.evaluate(args.corpus, args.motion, chosen, max(1, args.every), progress)
    page = emotion.for_page(results)
    data = {
        "emotions": {name: vars(scores) for name, scores in results.scores.items()},
        "matched": results.matched,
        "held": {name: [vars(row) for row in rows] for name, rows in results.held.items()},
    }
    print(json.dumps(data) if args.json else page)
    if args.page:
        write_section(args.page, args.section, page)
    return 0


def steps_command(args: argparse.Namespace) -> int:
    """mien evaluate steps: steps against quality and time."""
    _refuse_unmarked(args.page, "steps")
    from mien.evaluation.takes import sampling_steps as steps
    from mien.files.markdown import table

    with ProgressBar("steps", quiet=args.json) as progress:
        rows = steps.evaluate(args.corpus, args.motion, args.weights, max(1, args.every), progress)
    page = table(steps.HEAD, steps.cells(rows))
    print(json.dumps([vars(row) for row in rows]) if args.json else page)
    if args.page:
        write_section(args.page, "steps", page)
    return 0


def layouts_command(args: argparse.Namespace) -> int:
    """mien evaluate layouts: codes of one frame, and codes that mix times."""
    _refuse_unmarked(args.page, "layouts")
    from mien.engines.probtalk3d import WEIGHTS
    from mien.evaluation.takes.codec_layouts import compare_layouts
    from mien.files.markdown import table

    with ProgressBar("layouts", quiet=args.json) as progress:
        results = compare_layouts(args.motion, args.weights or WEIGHTS, max(1, args.steps), progress)
    head = ("codes", *(f"error at {seconds:g} s, mm" for seconds in results[0].errors), "moved by the window, mm")
    rows = [[each.layout, *(f"{error:.3f}" for error in each.errors.values()), f"{each.moved:.4f}"] for each in results]
    print(json.dumps([vars(each) for each in results]) if args.json else table(head, rows))
    if args.page:
        write_section(args.page, "layouts", table(head, rows))
    return 0


def landmarks_command(args: argparse.Namespace) -> int:
    """mien evaluate landmarks: kfusion, its ablations and its baselines."""
    _refuse_unmarked(args.page, "landmarks")
    from mien.engines.kfusion import WEIGHTS
    from mien.evaluation.landmarks.evaluate import as_json, evaluate, for_page
    from mien.evaluation.landmarks.pictures import draw

    trainings = {path.resolve().parent.name: path for path in args.training}
    weights = args.weights or WEIGHTS
    with ProgressBar("landmarks", quiet=args.json) as progress:
        rows = evaluate(args.corpus, args.motion, trainings, max(1, args.every), progress, weights)
    page = for_page(rows)
    print(json.dumps(as_json(rows)) if args.json else page)
    if args.page:
        write_section(args.page, "landmarks", page)
    if args.pictures:
        args.pictures.mkdir(parents=True, exist_ok=True)
        draw(args.corpus, args.motion, args.pictures, weights)
    return 0


def training_command(args: argparse.Namespace) -> int:
    """mien evaluate training: the curves of RUN/*.csv."""
    from mien.evaluation.takes.training_curves import draw_training

    check_outputs([Output(args.picture, "the picture", DRAWING)])
    draw_training(args.run, args.picture)
    print(json.dumps({"picture": str(args.picture)}) if args.json else f"The curves are in {args.picture}.")
    return 0
