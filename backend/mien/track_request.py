# SPDX-License-Identifier: GPL-3.0-or-later
"""TrackRequest: a take of a film as a client asked for it, its JSON, and the key of its result."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from mien.face_tracking.bundle import load_bundle
from mien.face_tracking.choice import FaceChoice
from mien.film_take import TrackOptions
from mien.take import parse_fps
from mien.take_request import code_digest

KIND = "track"


@dataclass(frozen=True)
class TrackRequest:
    """`film`: sha256 of the film's file; `name` for messages; `options` as `film_take` takes them."""

    film: str
    name: str
    options: TrackOptions

    @property
    def sources(self) -> tuple[str, ...]:
        """sha256 of the file that the take is made from."""
        return (self.film,)

    def to_json(self) -> str:
        return json.dumps({"kind": KIND, "film": self.film, "name": self.name} | self._options, sort_keys=True)

    @property
    def _options(self) -> dict[str, object]:
        options = self.options
        return {
            "face": options.choice.number,
            "at": None if options.choice.at is None else list(options.choice.at),
            "neutral": options.neutral,
            "fps": None if options.fps is None else str(options.fps),
            "sound": options.sound,
            "begin": str(options.begin),
            "end": None if options.end is None else str(options.end),
        }

    @classmethod
    def from_json(cls, text: str) -> TrackRequest:
        """As `to_json` wrote it. Raises ValueError, KeyError or TypeError for anything else."""
        fields = json.loads(text)
        at, fps, end = fields["at"], fields["fps"], fields["end"]
        options = TrackOptions(
            choice=FaceChoice(fields["face"], None if at is None else (float(at[0]), float(at[1]))),
            neutral=fields["neutral"],
            fps=None if fps is None else parse_fps(fps),
            sound=fields["sound"],
            begin=Fraction(fields["begin"]),
            end=None if end is None else Fraction(end),
        )
        return cls(fields["film"], fields["name"], options)

    def result_key(self, data_folder: Path) -> str:
        """sha256 over everything that the bytes of the take depend on: the film, its name, the options, this version's
        code and weights, and the networks of the tracker."""
        parts = {"request": self.to_json(), "code": code_digest(), "networks": load_bundle().sha256}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
