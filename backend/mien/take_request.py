# SPDX-License-Identifier: GPL-3.0-or-later
"""Order: what somebody wants performed, as it is written down, and the address of what must come of it."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path

import mien
from mien import engines
from mien.audio.speech import RATE
from mien.direction import Direction
from mien.engines.probtalk3d_published import FOLDER as PUBLISHED_FOLDER
from mien.heads.default import load_head
from mien.heads.flame import FLAME_FOLDER
from mien.take import frame_count, parse_fps

CODE = (".py", ".safetensors")  # what takes are made with
OWN_FOLDERS = (FLAME_FOLDER, PUBLISHED_FOLDER, Path("engines") / "emodiffhead")  # in the data folder


@dataclass(frozen=True)
class Order:
    """`sound`: sha256 of the samples as they are heard (float32, 16 kHz), `samples` of them, `name` for messages; `fps`
    None is the engine's own rate; `head` by name."""

    sound: str
    samples: int
    name: str
    direction: Direction
    engine: str
    fps: Fraction | None = None
    head: str = "mien"

    @property
    def seconds(self) -> float:
        return self.samples / RATE

    @property
    def frames(self) -> int | None:
        """Of the take; None where its rate is left to the engine."""
        return None if self.fps is None else frame_count(Fraction(self.samples, RATE), self.fps)

    @functools.cached_property
    def _direction(self) -> str:
        return self.direction.to_json()

    def to_json(self) -> str:
        said = asdict(replace(self, direction=None, fps=None))
        return json.dumps(said | {"direction": self._direction, "fps": self.fps and str(self.fps)})

    @classmethod
    def from_json(cls, text: str) -> Order:
        """As `to_json` wrote it. Raises DirectionError for what this version does not know any more."""
        said = json.loads(text)
        fps = said["fps"] and parse_fps(said["fps"])
        return cls(**said | {"direction": Direction.from_json(said["direction"]), "fps": fps})

    def address(self, data_folder: Path) -> str:
        """sha256 over everything that the take's bytes depend on: the sound, the direction, engine, rate and head, this
        version's code and weights, and the user's own models where they are used."""
        parts = {
            "sound": self.sound,
            "direction": self._direction,
            "engine": self.engine,
            "engine_version": engines.ENGINES[self.engine].info.version,
            "fps": self.fps and str(self.fps),
            "head": self.head,
            "made_with": made_with(),
            "default_head": load_head().sha256,
        }
        if "flame" in (self.head, engines.ENGINES[self.engine].info.head):
            parts["own"] = own_models(data_folder)
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def family(self) -> str:
        """Equal for orders that differ in nothing but the seed, which an engine may perform together."""
        return replace(self, name="", direction=self.direction.with_seed(0)).to_json()


@functools.cache
def made_with() -> str:
    """sha256 of Mien's code and the weights it brings: another version's take of the same request may differ."""
    folder = Path(mien.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in CODE):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def own_models(data_folder: Path) -> str:
    """sha256 of the user's own FLAME and weights, which takes of FLAME are made with."""
    own = [_own(data_folder / folder) for folder in OWN_FOLDERS]
    return hashlib.sha256(json.dumps(own).encode()).hexdigest()


def _own(folder: Path) -> list[tuple[str, str]]:
    """(name, sha256) of the user's own files in a folder."""
    files = sorted(path for path in folder.glob("*") if path.is_file())
    return [(path.name, _digest(path, path.stat().st_mtime_ns, path.stat().st_size)) for path in files]


@functools.lru_cache(maxsize=64)
def _digest(path: Path, changed: int, size: int) -> str:
    """sha256 of a file, read anew when it changed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
