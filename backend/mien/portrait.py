# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH: a photo and a voice become the film of that face saying it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mien.engines import check_film
from mien.engines.base import Progress, no_progress
from mien.engines.staged_progress import StagedProgress
from mien.photo import PortraitRefused
from mien.photo.options import MOTION_MODEL, WARP, PortraitOptions

if TYPE_CHECKING:
    import numpy as np

    from mien.audio.speech import Speech
    from mien.direction import Direction
    from mien.photo.animator import Animator
    from mien.photo.motion import Motion
    from mien.photo.motion_model import MotionModelDrawing
    from mien.take import Take

STAGES = {"photo": 0.05, "voice": 0.3, "drawing": 0.65}  # shares of the work
AROUND_FACE = 0.9  # heights of a face to each side of its middle, which a motion model draws
FEW_PIXELS = 60  # between the eyes, below which a film of the face is no more than a thumbnail


@dataclass(frozen=True)
class PortraitReport:
    """What became of a portrait.

    output: the film; frames: pictures of it; size: (width, height) pixels; fps: pictures a second, exact, as text;
    engine, seed: of the take; faces: how many were found in the photo; notes: sentences for the user; seconds: of work,
    by stage.
    """

    output: str
    frames: int
    size: tuple[int, int]
    fps: str
    engine: str
    seed: int
    faces: int
    notes: tuple[str, ...]
    seconds: dict[str, float]


class Opened(Protocol):
    """A photo that is ready to move: its animator, sentences for the user, and the box of what moves (left, top, right,
    bottom) in pixels."""

    animator: Animator
    notes: tuple[str, ...]
    box: tuple[float, float, float, float]

    def follow(self, take: Take) -> None:
        """The take that moves all but the face."""
        ...

    def pose(self, number: int) -> None:
        """Frame `number` of it is drawn next."""
        ...


class FaceAlone:
    """A photo of which the face moves. PortraitError, VideoError, OpenGLMissing."""

    def __init__(self, pixels: np.ndarray, options: PortraitOptions, name: str) -> None:
        import numpy as np

        from mien.photo.animator import Animator

        self.animator = Animator(pixels, options.face, name)
        self.notes: tuple[str, ...] = ()
        places = self.animator.face.points[:, :2]
        (x, y), half = (places.min(0) + places.max(0)) / 2, AROUND_FACE * float(np.ptp(places[:, 1]))
        self.box = (x - half, y - half, x + half, y + half)

    def follow(self, take: Take) -> None:
        pass

    def pose(self, number: int) -> None:
        pass


def portrait(
    photo: Path,
    voice: Path,
    output: Path,
    options: PortraitOptions | None = None,
    progress: Progress = no_progress,
    cancelled: Callable[[], bool] = lambda: False,
    opened: Callable[[np.ndarray, PortraitOptions, str], Opened] = FaceAlone,
) -> PortraitReport:
    """The face in `photo` speaks `voice`: a film written to `output`, whole or not at all. `opened` makes the photo
    ready, from its pixels, the options and its name.

    `progress(fraction, stage)` may raise Cancelled, as `cancelled()` asks for it; both are called for every picture.
    Raises PortraitError, VideoError, SpeechError, TrackingError, EngineError (EngineMissing where the renderer has no
    weights) or DirectionError in words, ConsentMissing where none is on record for the photo; OSError.
    """
    # here, as the service reads the options alone
    from mien.audio.speech import read_speech
    from mien.files.atomic import atomic_path
    from mien.photo.motion import motion_of
    from mien.photo.reading import read_pixels
    from mien.photo.refinement.refiner import Refiner
    from mien.video.provenance import provenance_of, sign

    options = options or PortraitOptions()
    check_suffix(output, options)
    if options.take is None:
        check_film(options.engine, options.direction)
    inputs = {"photo": photo, "voice": voice}
    inputs |= {name: Path(path) for name in ("take", "pose") if (path := getattr(options, name)) is not None}
    engine = "a take" if options.take else options.engine
    provenance = provenance_of("portrait", inputs, engine, options.direction.seed)
    work = StagedProgress(STAGES, progress, cancelled, f"The {options.MAKES} was stopped; nothing is written.")
    work("photo", 0.0)
    weights = _weights(options)
    pixels, notes = read_pixels(photo, options.size, options.alpha)
    moved = opened(pixels, options, photo.name)
    with moved.animator as animator:
        if options.refine and options.renderer == WARP:
            animator.refine = Refiner(animator)
        notes = (*notes, *_notes(animator), *moved.notes)
        drawing = None if weights is None else _drawing(pixels, moved, weights)
        work("photo", 1.0)
        speech = read_speech(voice)
        take = _take(speech, options, work)
        if options.take is None:  # as nothing was heard in the voice
            notes = (*notes, *json.loads(take.meta.get("warnings", "[]")))
        motion = motion_of(take, animator.head, animator.face.own, options.strength)
        moved.follow(take)
        pictures = _pictures(moved, motion, options, drawing, work)
        with atomic_path(output) as part:
            _write(part, pictures, take, voice, options, output.name)
            notes = notes if drawing is None else (*notes, drawing.note())
            sign(part, replace(provenance, notes=notes), output.name)
    work("drawing", 1.0)
    return PortraitReport(
        output=str(output),
        frames=motion.frames,
        size=(pixels.shape[1], pixels.shape[0]),
        fps=str(take.fps),
        engine=engine,
        seed=options.direction.seed,
        faces=animator.face.faces,
        notes=notes,
        seconds=work.seconds,
    )


