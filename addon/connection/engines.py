# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines of a backend, as it told of them: which one is meant by a name, and what of a direction it follows. No
bpy."""

from .client import EngineInfo, Info

# What only some engines follow, in the words of the panel.
SPECIAL = {
    "face": "a matched face",
    "face_level": "a matched face",
    "onset": "the onset of emotions",
    "offset": "the offset of emotions",
    "sound_guidance": "sound guidance",
    "emotion_guidance": "emotion guidance",
    "held": "held keys",
}


def chosen(info: Info | None, name: str) -> EngineInfo | None:
    """The engine of this name, '' being the backend's default; None where it is not known."""
    if info is None:
        return None
    return next((engine for engine in info.engines if engine.name == (name or info.default_engine)), None)


def follows(info: Info | None, name: str, field: str) -> bool:
    """Whether a field of SPECIAL can be asked for. Of an engine that is not known nobody can say that it cannot."""
    engine = chosen(info, name)
    return engine is None or field in engine.follows


def refusal(info: Info | None, name: str, field: str, words: str = "") -> str:
    """Why a field of SPECIAL, in these words or its own, cannot be set, without a full stop; '' when it can."""
    engine = chosen(info, name)
    if engine is None:
        return "Look for the backend first (under Backend): it says what its engines follow"
    if field in engine.follows:
        return ""
    able = [other.name for other in info.engines if field in other.follows]
    what = f"The engine '{engine.name}' does not follow {words or SPECIAL[field]}"
    return f"{what}; choose {' or '.join(able)} under Engine" if able else f"{what}, nor does another of this backend"
