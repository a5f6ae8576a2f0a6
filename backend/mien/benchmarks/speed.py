# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed and memory of the main jobs, measured side by side in one run, each in a process of its own.

Seconds differ from machine to machine and with what else runs; the ratios beside them differ far less, so those go
into the README.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile

from mien import engines
from mien.audio.speech import RATE, Speech, read_speech
from mien.benchmarks import programs
from mien.benchmarks.measured_process import ROOT, BenchError, figures_of, measured
from mien.files.markdown import table as markdown_table
from mien.files.markdown import write_section

VOICE = ROOT / "tests" / "samples" / "voice" / "sense_and_sensibility.wav"
RULES = "articulation"  # the engine that the others are compared with
HALF_LENGTH = ROOT / "tests" / "samples" / "photo" / "half_length.jpg"
PLAYED_S = 20.0  # seconds of a take that are played in Blender, frame by frame
FILM_S = 4.0  # seconds of it that are drawn, again and again
FILM_SIZE = (1280, 720)
DUB_S = 10
PORTRAIT_SIDE, PORTRAIT_ENGINE = 512, "emodiffhead"
TALK_S, TALK_ENGINE = 10.0, "emodiffhead"
MOTION_MODEL_SIDE = 256


@dataclass(frozen=True)
class Row:
    """One measured job, and the one beside it that it is compared with."""

    what: str
    seconds: float
    megabytes: float  # peak resident memory of the process
    of: str  # what the ratio is of
    ratio: float


def shipped_voice() -> Speech:
    """The recording in the checkout's tests. Raises BenchError where there is no checkout."""
    if not VOICE.is_file():
        raise BenchError("mien bench needs the checkout's tests/samples/voice, which is not here.")
    return read_speech(VOICE)


def measure(length: float, rhubarb: Path | None = None) -> list[dict]:
    """Measure everything on `length` seconds of speech: the shipped voice, repeated. Takes a few minutes.

    `rhubarb`: a folder in which `npm install rhubarb-lip-sync-wasm` was run, to be measured besides.
    """
    voice = shipped_voice()
    if rhubarb and not (rhubarb / "node_modules" / "rhubarb-lip-sync-wasm").is_dir():
        raise BenchError(f"there is no Rhubarb in {rhubarb}; run `npm install rhubarb-lip-sync-wasm` in it first.")
    with tempfile.TemporaryDirectory(prefix="mien-bench-") as folder:
        sound, take = Path(folder) / "speech.wav", Path(folder) / "speech.take.safetensors"
        samples = np.resize(voice.samples, round(length * RATE))
        soundfile.write(sound, samples, RATE, subtype="PCM_16")
        speak = measured(programs.SPEAK, sound, take)
        recognise = measured(programs.RECOGNISE, sound, take)
        decode = measured(programs.ALL_PHONE, sound, take)
        name = f"`mien speak`, {length:g} s of speech, cold start"
        recogniser = f"the phone recogniser alone, {length:g} s of speech, one core, warm"
        rows = [
            Row(name, *speak, "the length of the speech", speak[0] / length),
            Row(name, *speak, "PocketSphinx's own all-phone decoding of it", speak[0] / decode[0]),
            *_takes(sound, take, length),
            Row(recogniser, *recognise, "the length of the speech", recognise[0] / length),
            Row(recogniser, *recognise, "PocketSphinx's own all-phone decoding of it", recognise[0] / decode[0]),
        ]
        if rhubarb:
            cues = figures_of(["node", "--input-type=module", "-e", programs.RHUBARB, str(sound)], rhubarb)
            rows.append(Row(recogniser, *recognise, "Rhubarb Lip Sync (its WebAssembly port)", recognise[0] / cues[0]))
        rows += _tracking(sound, Path(folder) / "film.mp4", take, length)
        rows += _portrait(sound, take, length)
        rows += _talk(sound, take, length)
        rows.append(_motion_model(sound, take))
        rows += _blender(sound, take, length)
        rows.append(_batch(Path(folder) / "batch", voice, length))
    return [asdict(row) for row in rows]


def _takes(sound: Path, take: Path, length: float) -> list[Row]:
    """A take and ten of each engine, on all cores; a line on stderr for an engine that cannot work here."""

    def takes(engine: str, count: int) -> tuple[float, float]:
        return measured(programs.TAKES.format(engine=engine, takes=count), sound, take)

    rows, by_rules = [], takes(RULES, 1)
    for info in (engines.ENGINES[name] for name in engines.NAMES):
        if info.refusal:
            print(f"mien bench: nothing was measured of {info.name}: {info.refusal}", file=sys.stderr)
            continue
        one = (
            by_rules if info.name == RULES else measured(programs.TAKES.format(engine=info.name, takes=1), sound, take)
        )
        ten = measured(programs.TAKES.format(engine=info.name, takes=10), sound, take)
        a_take, ten_takes = (f"{count} of {info.name}, {length:g} s, warm" for count in ("a take", "ten takes"))
        rows.append(Row(a_take, *one, "the length of the speech", one[0] / length))
        if info.name != RULES:
            rows.append(Row(a_take, *one, f"one of {RULES}", one[0] / by_rules[0]))
        rows.append(Row(ten_takes, *ten, "the length of the speech", ten[0] / length))
        rows.append(Row(ten_takes, *ten, "one of them", ten[0] / one[0]))
    return rows


