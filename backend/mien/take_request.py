# SPDX-License-Identifier: GPL-3.0-or-later
"""TakeRequest: a take as a client asked for it, its JSON, and the key of its result."""

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
from mien.engines.articulation.lips.model import model_digest
from mien.engines.articulation.persona import persona_digest
from mien.files.digest import remembered_sha256
from mien.heads.default import load_head
from mien.heads.flame import FLAME_FOLDER
from mien.take import frame_count, parse_fps

CODE = (".py", ".safetensors")  # files that the bytes of a take depend on
# In the data folder: what takes of FLAME depend on
OWN_FOLDERS = (FLAME_FOLDER, *(info.user_folder for info in engines.ENGINES.values() if info.user_folder))


@dataclass(frozen=True)
class TakeRequest:
    """`sound`: sha256 of the decoded samples (float32, 16 kHz), `samples` of them, `name` for messages; `fps` None is
    the engine's own rate; `head` by name; `reading`: how the file was read, JSON of a `Reading`. `performance`: sha256
    of the file of a take whose `performance_part`, one of `performance.PARTS`, replaces the engine's; "" for none."""

    sound: str
    samples: int
    name: str
    direction: Direction
    engine: str
    fps: Fraction | None = None
    head: str = "mien"
    reading: str = ""
    performance: str = ""
    performance_name: str = ""
    performance_part: str = "nonverbal"

    @property
    def sources(self) -> tuple[str, ...]:
        """sha256 of the files that the take is made from."""
        return (self.sound, self.performance) if self.performance else (self.sound,)

    @property
    def seconds(self) -> float:
        return self.samples / RATE

    @property
    def frames(self) -> int | None:
        """Of the take; None where the rate is left to the engine."""
        return None if self.fps is None else frame_count(Fraction(self.samples, RATE), self.fps)

    @functools.cached_property
    def _direction(self) -> str:
        return self.direction.to_json()

    def to_json(self) -> str:
        fields = asdict(replace(self, direction=None, fps=None))
        return json.dumps(fields | {"direction": self._direction, "fps": self.fps and str(self.fps)})

    @classmethod
    def from_json(cls, text: str) -> TakeRequest:
        """As `to_json` wrote it. Raises DirectionError for what this version does not know any more."""
        fields = json.loads(text)
        fps = fields["fps"] and parse_fps(fields["fps"])
        return cls(**fields | {"direction": Direction.from_json(fields["direction"]), "fps": fps})

    def result_key(self, data_folder: Path) -> str:
        """sha256 over everything that the bytes of the take depend on: the sound, the direction, engine, rate and head,
        this version's code and weights, and the user's own models where they are used."""
        parts = {
            "sound": self.sound,
            "direction": self._direction,
            "engine": self.engine,
            "engine_version": engines.ENGINES[self.engine].version,
            "fps": self.fps and str(self.fps),
            "head": self.head,
            "made_with": code_digest(),
            "default_head": load_head().sha256,
        }
        if self.reading:  # the take's metadata has it
            parts["reading"] = self.reading
        if self.performance:
            parts["performance"] = [self.performance, self.performance_name, self.performance_part]
        if "flame" in (self.head, engines.ENGINES[self.engine].head):
            parts["own"] = own_models(data_folder)
        parts |= learnt_digests(self.direction, data_folder)
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def batch_key(self) -> str:
        """Equal for requests that differ in nothing but the seed, which an engine may make together."""
        return replace(self, name="", direction=self.direction.with_seed(0)).to_json()


@functools.cache
def code_digest() -> str:
    """sha256 of Mien's code and the weights it ships: another version may make another take of the same request."""
    folder = Path(mien.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in CODE):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def learnt_digests(direction: Direction, data_folder: Path) -> dict[str, str]:
    """sha256 of the lips model and the persona that the direction names, which their user may have learnt anew."""
    digests = {}
    if direction.lips_model:
        digests["lips_model"] = model_digest(direction.lips_model, data_folder)
    if direction.persona:
        digests["persona"] = persona_digest(direction.persona, data_folder)
    return digests


def own_models(data_folder: Path) -> str:
    """sha256 of the user's own FLAME and weights, on which takes of FLAME depend."""
    digests = [_digests(data_folder / folder) for folder in OWN_FOLDERS]
    return hashlib.sha256(json.dumps(digests).encode()).hexdigest()


def _digests(folder: Path) -> list[tuple[str, str]]:
    """(name, sha256) of the user's own files in a folder."""
    files = sorted(path for path in folder.glob("*") if path.is_file())
    return [(path.name, remembered_sha256(path)) for path in files]
