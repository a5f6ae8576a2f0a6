# SPDX-License-Identifier: GPL-3.0-or-later
"""A take on the default head with its sound: a film to look at before anything is put into a scene."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from mien.audio.speech import Speech
from mien.files.atomic import atomic_path
from mien.heads.default import Head, load_head
from mien.heads.identity import Identity
from mien.preview.scene import Scene
from mien.take import Take
from mien.video import VideoError
from mien.video.writer import write_film

SIZE = (512, 512)  # pixels, width and height
RATE = 16000  # Hz of every Speech
BLOCK = 50  # frames whose vertices are held at a time: 2.7 MB
STAGE = "preview"  # as `progress` names it

Progress = Callable[[float, str], None]


def render_preview(
    take: Take,
    speech: Speech | None,
    path: Path,
    size: tuple[int, int] = SIZE,
    progress: Progress = lambda fraction, stage: None,
    identity: Identity | None = None,
) -> None:
    """Writes the film of `take`, on the default head or an identity of it, with the sound of `speech` to the mp4 at
    `path`, at the take's own frame rate.

    The film begins with the take's first frame and has all its frames; the sound is the part of the speech from
    there on. `progress(fraction, "preview")` may raise to cancel; then, and on any failure, `path` is as it was.
    Raises VideoError, or the head's own error for a take that was made for another head.
    """

    def pictures() -> Iterator[np.ndarray]:
        for number, (vertices, weights) in enumerate(_faces(take, head=scene.head)):
            progress(number / take.frames, STAGE)
            yield scene.picture(vertices, weights)
        progress(1.0, STAGE)

    with Scene(size, identity=identity) as scene:
        write_film(path, pictures(), take.fps, None if speech is None else _sound(take, speech), RATE)


def contact_sheet(
    frames: Sequence[tuple[Take, int]], path: Path, columns: int = 4, size: tuple[int, int] = SIZE
) -> None:
    """Writes (take, frame) pairs side by side, `columns` to a row, to one picture; `size` is that of each."""
    if not frames or columns < 1:
        raise VideoError(f"A sheet needs frames and columns; {len(frames)} and {columns} were given.")
    for take, frame in frames:
        if not 0 <= frame < take.frames:
            raise VideoError(f"The take has frames 0 to {take.frames - 1}; frame {frame} was asked for.")
    columns = min(columns, len(frames))
    sheet = Image.new("RGB", (columns * size[0], -(-len(frames) // columns) * size[1]), (24, 25, 27))
    with Scene(size) as scene:
        for place, (take, frame) in enumerate(frames):
            picture = Image.fromarray(scene.picture(*next(_faces(take, frame, frame + 1))))
            sheet.paste(picture, (place % columns * size[0], place // columns * size[1]))
    try:
        with atomic_path(Path(path)) as part:
            sheet.save(part)
    except (OSError, ValueError) as error:  # ValueError: an ending Pillow does not know
        raise VideoError(f"The picture {Path(path).name!r} could not be written: {error}.") from error


def _faces(
    take: Take, first: int = 0, end: int | None = None, head: Head | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """(V, 3) metres and, of a take of channels, the weights (C,) in the head's order for each frame.

    A block at a time, so that a long take needs no more memory than a short one.
    """
    head = head or load_head()
    end = take.frames if end is None else end
    for start in range(first, end, BLOCK):
        part = _cut(take, start, min(start + BLOCK, end))
        weights: list[np.ndarray | None] = [None] * part.frames
        if part.weights is not None:
            ordered = np.zeros((part.frames, len(head.channels)), np.float32)
            ordered[:, head.order(part.channels)] = part.weights
            weights = list(ordered)
        yield from zip(head.vertices + head.offsets(part), weights, strict=True)


def _cut(take: Take, first: int, end: int) -> Take:
    """Frames `first` to `end` of a take, as a take of its own from time 0."""
    names = ("weights", "head_rotation", "gaze", "coefficients", "offsets", "tongue")
    parts = {name: getattr(take, name)[first:end] for name in names if getattr(take, name) is not None}
    return replace(take, start=0.0, duration=(end - first) / Fraction(take.fps), **parts)


def _sound(take: Take, speech: Speech) -> np.ndarray:
    """(N,) float32: the speech from the take's first frame to the end of its last, silence before the speech."""
    begin, end = round(take.start * RATE), round(take.start * RATE + take.frames / take.fps * RATE)
    silence = np.zeros(max(0, min(-begin, end - begin)), np.float32)
    return np.concatenate([silence, speech.recorded[max(0, begin) : max(0, end)]])
