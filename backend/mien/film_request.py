# SPDX-License-Identifier: GPL-3.0-or-later
"""FilmRequest: a dub, a portrait or a talk as a client asked for it, its JSON, and the key of its result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mien.body_tracking.networks import networks_digest
from mien.engines import check_film
from mien.engines.base import Progress, no_progress
from mien.engines.diffted.published.tps import weights_in
from mien.engines.personatalk.options import DubOptions
from mien.errors import USAGE, MienError
from mien.face_tracking.bundle import load_bundle
from mien.files.card import card_path
from mien.photo.body.options import TalkOptions
from mien.photo.options import WARP, PortraitOptions
from mien.take_request import code_digest, learnt_digests, own_models
from mien.video.consent import Consent

KIND = "film"
MAKES = {"dub": "video", "portrait": "photo", "talk": "photo"}  # what is made, of what

Options = DubOptions | PortraitOptions


class FilmRefused(MienError, ValueError):
    """The film cannot be asked for; the message says why."""

    exit_status = USAGE


@dataclass(frozen=True)
class FilmRequest:
    """make: one of MAKES; shown: sha256 of the video or photo, with its file name; voice: that of the sound; options:
    as `dub`, `portrait` or `talk` takes them; consent: of the person who is shown."""

    make: str
    shown: str
    shown_name: str
    voice: str
    voice_name: str
    options: Options
    consent: Consent

    @property
    def name(self) -> str:
        """For messages."""
        return self.shown_name

    @property
    def sources(self) -> tuple[str, ...]:
        """sha256 of the files that the film is made from."""
        return self.shown, self.voice

    @property
    def suffix(self) -> str:
        """Of the film's file."""
        return self.options.suffix

    def to_json(self) -> str:
        fields = {
            "kind": KIND,
            "make": self.make,
            "shown": self.shown,
            "shown_name": self.shown_name,
            "voice": self.voice,
            "voice_name": self.voice_name,
            "options": json.loads(self.options.to_json()),
            "consent": [self.consent.statement, self.consent.recorded, self.consent.through],
        }
        return json.dumps(fields, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> FilmRequest:
        """As `to_json` wrote it. Raises ValueError, KeyError or TypeError for anything else."""
        fields = json.loads(text)
        return cls(
            fields["make"],
            fields["shown"],
            fields["shown_name"],
            fields["voice"],
            fields["voice_name"],
            read_options(fields["make"], fields["options"]),
            Consent(*fields["consent"]),
        )

    def result_key(self, data_folder: Path) -> str:
        """sha256 over everything that the film depends on: the files, the options, the consent that is written into it,
        this version's code and weights, the networks of the tracker, and the user's own models."""
        parts = {
            "request": self.to_json(),
            "code": code_digest(),
            "networks": load_bundle().sha256 + (networks_digest() if self.make == "talk" else ""),
            "own": own_models(data_folder),
            "learnt": learnt_digests(self.options.direction, data_folder),
            "drawing": self._drawing(data_folder),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _drawing(self, data_folder: Path) -> str:
        """sha256 of the names and sha256 of the motion models that may draw it; "" where none does."""
        if getattr(self.options, "renderer", WARP) == WARP:
            return ""
        cards = {path.name: card_path(path) for path in weights_in(data_folder)}
        cards = {name: card.read_text("utf-8") for name, card in cards.items() if card.is_file()}
        return hashlib.sha256(json.dumps(cards, sort_keys=True).encode()).hexdigest()


def make_film(request: FilmRequest, shown: Path, voice: Path, output: Path, progress: Progress = no_progress) -> None:
    """The film of a request, of these files, into `output`. Errors as of `dub`, `portrait` or `talk`."""
    match request.options:
        case DubOptions() as options:
            from mien.dub import dub

            dub(shown, voice, output, options, progress)
        case TalkOptions() as options:
            from mien.talk import talk

            talk(shown, voice, output, options, progress)
        case options:
            from mien.portrait import portrait

            portrait(shown, voice, output, options, progress)


def read_options(make: str, source: str | bytes | Mapping) -> Options:
    """The options of a film from their JSON. Raises FilmRefused for an unknown `make` and for options that name a file
    of this machine; else what `from_json` of the options and `check_film` of their engine raise, in words."""
    if make == "dub":
        options = DubOptions.from_json(source)
        check_film(options.engine, options.direction)
        return options
    if make in ("portrait", "talk"):
        options = (TalkOptions if make == "talk" else PortraitOptions).from_json(source)
        named = "take" if options.take is not None else "pose" if options.pose is not None else None
    else:
        raise FilmRefused(f"there is no film {make[:40]!r} to make; expected {', '.join(MAKES)}.")
    if named:
        raise FilmRefused(
            f"the options name a file for {named!r}, and a backend opens no file that a client names; leave it out, or "
            f"make the film on this machine with mien {make}."
        )
    check_film(options.engine, options.direction)
    return options
