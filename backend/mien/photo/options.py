# SPDX-License-Identifier: GPL-3.0-or-later
"""PortraitOptions: what is asked of a photo that speaks, as a value and as JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from mien.direction import Direction
from mien.engines.film_options import FilmOptions, read_direction, read_face, read_flag
from mien.errors import shortened
from mien.face_tracking.choice import FaceChoice
from mien.photo import PortraitRefused
from mien.take import TakeError, parse_fps

DEFAULT_ENGINE = "emodiffhead"
FPS_LEAST, FPS_MOST = 24, 60
SIZE_LEAST, SIZE_MOST = 64, 4096  # pixels of the longer side
DEFAULT_LONGEST = 1920  # pixels of the longer side of a film whose size nobody asked for
AMOUNT_TOP = 2.0
WARP, MOTION_MODEL = "warp", "tps"
RENDERERS = (WARP, MOTION_MODEL)


@dataclass(frozen=True)
class PortraitOptions(FilmOptions):
    """All of a portrait but its files.

    engine: whose take moves the face; direction: emotions, intensity, keys, seed, transcript, and the amounts of head,
    blinks, gaze and brows, as for a take. take: the path of a take that moves the face in the place of the engine's;
    pose: the path of a photo or of a take whose (first) face is matched, as `direction.face` is. strength: of all that
    the face does about its rest, 0..2. size: pixels of the film's longer side; None for the photo's own, at most
    DEFAULT_LONGEST. fps: pictures a second, 24 to 60. alpha: keep the photo's transparency; the film is then a .mov.
    face: which face of the photo. label: whether a visible line says that the film was made with Mien. renderer: one of
    RENDERERS, Mien's own or the motion model whose weights the user imported; weights: the name of those, None for the
    ones that fit best. refine: whether Mien's own pictures are refined by the network of photo/refinement.
    """

    MAKES, REFUSED = "portrait", PortraitRefused

    engine: str = DEFAULT_ENGINE
    direction: Direction = Direction.from_user({})
    take: str | None = None
    pose: str | None = None
    strength: float = 1.0
    size: int | None = None
    fps: Fraction = Fraction(25)
    alpha: bool = False
    face: FaceChoice = field(default_factory=FaceChoice)
    label: bool = False
    renderer: str = WARP
    weights: str | None = None
    refine: bool = True

    @property
    def suffix(self) -> str:
        """Of the film's file: another than ".mp4" for what MP4 cannot hold."""
        return ".mov" if self.alpha else ".mp4"

    def __post_init__(self) -> None:
        """The checks of `from_json`, and PortraitRefused for values that do not go together."""
        super().__post_init__()
        if self.take is not None and self.pose is not None:
            raise PortraitRefused("the portrait asks for a take and for a pose to match; a take has its own poses.")
        if self.alpha and self.renderer == MOTION_MODEL:
            raise PortraitRefused("the motion model draws no alpha; leave it out, or take the renderer warp.")
        if self.weights is not None and self.renderer != MOTION_MODEL:
            raise PortraitRefused(f"weights are those of the renderer {MOTION_MODEL}; ask for that, or for no weights.")


def _amount(name: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= AMOUNT_TOP:
        raise PortraitRefused(f"{name} is {shortened(value)}; expected a number from 0 to {AMOUNT_TOP:g}, 1 as it is.")
    return float(value) + 0.0


def _engine(name: str, value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > 64:
        raise PortraitRefused(f"{name} is {shortened(value)}; expected the name of an engine.")
    return value


def _renderer(name: str, value: object) -> str:
    if not isinstance(value, str) or value not in RENDERERS:
        raise PortraitRefused(f"{name} is {shortened(value)}; expected one of {', '.join(RENDERERS)}.")
    return value


def _weights(name: str, value: object) -> str | None:
    if value is not None and (not isinstance(value, str) or not re.fullmatch("[a-z0-9-]{1,64}", value)):
        raise PortraitRefused(f"{name} are {shortened(value)}; expected the name of imported weights, like vox.")
    return value


def _path(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value or len(value) > 4096:
        raise PortraitRefused(f"{name} is {shortened(value)}; expected the path of a file.")
    return value


def _size(name: str, value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not SIZE_LEAST <= value <= SIZE_MOST:
        raise PortraitRefused(
            f"{name} is {shortened(value)}; expected pixels of the longer side, from {SIZE_LEAST} to {SIZE_MOST}."
        )
    return value


def _fps(name: str, value: Any) -> Fraction:
    try:
        if isinstance(value, bool):
            raise TakeError("a truth value is no rate.")
        fps = parse_fps(value if isinstance(value, Fraction | int) else str(value))
    except (TakeError, ValueError, TypeError):
        fps = Fraction(0)
    if not FPS_LEAST * Fraction(1000, 1001) <= fps <= FPS_MOST:  # 23.976, too
        found = value if isinstance(value, Fraction) else shortened(value)
        raise PortraitRefused(
            f"{name} is {found}; expected {FPS_LEAST} to {FPS_MOST} pictures a second, like 30000/1001."
        )
    return fps


PortraitOptions.READERS = {
    "engine": _engine,
    "direction": read_direction,
    "take": _path,
    "pose": _path,
    "strength": _amount,
    "size": _size,
    "fps": _fps,
    "alpha": read_flag(PortraitRefused),
    "face": read_face,
    "label": read_flag(PortraitRefused),
    "renderer": _renderer,
    "weights": _weights,
    "refine": read_flag(PortraitRefused),
}
