# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate phones`: phone recognisers compared on the same frames."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

from mien.cli.evaluate.command import add_page_flag, check_page, print_result
from mien.cli.flags import add_jobs_flag
from mien.cli.output import DRAWING, Output, check_outputs
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar

REFERENCE = "pocketsphinx"


def add_commands(evaluate) -> None:
    """Add `phones` to the commands of `mien evaluate`."""
    command = add_command(
        evaluate, "phones", phones_command, "how well phone recognisers name mouth shapes in speech of known text"
    )
    command.add_argument(
        "folders", type=Path, nargs="*", metavar="FOLDER",
        help="of `mien corpus build`, in place of the recorded prompts of Debian's packages",
    )  # fmt: skip
    command.add_argument("--prompts", action="store_true", help="the recorded prompts too, where folders are given")
    command.add_argument("--language", metavar="CODE,...", help="only these (default: all)")
    command.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth recording (default: all)")
    command.add_argument(
        "--weights",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="weights of one more phone recogniser; may be repeated",
    )
    command.add_argument("--only", metavar="NAME,...", help="only these recognisers, by name")
    command.add_argument(
        "--reference", default=REFERENCE, metavar="NAME", help="the recogniser that aligns texts (default: %(default)s)"
    )
    add_jobs_flag(command)
    command.add_argument("--forget", action="store_true", help="keep nothing, and use nothing that was kept")
    add_page_flag(command, "prompts")
    command.add_argument("--picture", type=Path, metavar="PNG", help="draw which shape is taken for which")


def phones_command(args: argparse.Namespace) -> int:
    """mien evaluate phones: phone recognisers compared on the same frames."""
    check_page(args, f"phones {args.section}")
    if args.picture:
        check_outputs([Output(args.picture, "the picture", DRAWING)])
    need_pocketsphinx()
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
    print_result(
        args, f"phones {args.section}", page.as_object(results), page.for_page(results), page.for_terminal(results)
    )
    if args.picture:
        confusion_plot.draw(results, args.picture)
    return 0


def need_pocketsphinx() -> None:
    """EvaluationError where what phone recognisers are compared with is not installed."""
    from mien.evaluation import EvaluationError

    if importlib.util.find_spec("pocketsphinx") is None:
        raise EvaluationError(
            "phone recognisers are compared with PocketSphinx, which is not here: pip install pocketsphinx"
        )
