# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine `probtalk3d-published`: the network as its authors published it, on the user's own weights and FLAME."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.base import EngineMissing, PerSeed, Progress
from mien.engines.probtalk3d_published import FILE, FOLDER, INFO, LICENCE_NAME
from mien.engines.probtalk3d_published.flame_motion import EXPRESSIONS, FPS, JAW, SHAPES, to_flame
from mien.engines.probtalk3d_published.segments import Segment, cross_faded, segments_of, sound_of, span
from mien.engines.probtalk3d_published.style_labels import IDENTITIES, style
from mien.files.card import card_path
from mien.heads.default import Head
from mien.heads.flame import FLAME_FOLDER, Flame, load_flame
from mien.heads.vertex_motion import principal_shapes
from mien.numeric.random_streams import stream
from mien.settings import Settings
from mien.take import Take, frame_count

if TYPE_CHECKING:
    from mien.engines.probtalk3d_published.network import PublishedNetwork

TEMPERATURE = 0.2  # of the published code, at a direction's temperature of 1
ERROR = 0.0001  # m: no vertex of the basis is further from the posed FLAME


class PublishedProbTalk3D(PerSeed):
    info = INFO

    def load(self, device: str) -> None:
        """'auto' is a GPU, where there is one."""
        if self.info.refusal:
            raise EngineMissing(self.info.refusal)
        import torch

        where = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
        folder = Settings.read().data_folder
        self.network = _network(folder / FOLDER, card_path(folder / FOLDER / FILE).stat().st_mtime_ns, where)

    def generate(
        self, speech: Speech, direction: Direction, progress: Progress, head: Head | Flame | None = None
    ) -> Take:
        """A take at 25 frames a second that moves the vertices of `head`, a FLAME (the user's, of the mean shape, when
        None): a basis, none further than 0.1 mm from where the network poses it. Metadata `published` says which style
        each segment had, and the temperature."""
        flame = head if isinstance(head, Flame) else load_flame(Settings.read().data_folder / FLAME_FOLDER)
        frames = frame_count(speech.duration, Fraction(FPS))
        segments = segments_of(speech.samples, direction)
        clips = _clips(self.network, speech, direction, segments, lambda done: progress(0.8 * done, "generating"))
        motion = cross_faded(clips, [span(speech.samples, segment) for segment in segments], frames)
        progress(0.8, "posing FLAME")
        expression, jaw = flame_parameters(motion, direction)

        def offsets(rows: slice | np.ndarray) -> np.ndarray:
            return flame.vertices(expression[rows], jaw[rows]) - flame.template

        basis, coefficients, error = principal_shapes(offsets, frames, ERROR)
        progress(1.0, "done")
        return Take(
            fps=Fraction(FPS),
            duration=speech.duration,
            head_rotation=np.zeros((frames, 3), np.float32),
            basis=basis,
            coefficients=coefficients,
            meta=_metadata(flame, direction, segments, error),
        )


def flame_parameters(motion: np.ndarray, direction: Direction) -> tuple[np.ndarray, np.ndarray]:
    """(expression (F, 50), jaw (F, 3) radians) of FLAME for scaled motion (F, 53), the jaw as wide as is asked for."""
    flame = to_flame(motion)
    gain = direction.jaw.at(np.arange(len(motion)) / FPS)[:, None]
    return flame[:, SHAPES : SHAPES + EXPRESSIONS], flame[:, -JAW:] * gain


def _clips(
    network: PublishedNetwork, speech: Speech, direction: Direction, segments: list[Segment],
    progress: Callable[[float], None],
) -> list[np.ndarray]:  # fmt: skip
    """Scaled motion (n, 53) of each segment. At a temperature of 0 the nearest codes, whatever the seed."""
    from mien.engines.probtalk3d_published.quantiser import sampling

    temperature = TEMPERATURE * direction.temperature
    choose = sampling(stream(direction.seed, "codes"), temperature) if temperature else None
    clips = []
    for i, segment in enumerate(segments):
        progress(i / len(segments))
        label = style(_speaker(direction), segment.emotion, segment.level)
        clips.append(network.generate(sound_of(speech.samples, segment), label, choose))
    return clips


def _metadata(flame: Flame, direction: Direction, segments: list[Segment], error: float) -> dict[str, str]:
    styles = [
        {"start": segment.begin / FPS, "emotion": segment.emotion, "level": segment.level} for segment in segments
    ]
    published = {
        "speaker": _speaker(direction),
        "passages": styles,
        "temperature": TEMPERATURE * direction.temperature,
    }
    return {
        **flame.take_meta,
        "basis_error_m": f"{error:.3g}",
        "published": json.dumps(published),
        "licence": f"{LICENCE_NAME}; {flame.licence}",
    }


def _speaker(direction: Direction) -> str:
    return IDENTITIES[0] if direction.style == "default" else direction.style


@lru_cache(maxsize=1)
def _network(folder: Path, stamp: int, device: str) -> PublishedNetwork:
    """Kept until another is imported; `stamp` is the time its card was written."""
    from mien.engines.probtalk3d_published.weights import read_weights

    return read_weights(folder).to(device)
