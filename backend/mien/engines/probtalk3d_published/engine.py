# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine `probtalk3d-published`: the network as its authors published it, on the user's own weights and FLAME."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.base import EngineInfo, EngineMissing, Missing, OneByOne, Progress
from mien.engines.probtalk3d_published import FILE, FOLDER, LICENCE, NAME
from mien.engines.probtalk3d_published.flame_motion import EXPRESSIONS, FPS, JAW, SHAPES, to_flame
from mien.engines.probtalk3d_published.segments import Passage, joined, passages, sound_of, span
from mien.engines.probtalk3d_published.style_labels import EMOTIONS, IDENTITIES, style
from mien.files.card import card_path
from mien.heads.flame import FILE as FLAME_FILE
from mien.heads.flame import FLAME_FOLDER, FLAME_NEEDED, FLAME_PAGE, load_flame
from mien.heads.vertex_motion import few_shapes
from mien.numeric.random_streams import stream
from mien.settings import Settings
from mien.take import Take, frame_count

if TYPE_CHECKING:
    from mien.engines.probtalk3d_published.network import Official
    from mien.heads.flame import Flame

PAGE = "https://github.com/uuembodiedsocialai/ProbTalk3D"
WEIGHTS_NEEDED = (
    f"The weights of ProbTalk3D ({LICENCE.name}, not for paid work) are the user's own to bring: download what the "
    f"README of {PAGE} links, unpack it, and run: mien models import FOLDER"
)
TEMPERATURE = 0.2  # of the published code, at a direction's temperature of 1
ERROR = 0.0001  # m: no vertex of the basis is further from the posed FLAME


def missing(data_folder: Path | None = None) -> tuple[Missing, ...]:
    """What the engine lacks here; the folder is the user's unless given."""
    folder = Settings.read().data_folder if data_folder is None else data_folder
    lacks = []
    if find_spec("transformers") is None:
        lacks.append(Missing("It hears through the package transformers: pip install 'mien[hubert]'."))
    if not (folder / FOLDER / FILE).is_file():
        lacks.append(Missing(f"{WEIGHTS_NEEDED}.", PAGE))
    if not (folder / FLAME_FOLDER / FLAME_FILE).is_file():
        lacks.append(Missing(f"{FLAME_NEEDED}.", FLAME_PAGE))
    return tuple(lacks)


class Published(OneByOne):
    """Once loaded, `flame` is the head that it poses, of the mean shape; another person's may be put there."""

    flame: Flame
    info = EngineInfo(
        name=NAME,
        version="1",
        emotions=EMOTIONS,
        styles=("default", *IDENTITIES),
        licence=f"{LICENCE.name}, and FLAME's",
        missing=missing,
        head="flame",
    )

    def load(self, device: str) -> None:
        """'auto' is a GPU, where there is one."""
        if self.info.refusal:
            raise EngineMissing(self.info.refusal)
        import torch

        where = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
        folder = Settings.read().data_folder
        self.flame = load_flame(folder / FLAME_FOLDER)
        self.net = _network(folder / FOLDER, card_path(folder / FOLDER / FILE).stat().st_mtime_ns, where)

    def generate(self, speech: Speech, direction: Direction, progress: Progress) -> Take:
        """A take at 25 frames a second that moves the vertices of `flame`: a basis, none further than 0.1 mm from where
        the network poses it. Metadata `published` says which style each passage had, and the temperature."""
        frames = frame_count(speech.duration, Fraction(FPS))
        parts = passages(speech.samples, direction)
        spoken = _performed(self.net, speech, direction, parts, lambda done: progress(0.8 * done, "performing"))
        motion = joined(spoken, [span(speech.samples, part) for part in parts], frames)
        progress(0.8, "posing FLAME")
        expression, jaw = posed(motion, direction)

        def at(rows: slice | np.ndarray) -> np.ndarray:
            return self.flame.vertices(expression[rows], jaw[rows]) - self.flame.template

        basis, coefficients, error = few_shapes(at, frames, ERROR)
        progress(1.0, "done")
        return Take(
            fps=Fraction(FPS),
            duration=speech.duration,
            head_rotation=np.zeros((frames, 3), np.float32),
            basis=basis,
            coefficients=coefficients,
            meta=_said(self.flame, direction, parts, error),
        )


def posed(motion: np.ndarray, direction: Direction) -> tuple[np.ndarray, np.ndarray]:
    """(expression (F, 50), jaw (F, 3) radians) of FLAME for scaled motion (F, 53), the jaw as wide as is asked for."""
    flame = to_flame(motion)
    gain = direction.jaw.at(np.arange(len(motion)) / FPS)[:, None]
    return flame[:, SHAPES : SHAPES + EXPRESSIONS], flame[:, -JAW:] * gain


def _performed(
    net: Official, speech: Speech, direction: Direction, parts: list[Passage], progress: Callable[[float], None]
) -> list[np.ndarray]:
    """Scaled motion (n, 53) of each passage. At a temperature of 0 the nearest codes, whatever the seed."""
    from mien.engines.probtalk3d_published.quantiser import drawing

    speaker = IDENTITIES[0] if direction.style == "default" else direction.style
    hot = TEMPERATURE * direction.temperature
    choose = drawing(stream(direction.seed, "codes"), hot) if hot else None
    spoken = []
    for number, part in enumerate(parts):
        progress(number / len(parts))
        spoken.append(net.speak(sound_of(speech.samples, part), style(speaker, part.emotion, part.level), choose))
    return spoken


def _said(flame: Flame, direction: Direction, parts: list[Passage], error: float) -> dict[str, str]:
    speaker = IDENTITIES[0] if direction.style == "default" else direction.style
    styles = [{"start": part.begin / FPS, "emotion": part.emotion, "level": part.level} for part in parts]
    used = {"speaker": speaker, "passages": styles, "temperature": TEMPERATURE * direction.temperature}
    return {
        **flame.said,
        "basis_error_m": f"{error:.3g}",
        "published": json.dumps(used),
        "licence": f"{LICENCE.name}; {flame.licence}",
    }


@lru_cache(maxsize=1)
def _network(folder: Path, stamp: int, device: str) -> Official:
    """Kept until others are imported, of which `stamp` tells."""
    from mien.engines.probtalk3d_published.weights import read_weights

    return read_weights(folder).to(device)
