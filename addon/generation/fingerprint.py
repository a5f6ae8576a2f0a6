# SPDX-License-Identifier: GPL-3.0-or-later
"""What a take is made from, as a short text that is kept on it: so that one which would come out the same is not made
again, and one which would not can say why. No bpy.

The text is JSON, part -> digest or name. Digests are of contents: a sound that was only copied is the same sound.
"""

import hashlib
import json
from pathlib import Path

from ..connection import engines
from ..connection.client import BackendInfo

DIGITS = 16  # of a sha256: 64 bits tell apart whatever a film has
PARTS = {
    "sound": "its sound changed",
    "direction": "what is asked of it changed",
    "fps": "the frame rate changed",
    "head": "the mesh is another one",
    "engine": "the engine or its weights are others",
    "driven": "how the mesh is driven changed",
}
_sounds: dict[tuple[str, int, int], str] = {}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def of_sound(path: Path) -> str:
    """The digest of a file's bytes; read once, while its size and its time of change stay. OSError as `open` has it."""
    told = path.stat()
    place = (str(path), told.st_size, told.st_mtime_ns)
    if place not in _sounds:
        with path.open("rb") as file:
            _sounds[place] = hashlib.file_digest(file, "sha256").hexdigest()[:DIGITS]
    return _sounds[place]


def asked(sound: Path, direction: str, fps: str, head: str, driven: str) -> str:
    """The content of a take as far as Blender knows it: the engine is the backend's to name. `driven` says how the
    meshes are driven, in whatever words. OSError when the sound cannot be read."""
    return _text(
        {
            "sound": of_sound(sound),
            "direction": digest(direction),
            "fps": fps,
            "head": head,
            "driven": digest(driven),
        }
    )


def with_engine(content: str, engine: str) -> str:
    """The content with the engine that makes the take; '' stays ''."""
    return _text({**_parts(content), "engine": engine}) if content and engine else content


def engine_of(info: BackendInfo | None, name: str, head: str = "") -> str:
    """What a backend says of an engine ('' is its default) that moves this head: its name, version and weights, and
    the user's own models where they are used. '' where it is not known."""
    found = engines.engine_by_name(info, name)
    if found is None:
        return ""
    own = info.own_models if "flame" in (head, found.head) else ""
    parts = (found.name, found.version, info.made_with[:DIGITS], own[:DIGITS])
    return " ".join(part for part in parts if part)


def changes(was: str, now: str) -> tuple[str, ...]:
    """Why a take of one content is not as one of the other would be, in words. A part that only one of them has is
    not compared: an engine is not known while no backend answers."""
    before, after = _parts(was), _parts(now)
    both = before.keys() & after.keys()
    return tuple(word for part, word in PARTS.items() if part in both and before[part] != after[part])


def address(content: str) -> str:
    """Of the bytes that the backend sends: how they are put on a mesh is not in them. '' without an engine."""
    parts = _parts(content)
    parts.pop("driven", None)
    return hashlib.sha256(_text(parts).encode()).hexdigest() if "engine" in parts else ""


def _text(parts: dict[str, str]) -> str:
    return json.dumps(parts, sort_keys=True, separators=(",", ":"))


def _parts(content: str) -> dict[str, str]:
    """What a text has; nothing for one that another version wrote otherwise."""
    try:
        parts = json.loads(content)
    except ValueError:
        return {}
    return {str(part): str(value) for part, value in parts.items()} if isinstance(parts, dict) else {}
