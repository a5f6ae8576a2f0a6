# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backend says of itself: read from the reply of /v1/info, and kept as text in the preferences."""

import json
from dataclasses import asdict, dataclass, field

from .errors import ClientError


@dataclass(frozen=True)
class MissingPart:
    """A file or package that an engine lacks: a sentence, and the page where to get it, or ''."""

    sentence: str
    page: str = ""


@dataclass(frozen=True)
class EngineInfo:
    """An engine in /v1/info."""

    name: str
    version: str = ""
    emotions: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    licence: str = ""
    missing: tuple[MissingPart, ...] = ()  # it cannot work without them
    follows: tuple[str, ...] = ()  # the optional fields of a direction that it supports
    head: str = ""  # the head that it moves, 'mien' or 'flame'


@dataclass(frozen=True)
class BackendInfo:
    """The answer of /v1/info; the panel keeps it so that it can draw while no backend answers."""

    address: str
    version: str
    device: str
    engines: tuple[EngineInfo, ...]
    default_engine: str
    limits: dict[str, float] = field(default_factory=dict)  # name -> seconds of sound, bytes of a file
    made_with: str = ""  # hash of its code and weights, on which the bytes of takes depend
    own_models: str = ""  # hash of the user's own FLAME and weights, on which takes of FLAME depend
    tracks: bool = False  # whether it makes takes of films
    films: bool = False  # whether it makes dubs and portraits
    personas: tuple[str, ...] = ()  # of its user, by name: `mien learn`
    lips_models: tuple[str, ...] = ()  # and `mien train lips`
    learnt: tuple[tuple[str, str], ...] = ()  # ('persona/ada', sha256) of each of these
    performances: bool = False  # whether a take takes its non-verbal motion or its lips of a recorded one
    suggests_emotions: bool = False  # whether it says what a voice suggests


def info_from_reply(reply: dict, address: str) -> BackendInfo:
    """The info of the JSON of /v1/info. ClientError where it does not say which engines there are."""
    try:
        engines = tuple(
            EngineInfo(
                name=str(engine["name"]),
                version=str(engine.get("version", "")),
                emotions=tuple(map(str, engine.get("emotions", ()))),
                styles=tuple(map(str, engine.get("styles", ()))),
                licence=str(engine.get("licence", "")),
                missing=tuple(
                    MissingPart(str(part["sentence"]), str(part.get("page", ""))) for part in engine.get("missing", ())
                ),
                follows=tuple(map(str, engine.get("follows", ()))),
                head=str(engine.get("head", "")),
            )
            for engine in reply["engines"]
        )
        limits = {name: float(value) for name, value in reply.get("limits", {}).items()}
        default = str(reply.get("default_engine") or engines[0].name)
        personas, lips_models = (tuple(map(str, reply.get(name, ()))) for name in ("personas", "lips_models"))
        learnt = tuple(
            (f"{kind}/{learnt_name}", str(digest))
            for kind, digests in reply.get("learnt", {}).items()
            for learnt_name, digest in digests.items()
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        raise ClientError(f"The backend at {address} does not say which engines it has.") from None
    return BackendInfo(
        address,
        str(reply.get("version", "?")),
        str(reply.get("device", "?")),
        engines,
        default,
        limits,
        str(reply.get("made_with", "")),
        str(reply.get("own_models", "")),
        reply.get("tracks") is True,
        reply.get("films") is True,
        personas,
        lips_models,
        learnt,
        reply.get("performances") is True,
        reply.get("suggests_emotions") is True,
    )


def info_to_text(info: BackendInfo) -> str:
    """JSON of a backend's info, kept so that the panel can draw while no backend answers."""
    return json.dumps(asdict(info))


def info_from_text(text: str) -> BackendInfo | None:
    """The info of such a text; None for '' and for the text of an incompatible version of the extension."""
    try:
        fields = json.loads(text)
        engines = tuple(
            EngineInfo(
                **{
                    **engine,
                    "emotions": tuple(engine["emotions"]),
                    "styles": tuple(engine["styles"]),
                    "missing": tuple(MissingPart(**part) for part in engine["missing"]),
                    "follows": tuple(engine.get("follows", ())),
                }
            )
            for engine in fields["engines"]
        )
        names = {name: tuple(fields.get(name, ())) for name in ("personas", "lips_models")}
        names["learnt"] = tuple((name, digest) for name, digest in fields.get("learnt", ()))
        return BackendInfo(**{**fields, **names, "engines": engines})
    except (ValueError, KeyError, TypeError):
        return None
