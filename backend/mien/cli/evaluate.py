# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the command `mien` that measures ears and takes: `mien evaluate phones`, `takes` and so on."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
from collections.abc import Callable
from pathlib import Path

from mien.cli.progress import ProgressBar
from mien.files.markdown import require_section, write_section

REFERENCE = "pocketsphinx"


def add_commands(evaluate, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add it to the parser of `evaluate`; `command` makes one with what all have."""
    phones = command(evaluate, "phones", phones_command, "how well ears name mouth shapes in speech of known text")
    phones.add_argument(
        "folders", type=Path, nargs="*", metavar="FOLDER",
        help="of `mien corpus build`, in place of the recorded prompts of Debian's packages",
    )  # fmt: skip
    phones.add_argument("--prompts", action="store_true", help="the recorded prompts too, where folders are given")
    phones.add_argument("--language", metavar="CODE,...", help="only these (default: all)")
    phones.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth recording (default: all)")
    phones.add_argument(
        "--ear", type=Path, action="append", default=[], metavar="FILE", help="weights of one more ear; may be repeated"
    )
    phones.add_argument("--only", metavar="NAME,...", help="only these ears, by name")
    phones.add_argument(
        "--reference", default=REFERENCE, metavar="EAR", help="the ear that texts are aligned by (default: %(default)s)"
    )
    phones.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: as many as cores)")
    phones.add_argument("--forget", action="store_true", help="keep nothing, and use nothing that was kept")
    phones.add_argument("--page", type=Path, metavar="MD", help="write the tables into this file, between its marks")
    phones.add_argument("--section", default="prompts", metavar="NAME", help="which marks (default: %(default)s)")
    phones.add_argument("--picture", type=Path, metavar="PNG", help="draw which shape is taken for which")

    ear = command(evaluate, "ear", ear_command, "trainings of the ear beside each other")
    ear.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    ear.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="of `mien train ear`; the first is the base")
    ear.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: as many as cores)")
    ear.add_argument("--page", type=Path, metavar="MD", help="write the table into this file, between its marks")
    ear.add_argument("--section", default="ablations", metavar="NAME", help="which marks (default: %(default)s)")

    takes = command(evaluate, "takes", takes_command, "how near probtalk3d's takes come to what nothing was trained on")
    takes.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    takes.add_argument("motion", type=Path, help="a folder of `mien corpus perform`: that speech performed")
    takes.add_argument("--weights", type=Path, metavar="FILE", help="of `mien train performer` (default: what ships)")
    takes.add_argument("--regression", type=Path, metavar="FILE", help="of `mien train regression`: compared besides")
    takes.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth stretch (default: all)")
    takes.add_argument("--page", type=Path, metavar="MD", help="write the tables into this file, between its marks")
    takes.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw the curves")

    emotion = command(evaluate, "emotion", emotion_command, "how engines show emotions, and what it costs the lips")
    emotion.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    emotion.add_argument("motion", type=Path, help="a folder of `mien corpus perform`: that speech performed")
    emotion.add_argument("--engines", metavar="NAME,...", help="only these (default: all on the default head)")
    emotion.add_argument(
        "--weights", type=Path, action="append", default=[], metavar="FILE",
        help="of emodiffhead (default: what ships); may be repeated, and rows are then named by file",
    )  # fmt: skip
    emotion.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth stretch (default: all)")
    emotion.add_argument("--page", type=Path, metavar="MD", help="write the tables into this file, between its marks")
    emotion.add_argument("--section", default="emotion", metavar="NAME", help="which marks (default: %(default)s)")

    steps = command(evaluate, "steps", steps_command, "how near emodiffhead's takes in few steps come to those in many")
    steps.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    steps.add_argument("motion", type=Path, help="a folder of `mien corpus perform`: that speech performed")
    steps.add_argument("--weights", type=Path, metavar="FILE", help="of emodiffhead (default: what ships)")
    steps.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth stretch (default: all)")
    steps.add_argument("--page", type=Path, metavar="MD", help="write the table into this file, between its marks")

    layouts = command(evaluate, "layouts", layouts_command, "which codes of motion fit long sound")
    layouts.add_argument("motion", type=Path, help="a folder of `mien corpus perform`")
    layouts.add_argument("--weights", type=Path, metavar="FILE", help="of `mien train codec` (default: what ships)")
    layouts.add_argument("--steps", type=int, default=300, help="that each layout is trained for (default: 300)")
    layouts.add_argument("--page", type=Path, metavar="MD", help="write the table into this file, between its marks")

    training = command(evaluate, "training", training_command, "draw the losses of a training of probtalk3d")
    training.add_argument("run", type=Path, help="the folder that `mien train` was given")
    training.add_argument("picture", type=Path, metavar="PNG", help="what to write")


def _refuse_unmarked(page: Path | None, name: str) -> None:
    """A page without the marks is named before anything is measured."""
    if page is not None:
        require_section(page, name)


def _need_pocketsphinx() -> None:
    from mien.evaluation import EvaluationError

    if importlib.util.find_spec("pocketsphinx") is None:
        raise EvaluationError("ears are compared with PocketSphinx, which is not here: pip install pocketsphinx")


def phones_command(asked: argparse.Namespace) -> int:
    """mien evaluate phones: ears compared on the same frames."""
    _refuse_unmarked(asked.page, f"phones {asked.section}")
    _need_pocketsphinx()
    from mien.evaluation import EvaluationError
    from mien.evaluation.cache import Cache
    from mien.evaluation.phones import confusion_plot
    from mien.evaluation.phones import report as page
    from mien.evaluation.phones.evaluate import evaluate, find_synthetic
    from mien.evaluation.phones.recognisers import listeners
    from mien.evaluation.phones.recordings import find_prompts

    recordings = [unit for folder in asked.folders for unit in find_synthetic(folder)]
    if asked.prompts or not asked.folders:
        recordings += find_prompts()
    if asked.language:
        recordings = [each for each in recordings if each.language in asked.language.split(",")]
    ears = listeners(asked.ear)
    if asked.only:
        unknown = set(asked.only.split(",")) - set(ears)
        if unknown:
            raise EvaluationError(f"there is no ear {unknown.pop()!r}; there are {', '.join(ears)}.")
        ears = {name: ears[name] for name in asked.only.split(",")}
    cache = Cache(None) if asked.forget else Cache.of_the_user()
    recordings = recordings[:: max(1, asked.every)]
    with ProgressBar("ears", quiet=asked.json) as progress:
        results = evaluate(recordings, ears, asked.reference, cache, max(1, asked.jobs), progress)
    print(json.dumps(page.as_object(results)) if asked.json else page.for_terminal(results))
    if asked.page:
        write_section(asked.page, f"phones {asked.section}", page.for_page(results))
    if asked.picture:
        confusion_plot.draw(results, asked.picture)
    return 0


def ear_command(asked: argparse.Namespace) -> int:
    """mien evaluate ear: what a change to the network or to what it learns from is worth."""
    _refuse_unmarked(asked.page, f"ear {asked.section}")
    _need_pocketsphinx()
    from mien.evaluation.cache import Cache
    from mien.evaluation.phones import ear_ablations
    from mien.files.markdown import table

    with ProgressBar("trainings", quiet=asked.json) as progress:
        found = ear_ablations.compare(asked.corpus, asked.runs, max(1, asked.jobs), Cache.of_the_user(), progress)
    head, rows = ear_ablations.rows(*found)
    print(json.dumps([dict(zip(head, row, strict=True)) for row in rows]) if asked.json else table(head, rows))
    if asked.page:
        write_section(asked.page, f"ear {asked.section}", table(head, rows))
    return 0


def takes_command(asked: argparse.Namespace) -> int:
    """mien evaluate takes: probtalk3d beside what it has to be better than."""
    _refuse_unmarked(asked.page, "takes")
    from mien.engines.probtalk3d import WEIGHTS
    from mien.evaluation.takes import evaluate as sampling
    from mien.evaluation.takes import report

    weights = asked.weights or WEIGHTS
    with ProgressBar("takes", quiet=asked.json) as progress:
        results = sampling.evaluate(
            asked.corpus, asked.motion, weights, asked.regression, max(1, asked.every), progress
        )
    page = report.for_page(results)
    print(json.dumps(report.as_object(results)) if asked.json else page)
    if asked.page:
        write_section(asked.page, "takes", page)
    if asked.pictures:
        asked.pictures.mkdir(parents=True, exist_ok=True)
        sampling.draw(results, asked.pictures)
        sampling.draw_faces(results, sampling.performing(weights), asked.pictures)
    return 0


def emotion_command(asked: argparse.Namespace) -> int:
    """mien evaluate emotion: engines beside each other."""
    _refuse_unmarked(asked.page, asked.section)
    from mien.evaluation.takes import emotion

    chosen = emotion.engines(asked.engines.split(",") if asked.engines else None, asked.weights)
    with ProgressBar("emotion", quiet=asked.json) as progress:
        results = emotion.evaluate(asked.corpus, asked.motion, chosen, max(1, asked.every), progress)
    page = emotion.for_page(results)
    said = {"emotions": {name: vars(felt) for name, felt in results.felt.items()}}
    said |= {"matched": results.matched}
    said |= {"held": {name: [vars(row) for row in rows] for name, rows in results.held.items()}}
    print(json.dumps(said) if asked.json else page)
    if asked.page:
        write_section(asked.page, asked.section, page)
    return 0


def steps_command(asked: argparse.Namespace) -> int:
    """mien evaluate steps: steps against quality and time."""
    from mien.evaluation.takes import sampling_steps as steps
    from mien.files.markdown import table

    with ProgressBar("steps", quiet=asked.json) as progress:
        rows = steps.evaluate(asked.corpus, asked.motion, asked.weights, max(1, asked.every), progress)
    page = table(steps.HEAD, steps.cells(rows))
    print(json.dumps([vars(row) for row in rows]) if asked.json else page)
    if asked.page:
        write_section(asked.page, "steps", page)
    return 0


def layouts_command(asked: argparse.Namespace) -> int:
    """mien evaluate layouts: codes of one frame, and codes that mix times."""
    _refuse_unmarked(asked.page, "layouts")
    from mien.engines.probtalk3d import WEIGHTS
    from mien.evaluation.takes.codec_layouts import compare_layouts
    from mien.files.markdown import table

    with ProgressBar("layouts", quiet=asked.json) as progress:
        found = compare_layouts(asked.motion, asked.weights or WEIGHTS, max(1, asked.steps), progress)
    head = ("codes", *(f"error at {seconds:g} s, mm" for seconds in found[0].errors), "moved by the window, mm")
    rows = [[each.layout, *(f"{error:.3f}" for error in each.errors.values()), f"{each.moved:.4f}"] for each in found]
    print(json.dumps([vars(each) for each in found]) if asked.json else table(head, rows))
    if asked.page:
        write_section(asked.page, "layouts", table(head, rows))
    return 0


def training_command(asked: argparse.Namespace) -> int:
    """mien evaluate training: the curves of RUN/*.csv."""
    from mien.evaluation.takes.training_curves import draw_training

    draw_training(asked.run, asked.picture)
    print(json.dumps({"picture": str(asked.picture)}) if asked.json else f"The curves are in {asked.picture}.")
    return 0
