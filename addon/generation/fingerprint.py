# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints of all that a take depends on. A take keeps its own, so that Mien can tell whether it is up to date and
what has changed since. No bpy.

A fingerprint is JSON, part -> digest or name. Digests are of contents: a copied sound file has the same one.
"""

import hashlib
import json
from pathlib import Path

from ..connection import engines
from ..connection.backend_info import BackendInfo

DIGITS = 16  # hex digits of a sha256: 64 bits are enough for the sounds and directions of a film
PARTS = {
    "sound": "its sound changed",
    "direction": "what is asked of it changed",
    "fps": "the frame rate changed",
    "head": "the mesh is another one",
    "recorded": "the recorded take changed",
    "engine": "the engine or its weights are others",
    "driven": "how the mesh is driven changed",
}
LEARNT = ("persona", "lips_model")  # fields of a direction that name what a user learnt
_sound_digests: dict[tuple[str, int, int], str] = {}  # by path, size and time of change


def digest(data: str | bytes) -> str:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()[:DIGITS]


def of_sound(path: Path) -> str:
    """The digest of a file's bytes, which are read again only when its size or time of change differs. Raises OSError
    where the file cannot be read."""
    stat = path.stat()
    key = (str(path), stat.st_size, stat.st_mtime_ns)
    if key not in _sound_digests:
        with path.open("rb") as file:
            _sound_digests[key] = hashlib.file_digest(file, "sha256").hexdigest()[:DIGITS]
    return _sound_digests[key]


def of_request(sound: str, direction: str, fps: str, head: str, driven: str, recorded: str = "") -> str:
    """The fingerprint of a requested take, without the engine, which only the backend knows. sound: digest of the sound
    that is sent; driven: any text that tells how the meshes are driven; recorded: one that tells what of which recorded
    take is in it, '' where nothing is."""
    parts = {
        "sound": sound,
        "direction": digest(direction),
        "fps": fps,
        "head": head,
        "driven": digest(driven),
        "recorded": recorded,
    }
    return _text(parts)


def with_engine(fingerprint: str, engine: str) -> str:
    """The fingerprint with the engine that makes the take; '' stays ''."""
    return _text({**_parts(fingerprint), "engine": engine}) if fingerprint and engine else fingerprint


def engine_of(info: BackendInfo | None, name: str, head: str = "", direction: str = "{}") -> str:
    """Name, version and weights of an engine ('' is the default) for this head, with the user's own models, persona and
    lips model where they are used. '' where the engine is unknown."""
    engine = engines.engine_by_name(info, name)
    if engine is None:
        return ""
    own = info.own_models if "flame" in (head, engine.head) else ""
    fields, digests = json.loads(direction), dict(info.learnt)
    learnt = [digests.get(f"{kind}/{fields.get(kind)}", "")[:DIGITS] for kind in LEARNT]
    parts = (engine.name, engine.version, info.made_with[:DIGITS], own[:DIGITS], *learnt)
    return " ".join(part for part in parts if part)


def changes(was: str, now: str) -> tuple[str, ...]:
    """The differences of two fingerprints, in words. A part that only one of them has is not compared: the engine is
    unknown while no backend answers."""
    before, after = ({"recorded": "", **parts} if parts else parts for parts in (_parts(was), _parts(now)))
    both = before.keys() & after.keys()
    return tuple(word for part, word in PARTS.items() if part in both and before[part] != after[part])


def cache_key(fingerprint: str) -> str:
    """The key of the bytes that the backend sends; they do not depend on how a mesh is driven. '' without an engine."""
    parts = _parts(fingerprint)
    parts.pop("driven", None)
    if not parts.get("recorded"):
        parts.pop("recorded", None)  # as in takes of former versions
    return hashlib.sha256(_text(parts).encode()).hexdigest() if "engine" in parts else ""


def _text(parts: dict[str, str]) -> str:
    return json.dumps(parts, sort_keys=True, separators=(",", ":"))


def _parts(fingerprint: str) -> dict[str, str]:
    """The parts of a fingerprint; none where another version wrote it differently."""
    try:
        parts = json.loads(fingerprint)
    except ValueError:
        return {}
    return {str(part): str(value) for part, value in parts.items()} if isinstance(parts, dict) else {}
