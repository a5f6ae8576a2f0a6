# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien landmarks`: the 68 landmarks of a talking face, from a sound, a take or a tracked face, to files."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.cli.films.face_choice import add_face_flags, face_choice
from mien.cli.flags import add_direction_flags, add_identity_flag, direction_inputs, direction_of, frame_rate
from mien.cli.output import Output, OutputRefused, check_outputs, printable
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.engines import kfusion
from mien.settings import Settings

if TYPE_CHECKING:
    from mien.audio.speech import Speech
    from mien.heads.landmark_track import LandmarkTrack
    from mien.landmarks.of_speech import Face

TRACK, TAKE = ".landmarks.safetensors", ".take.safetensors"
SUFFIXES = (".safetensors", ".csv", ".json", ".mp4")
ENGINE = kfusion.INFO.name
READ_TAKE, READ_FACE, READ_LANDMARKS = "mien.take", "mien.track", "mien.landmarks"


@dataclass(frozen=True, eq=False)
class _Landmarks:
    track: LandmarkTrack
    speech: Speech | None
    face: Face


def add_commands(commands) -> None:
    """Add `mien landmarks` to the parser."""
    marks = add_command(commands, "landmarks", landmarks_command, "turn a sound or a take into 68 moving landmarks")
    marks.add_argument(
        "source", type=Path, help="a sound; a take; a tracked face (mien track --landmarks); or landmarks to convert"
    )
    marks.add_argument(
        "-o", "--output", type=Path, action="append", metavar="FILE",
        help=f"may be given several times: {TRACK} (default: the source's name with it), {TAKE} (the landmarks as "
        "channels), .csv, .json, or .mp4, the moving points with the sound",
    )  # fmt: skip
    marks.add_argument("--svg", type=Path, metavar="FOLDER", help="a drawing of each frame, in a new folder")
    marks.add_argument("--fps", type=frame_rate, help="frames a second of a sound or a take (default: 25, the take's)")
    marks.add_argument(
        "--photo", type=Path, metavar="FILE", help="the landmarks of the face in this photo, in its pixels"
    )
    add_face_flags(marks, of="--photo")
    add_identity_flag(marks, "the default head, whose landmarks they are,")
    marks.add_argument(
        "--frame", choices=("eyes", "photo", "head"),
        help="of csv, json, svg and mp4: 2D in distances of the outer eye corners, 2D in the photo's pixels, or the "
        "head's own in mm, 3D, for csv and json (default: photo with --photo, else eyes)",
    )  # fmt: skip
    marks.add_argument("--still", action="store_true", help="leave the head's motion out of csv, json, svg and mp4")
    marks.add_argument("--sound", type=Path, metavar="FILE", help="the sound of an .mp4 that is made from a take")
    add_direction_flags(marks)
    marks.set_defaults(engine=ENGINE)
    marks.add_argument("--limit-seconds", type=float, help="the longest sound that is read (default: 600)")


def landmarks_command(args: argparse.Namespace) -> int:
    """mien landmarks: the track, then every file that is asked for."""
    from mien.export.landmarks.svg import check_folder

    started = time.monotonic()
    default = args.output is None and args.svg is None
    paths = args.output or ([Path(f"{_stem(args.source)}{TRACK}")] if default else [])
    check_outputs(
        [Output(path, _kind(path), SUFFIXES, not default) for path in paths],
        source=args.source, photo=args.photo, sound=args.sound, **direction_inputs(args),
    )  # fmt: skip
    if args.svg is not None:
        check_folder(args.svg)
    if args.photo is not None and args.identity is not None:
        raise OutputRefused("--photo and --identity are two faces; leave one of them out.")
    with ProgressBar("landmarks", quiet=args.json) as progress:
        landmarks = _landmarks_of(args, progress)
    written = _write(landmarks, paths, args)
    warnings = json.loads(landmarks.track.info.get("warnings", "[]"))
    if args.json:
        entry = {
            "written": written,
            "frames": landmarks.track.frames,
            "fps": str(landmarks.track.fps),
            "warnings": warnings,
        }
        print(json.dumps(entry | {"seconds": round(time.monotonic() - started, 3)}))
        return 0
    for path in written:
        print(f"{printable(path)}: {landmarks.track.frames} frames at {landmarks.track.fps} fps")
    for sentence in warnings:
        print(f"mien: {printable(sentence)}", file=sys.stderr)
    return 0


