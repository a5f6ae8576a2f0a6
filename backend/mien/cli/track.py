# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien track`: the performance of a face in a film to a take file."""

from __future__ import annotations

import argparse
import json
import re
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.cli.films.face_choice import add_face_flags, face_choice
from mien.cli.flags import frame_rate
from mien.cli.output import FILM, TENSORS, Output, check_outputs, printable
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.settings import Settings

if TYPE_CHECKING:
    from mien.face_tracking.track import FaceTrack
    from mien.film_take import FilmTake
    from mien.video.footage import Footage

TAKE, TRACK = ".take.safetensors", ".track.safetensors"
LINES = 8  # of gaps that are listed one by one


def add_commands(commands) -> None:
    """Add `mien track` to the parser."""
    track = add_command(commands, "track", track_command, "turn a film of a face into a take")
    track.add_argument("video", type=Path, help="mp4, mov, mkv, webm and what else FFmpeg reads; or a photo")
    track.add_argument("-o", "--output", type=Path, help=f"the take file (default: the film's name with {TAKE})")
    track.add_argument("--fps", type=frame_rate, help="frames a second of the take (default: as the film)")
    add_face_flags(track, "--face")
    track.add_argument(
        "--neutral", type=_neutral, metavar="FRAME",
        help="the frame, counted from 0, or the second (as 2.5s) with the resting face that looks straight ahead "
        "(default: the calmest frames, and the mean direction)",
    )  # fmt: skip
    track.add_argument(
        "--as-seen", action="store_true",
        help="leave the lips as the camera saw them (default: they also meet at a p, b or m of the film's sound that "
        "it missed)",
    )  # fmt: skip
    track.add_argument("--begin", type=_second, default="0", metavar="S", help="from this second of the film on")
    track.add_argument("--end", type=_second, metavar="S", help="up to this second of the film")
    track.add_argument("--limit-seconds", type=float, help="the longest film that is read (default: 600)")
    track.add_argument(
        "--landmarks", action="store_true", help=f"write the 478 landmarks, too, with {TRACK} beside the take"
    )
    track.add_argument("--draw", type=Path, metavar="MP4", help="also write the film with the landmarks over it")


def track_command(args: argparse.Namespace) -> int:
    """mien track: film -> track -> take; then the landmarks and the drawn film where they are asked for."""
    from mien.face_tracking.track import write_track
    from mien.film_take import TrackOptions, film_take
    from mien.take import write_take

    started = time.monotonic()
    choice = face_choice(args)
    output = args.output or Path()
    if output.is_dir():
        output /= f"{args.video.stem}{TAKE}"
    landmarks = output.with_name(output.name.removesuffix(TAKE).removesuffix(".safetensors") + TRACK)
    named = args.output is not None
    outputs = [Output(output, "the take", TENSORS, named)]
    outputs += [Output(landmarks, "the landmarks", TENSORS, named)] if args.landmarks else []
    outputs += [Output(args.draw, "the drawn film", FILM)] if args.draw else []
    check_outputs(outputs, film=args.video)
    options = TrackOptions(choice, args.neutral, args.fps, not args.as_seen, args.begin, args.end)
    limit_s = Settings.read(limit_s=args.limit_seconds).limit_s
    with ProgressBar("track", quiet=args.json) as progress:
        made = film_take(args.video, options, limit_s=limit_s, progress=progress)
    write_take(made.take, output)
    if args.landmarks:
        write_track(made.track, landmarks)
    if args.draw:
        _draw(made.track, made.footage, args.video, args.draw, args.json)
    report = _report(made, [each.path for each in outputs], round(time.monotonic() - started, 3))
    print(json.dumps(report) if args.json else "\n".join(map(printable, _lines(made.track, report))))
    return 0


def _draw(track: FaceTrack, footage: Footage, video: Path, path: Path, quiet: bool) -> None:
    from mien.audio.speech import RATE, SpeechError, read_speech
    from mien.face_tracking.drawing import drawn_pictures
    from mien.video.writer import write_film

    samples = None
    if footage.has_sound:
        try:
            samples = read_speech(video).samples[round(float(footage.start) * RATE) :]
        except SpeechError as error:
            print(printable(f"{path}: without sound. {error}"))
    with ProgressBar("draw", quiet=quiet) as progress:
        pictures = drawn_pictures(track, footage, lambda fraction: progress(fraction, "drawing"))
        write_film(path, pictures, track.rate, samples, RATE)


def _report(made: FilmTake, targets: list[Path], seconds: float) -> dict[str, Any]:
    track, take = made.track, made.take
    return {
        "written": [str(path) for path in targets],
        "frames": take.frames,
        "fps": str(take.fps),
        "pictures": track.frames,
        "without_face": [[float(begin), float(end)] for begin, end in track.gaps()],
        "cuts": [float(cut) for cut in track.cuts()],
        "neutral": json.loads(take.meta["calibration"])["neutral"],
        "closures": json.loads(take.meta.get("closures", "null")),
        "missing_channels": json.loads(take.meta["missing_channels"]),
        "notes": json.loads(track.meta["notes"]),
        "seconds": seconds,
    }


def _lines(track: FaceTrack, report: dict[str, Any]) -> list[str]:
    written, closures = report["written"], report["closures"]
    lines = [f"{written[0]}: {report['frames']} frames at {report['fps']} fps; neutral: {report['neutral']}"]
    lines += [f"{path}: written" for path in written[1:]]
    if closures is not None:
        lines.append(
            f"p, b, m: {closures['in_sound']} in the sound, {closures['seen']} seen; lips closed at "
            f"{closures['repaired']} more"
        )
    gaps = track.gaps()
    lines += [f"no face between {float(begin):.2f} s and {float(end):.2f} s" for begin, end in gaps[:LINES]]
    if len(gaps) > LINES:
        rest = sum(float(end - begin) for begin, end in gaps[LINES:])
        lines.append(f"and no face {len(gaps) - LINES} times more, {rest:.2f} s in all")
    if cuts := track.cuts():
        times = ", ".join(f"{float(cut):.2f}" for cut in cuts[:LINES])
        lines.append(f"{len(cuts)} cut{'s' * (len(cuts) > 1)}, at {times} s{' and on' * (len(cuts) > LINES)}")
    lines += report["notes"]
    lines.append(f"not tracked, and 0 in the take: {', '.join(report['missing_channels'])}")
    return lines


def _neutral(text: str) -> int | float:
    """A whole number is a picture, a number with an s seconds."""
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?s", text):
        return float(text[:-1])
    raise argparse.ArgumentTypeError(f"{text!r} is neither a frame's number, as 60, nor a time, as 2.5s")


def _second(text: str) -> Fraction:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, as 12.5")
    return Fraction(text)