def _tracking(sound: Path, film: Path, take: Path, length: float) -> list[Row]:
    """A film of the speech, tracked, and its beginning dubbed; nothing where none can be drawn. `take` is left as it
    is."""

    def track() -> tuple[float, float]:
        measured(programs.DRAW.format(size=FILM_SIZE, engine=RULES, drawn=round(25 * min(length, FILM_S))), sound, film)
        return measured(programs.TRACK, film, take.with_name("tracked.take.safetensors"))

    name = f"`mien track`, {length:g} s of {FILM_SIZE[1]}p film with sound, cold start"
    rows = _film_rows("tracking", name, length, track)
    return [*rows, *_dub(film, length)] if rows else []


def _dub(film: Path, length: float) -> list[Row]:
    """The beginning of the film, dubbed; nothing where that fails."""
    dubbed = min(length, DUB_S)
    name = f"`mien dub`, {dubbed:g} s of {FILM_SIZE[1]}p film, cold start"
    program = programs.DUB.format(engine=engines.DEFAULT, end=dubbed)
    return _film_rows("dubs", name, dubbed, lambda: measured(program, film, film.with_name("dubbed.mp4")))


def _portrait(sound: Path, take: Path, length: float) -> list[Row]:
    """A photo that speaks; nothing where none can be drawn. `take` is left as it is."""
    name = f"a portrait, {length:g} s of {PORTRAIT_SIDE} x {PORTRAIT_SIDE} pixels, cold start"
    program = programs.PORTRAIT.format(side=PORTRAIT_SIDE, engine=PORTRAIT_ENGINE)
    return _film_rows("portraits", name, length, lambda: measured(program, sound, take.with_name("portrait.mp4")))


def _talk(sound: Path, take: Path, length: float) -> list[Row]:
    """A half-length picture that talks; nothing where none can be drawn. `take` is left as it is."""
    spoken = min(length, TALK_S)
    name = f"a talk, {spoken:g} s of 512 x 512 pixels, cold start"
    program = programs.TALK.format(photo=HALF_LENGTH.as_posix(), seconds=spoken, engine=TALK_ENGINE)
    return _film_rows("talks", name, spoken, lambda: measured(program, sound, take.with_name("talk.mp4")))


def _motion_model(sound: Path, take: Path) -> Row:
    """A frame by the networks of the Thin-Plate-Spline motion model, on the processor."""
    frame = measured(programs.MOTION_MODEL.format(side=MOTION_MODEL_SIDE), sound, take)
    side = f"{MOTION_MODEL_SIDE} x {MOTION_MODEL_SIDE} pixels"
    return Row(f"a frame of the motion model (tps), {side}, warm", *frame, "a frame at 25 a second", 25 * frame[0])


def _film_rows(subject: str, name: str, length: float, make: Callable[[], tuple[float, float]]) -> list[Row]:
    """A row of what `make` measures of a film of so many seconds; none, said on stderr, where it cannot."""
    try:
        figures = make()
    except BenchError as error:
        print(f"mien bench: nothing was measured of {subject}: {error}", file=sys.stderr)
        return []
    return [Row(name, *figures, "the length of the film", figures[0] / length)]


def _blender(sound: Path, take: Path, length: float) -> list[Row]:
    """The same take put on the head in Blender's module; nothing where that is not installed."""
    try:
        apply = measured(programs.BLENDER.format(body=programs.APPLY), sound, take)
        insert = measured(programs.BLENDER.format(body=programs.INSERT), sound, take)
        frames = round(25 * min(length, PLAYED_S))
        played, shapes = (
            measured(programs.BLENDER.format(body=body.format(frames=frames)), sound, take)
            for body in (programs.PLAYED, programs.SHAPES)
        )
    except BenchError as error:
        print(f"mien bench: nothing was measured in Blender: {error}", file=sys.stderr)
        return []
    name = f"the take of {length:g} s put on the head in Blender"
    play = f"{frames / 25:g} s of it played, every frame shown"
    return [
        Row(name, *apply, "the length of the speech", apply[0] / length),
        Row(name, *apply, "`keyframe_insert`, key by key", apply[0] / insert[0]),
        Row(play, *played, "what is played, at 25 frames a second", played[0] * 25 / frames),
        Row(play, *played, "46 shapes with a curve each, played", played[0] / shapes[0]),
    ]


def _batch(folder: Path, voice: Speech, length: float) -> Row:
    """Several processes at many lines, beside one."""
    from mien.benchmarks import batches

    speed = batches.measure(folder, voice.samples, RULES, min(batches.LINES, round(4 * length)))
    name = f"`mien batch --jobs {speed.several.jobs}`, {speed.lines} lines of 2 to 6 s"
    return Row(
        name, speed.several.seconds, speed.several.megabytes, "half the time of `--jobs 1`", 1 / speed.efficiency
    )


def table(rows: list[dict]) -> str:
    """For the terminal: seconds, memory and ratios."""
    lines = [f"{'seconds':>8} {'peak MB':>8} {'ratio':>7}"]
    for row in rows:
        figures = f"{row['seconds']:8.2f} {row['megabytes']:8.0f} {row['ratio']:7.3f}"
        lines.append(f"{figures}  {row['what']}, of {row['of']}")
    return "\n".join(lines)


def write_into(readme: Path, rows: list[dict]) -> None:
    """Put the ratios between the bench marks of a Markdown file. MarkError where it has none."""
    cells = [[r["what"], r["of"], f"{r['ratio']:.3f}", f"{r['megabytes']:.0f} MB"] for r in rows]
    write_section(readme, "bench", markdown_table(["time of", "as a share of", "ratio", "peak memory"], cells))