def check_suffix(path: Path, options: PortraitOptions) -> None:
    """PortraitRefused where the name does not fit what is written."""
    wanted = options.suffix
    if path.suffix.lower() != wanted:
        raise PortraitRefused(
            f"the {options.MAKES} {'with alpha ' if options.alpha else ''}is written as {wanted}, and {path.name!r} is "
            f"to be something else; name a file that ends in {wanted}."
        )


def _notes(animator: Animator) -> Iterator[str]:
    face = animator.face
    if face.faces > 1:
        yield f"{face.faces} faces were found; one of them speaks, and another can be chosen"
    if face.eye_distance < FEW_PIXELS:
        yield (
            f"there are {face.eye_distance:.0f} pixels between the eyes, too few for teeth and lids to look real; cut "
            "the photo closer, or use a larger one"
        )
    if animator.shows_teeth or animator.folds.any:
        yield (
            f"the photo {'shows teeth' if animator.shows_teeth else 'smiles'}; one with closed lips and a calm face "
            "shows speech better"
        )
    if not animator.cut_out:
        yield "no person could be told from the background, so it moves a little with the head"


def _take(speech: Speech, options: PortraitOptions, work: StagedProgress) -> Take:
    from mien.speak import speak
    from mien.take import read_take

    if options.take is not None:
        return read_take(Path(options.take)).resample(options.fps)
    direction = options.direction if options.pose is None else _posed(options.direction, Path(options.pose))
    return speak(speech, direction, options.engine, fps=options.fps, progress=work.of("voice"))


def _posed(direction: Direction, pose: Path) -> Direction:
    """The direction with the face of a photo, or of the first frame of a take, as the one to match."""
    from mien.film_take import film_take
    from mien.take import read_take

    take = read_take(pose) if pose.suffix == ".safetensors" else film_take(pose).take
    if take.weights is None:
        raise PortraitRefused(f"the pose {pose.name!r} has no channels to match; name a photo or a take with channels.")
    face = {name: float(weight) for name, weight in zip(take.channels, take.weights[0], strict=True) if weight > 0.02}
    return replace(direction, face={name: min(1.0, weight) for name, weight in sorted(face.items())})


def _weights(options: PortraitOptions) -> str | None:
    """The motion model's weights that are to draw; None for the warp. EngineMissing."""
    if options.renderer != MOTION_MODEL:
        return None
    from mien.photo.motion_model import weights_named
    from mien.settings import Settings

    return weights_named(options.weights, options.MAKES, Settings.read().data_folder)


def _drawing(pixels: np.ndarray, moved: Opened, weights: str) -> MotionModelDrawing:
    from mien.photo.motion_model import open_drawing
    from mien.settings import Settings

    return open_drawing(pixels, moved.box, weights, Settings.read().data_folder)


def _pictures(
    moved: Opened, motion: Motion, options: PortraitOptions, drawing: MotionModelDrawing | None, work: StagedProgress
) -> Iterator[np.ndarray]:
    from mien.video.label import draw_label

    def rows() -> Iterator[tuple[np.ndarray, ...]]:
        for number in range(motion.frames):
            work("drawing", number / motion.frames, drawing.left(motion.frames - number) if drawing else "")
            moved.pose(number)
            yield motion.weights[number], motion.head_rotation[number], motion.gaze[number], motion.tongue[number]

    for picture in moved.animator.pictures(rows()):
        picture = drawing(picture) if drawing else picture
        yield draw_label(picture, "portrait") if options.label else picture


def _write(
    part: Path, pictures: Iterator[np.ndarray], take: Take, voice: Path, options: PortraitOptions, name: str
) -> None:
    """The film with the voice at its own rate, from the take's first frame to the end of its last."""
    import numpy as np

    from mien.audio.reader import open_recording
    from mien.photo.alpha_film import write_alpha_film
    from mien.video.writer import write_film

    with voice.open("rb") as file:
        recording = open_recording(file, voice.name)
        samples = np.concatenate([np.zeros(0, np.float32), *recording.blocks])
    length = round(take.frames / Fraction(take.fps) * recording.rate)
    samples = np.pad(samples[:length], (0, max(0, length - len(samples))))
    if options.alpha:
        write_alpha_film(part, pictures, take.fps, samples, recording.rate)
    else:
        write_film(part, pictures, take.fps, samples, recording.rate, name)
