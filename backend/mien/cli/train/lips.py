# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien train lips`: lips of the people in one's own footage."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from mien.cli.flags import step_count
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.files.private_folder import make_private_folder
from mien.settings import Settings

if TYPE_CHECKING:
    from mien.training.lips.train import LipsResult


MOST_FOLDS = 1000


def add_commands(train) -> None:
    """Add `lips` to the commands of `mien train`."""
    lips = add_command(train, "lips", lips_command, "learn the lips of the people in your own footage")
    lips.add_argument(
        "folder", type=Path,
        help="of videos (a folder within it is one speaker's), or of given tracks: audio/NAME.wav, tracks/NAME.npz",
    )  # fmt: skip
    lips.add_argument("-o", "--output", metavar="NAME", help="what it is called (default: as the folder)")
    lips.add_argument("--steps", type=step_count, help="(default: 220)")
    lips.add_argument("--seed", type=int, default=0, help="(default: 0)")
    lips.add_argument(
        "--folds", type=_folds, metavar="N", help="leave out the speakers in N groups (default: each speaker in turn)"
    )


def lips_command(args: argparse.Namespace) -> int:
    """mien train lips: clips, their offsets, networks; a model in the data folder and what it does on speakers that
    were left out."""
    from dataclasses import replace

    from mien.direction import MODEL_NAME
    from mien.engines.articulation.lips.model import FOLDER
    from mien.training.lips import LipsTrainingError, NoSuchFolder
    from mien.training.lips.clips import clips_from_tracks, clips_from_videos
    from mien.training.lips.train import LipsTraining, train_lips

    name = args.output or args.folder.resolve().name
    if not MODEL_NAME.fullmatch(name):
        raise LipsTrainingError(f"{name!r} is no name for a model; give one with -o: letters, digits, dots, dashes.")
    path = Settings.read().data_folder / FOLDER / f"{name}.safetensors"
    config = LipsTraining() if args.steps is None else replace(LipsTraining(), steps=args.steps)
    if not args.folder.is_dir():
        what = "is no folder" if args.folder.exists() else "is not there"
        raise NoSuchFolder(f"{args.folder} {what}; name the folder with your footage.")
    make_private_folder(path.parent.parent)
    with _reserved(path, name), ProgressBar("lips", quiet=args.json) as progress:
        if (args.folder / "tracks").is_dir():
            clips, refused = clips_from_tracks(args.folder), []
        else:
            clips, refused = clips_from_videos(args.folder, progress)
        result = train_lips(clips, path, config, args.seed, progress, args.folds)
    result = replace(result, refused=(*refused, *result.refused))
    print(json.dumps(_as_json(result)) if args.json else in_words(result, name))
    return 0


@contextmanager
def _reserved(path: Path, name: str) -> Iterator[None]:
    """The name of a model, for this process until it is written. LipsTrainingError where it is taken, or another
    process trains one of that name."""
    from mien.training.lips import LipsTrainingError

    path.parent.mkdir(exist_ok=True)
    try:
        with FileLock(path.with_name(f".{name}.lock"), timeout=0):
            if path.exists():
                raise LipsTrainingError(f"there is a lips model {name!r} already ({path}); give another name with -o.")
            yield
    except Timeout:
        raise LipsTrainingError(
            f"another process is training a lips model {name!r}; wait for its end, or give another name with -o."
        ) from None


def _folds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 2 <= int(text[:6]) <= MOST_FOLDS):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of groups from 2 to {MOST_FOLDS}")
    return int(text)


def _as_json(result: LipsResult) -> dict[str, object]:
    return {
        "weights": str(result.path),
        "clips": result.clips,
        "speakers": result.speakers,
        "seconds": round(result.seconds, 1),
        "correlation_on_speakers_left_out": result.left_out,
        "correlation_of_the_statistics_alone": result.statistics,
        "refused": list(result.refused),
    }


def in_words(result: LipsResult, name: str) -> str:
    """What a training came to, for people."""
    aperture = result.statistics[0]
    clips = f"{result.clips} clip{'s' * (result.clips > 1)}"
    speakers = f"{result.speakers} speaker{'s' * (result.speakers > 1)}"
    lines = [*result.refused, f"{clips} of {speakers}, {result.seconds:.0f} s."]
    if result.left_out is None:
        lines.append("With a single speaker nothing is left out to measure it on.")
    else:
        lines.append(
            f"On speakers that were left out its lip aperture follows theirs with r {result.left_out[0]:.3f} "
            f"(width {result.left_out[1]:.3f}, jaw {result.left_out[2]:.3f})."
        )
    lines.append(f"The usual lips, without a model, have {aperture:.3f} on the same clips.")
    if result.left_out is not None and result.left_out[0] <= aperture:
        lines.append("So the model is no better than none: give it more footage, a minute or more of each speaker.")
    lines += [f"The model is {result.path}.", f"Use it: mien speak --lips-model {name}"]
    return "\n".join(lines)