def _landmarks_of(args: argparse.Namespace, progress: Callable[[float, str], None]) -> _Landmarks:
    from mien.audio.speech import read_speech
    from mien.heads.landmark_track import LandmarkError, read_landmarks
    from mien.landmarks.of_speech import speak_landmarks, take_landmarks, with_notes
    from mien.take import read_take

    settings = Settings.read(limit_s=args.limit_seconds)
    kind = _format_of(args.source)
    face = _face(args)
    if kind not in (READ_TAKE, READ_FACE, READ_LANDMARKS):
        direction = direction_of(args)
        speech = read_speech(args.source, limit_s=settings.limit_s)
        return _Landmarks(speak_landmarks(speech, direction, args.engine, args.fps or 25, face, progress), speech, face)
    speech = read_speech(args.sound, limit_s=settings.limit_s) if args.sound else None
    if kind == READ_TAKE:
        from mien.heads.flame import Flame
        from mien.heads.lookup import head_of

        take = read_take(args.source)
        head = head_of(take, settings.data_folder)
        take = take if args.fps is None else take.resample(args.fps)
        return _Landmarks(take_landmarks(take, face, head if isinstance(head, Flame) else None), speech, face)
    if args.fps is not None:
        raise LandmarkError("landmarks keep their rate; --fps goes with a sound or a take.")
    if args.identity is not None:
        raise LandmarkError("these landmarks have a face already; --identity goes with a sound or a take.")
    if kind == READ_FACE:
        from mien.face_tracking.track import read_track
        from mien.landmarks.of_people import landmarks_of_track

        track = landmarks_of_track(read_track(args.source))
    else:
        track = read_landmarks(args.source)
    if face is not None:
        from mien.landmarks.of_people import on_photo

        track = with_notes(on_photo(track, face), face.notes)
    return _Landmarks(track, speech, face)


def _face(args: argparse.Namespace) -> Any:
    """The face of --photo or --identity; None without. Errors of both, in words."""
    if args.photo is not None:
        from mien.landmarks.of_people import photo_face

        return photo_face(args.photo, face_choice(args))
    if args.face_number is not None or args.at is not None:
        from mien.heads.landmark_track import LandmarkError

        raise LandmarkError("--face-number and --at choose a face of --photo; name a photo, too.")
    if args.identity is not None:
        from mien.heads.identity import load_identity

        return load_identity(args.identity)
    return None


def _write(landmarks: _Landmarks, paths: list[Path], args: argparse.Namespace) -> list[str]:
    from mien.export.landmarks.canvas import canvas_of
    from mien.export.landmarks.frame import frame_of
    from mien.export.landmarks.svg import write_svgs
    from mien.export.landmarks.table import csv_text, json_text
    from mien.files.atomic import write_whole
    from mien.heads.landmark_fitting import fit_take
    from mien.heads.landmark_track import write_landmarks
    from mien.take import write_take

    track, frame_name = landmarks.track, args.frame or ""
    canvas = canvas_of(track, frame_name, args.still) if args.svg or any(map(_is_film, paths)) else None
    for path in paths:
        suffix = path.suffix.lower()
        if suffix == ".csv" or suffix == ".json":
            text = (csv_text if suffix == ".csv" else json_text)(track, frame_of(track, frame_name), args.still)
            write_whole(path, text.encode())
        elif canvas is not None and _is_film(path):
            _film(landmarks, canvas, path, args)
        elif path.name.endswith(TAKE):
            write_take(fit_take(track), path)
        else:
            write_landmarks(track, path)
    if args.svg is not None and canvas is not None:
        write_svgs(track, canvas, args.svg)
    return [str(path) for path in [*paths, *([args.svg] if args.svg else [])]]


def _film(landmarks: _Landmarks, canvas: Any, path: Path, args: argparse.Namespace) -> None:
    from mien.export.landmarks.film import write_landmark_film
    from mien.video.provenance import provenance_of
    from mien.video.reader import open_footage

    inputs = {"voice": args.source if args.sound is None else args.sound} if landmarks.speech is not None else {}
    photo = None
    if args.photo is not None:
        inputs["photo"] = args.photo
        photo = next(open_footage(args.photo).pictures()).pixels if canvas.frame.size else None
    seed = landmarks.track.info.get("seed", "")
    provenance = provenance_of(
        "landmarks", inputs, landmarks.track.info.get("engine", ""), int(seed) if seed.isdigit() else None
    )
    with ProgressBar("film", quiet=args.json) as progress:
        write_landmark_film(landmarks.track, canvas, path, landmarks.speech, photo, provenance, progress)


def _format_of(path: Path) -> str:
    """What a safetensors file says that it is; empty for any other file. TensorFileError is left to the reader."""
    from mien.files.safetensors import TensorFileError, read_tensors

    if path.suffix.lower() not in (".safetensors", ".st"):
        return ""
    from mien.heads.landmark_track import LandmarkError

    try:
        found = read_tensors(path)[1].get("format", "")
    except TensorFileError as error:
        raise LandmarkError(str(error)) from None
    if found not in (READ_TAKE, READ_FACE, READ_LANDMARKS):
        raise LandmarkError(
            f"{path.name} is {found!r}; landmarks are made of a sound, of a take, or of a tracked face (mien track "
            "--landmarks)."
        )
    return found


def _is_film(path: Path) -> bool:
    return path.suffix.lower() == ".mp4"


def _kind(path: Path) -> str:
    return "the film" if _is_film(path) else "the landmarks"


def _stem(source: Path) -> str:
    for suffix in (TAKE, TRACK, ".track.safetensors", source.suffix):
        if suffix and source.name.endswith(suffix):
            return source.name.removesuffix(suffix)
    return source.name
