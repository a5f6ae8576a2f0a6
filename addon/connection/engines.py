# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines that a backend lists: one by its name, and which optional fields of a direction it supports. No bpy."""

from .backend_info import BackendInfo, EngineInfo

# The fields of a direction that only some engines support, with their names in the panel.
OPTIONAL_FIELDS = {
    "face": "a matched face",
    "face_level": "a matched face",
    "onset": "the onset of emotions",
    "offset": "the offset of emotions",
    "sound_guidance": "sound guidance",
    "emotion_guidance": "emotion guidance",
    "persona": "a persona",
    "lips_model": "a lips model",
    "held": "held keys",
}


def engine_by_name(info: BackendInfo | None, name: str) -> EngineInfo | None:
    """The engine of this name, '' for the backend's default; None where the backend or the engine is unknown."""
    if info is None:
        return None
    return next((engine for engine in info.engines if engine.name == (name or info.default_engine)), None)


def supports(info: BackendInfo | None, name: str, field: str) -> bool:
    """Whether the engine supports a field of OPTIONAL_FIELDS; True of an unknown engine, which nothing rules out."""
    engine = engine_by_name(info, name)
    return engine is None or field in engine.follows


def refusal(info: BackendInfo | None, name: str, field: str, words: str = "") -> str:
    """Why a field of OPTIONAL_FIELDS, called `words` or by its own name, cannot be set, without a full stop; '' where
    it can."""
    engine = engine_by_name(info, name)
    if engine is None:
        return "Search for the backend first (under Backend): it says what its engines follow"
    if field in engine.follows:
        return ""
    others = [other.name for other in info.engines if field in other.follows]
    fault = f"The engine '{engine.name}' does not follow {words or OPTIONAL_FIELDS[field]}"
    return (
        f"{fault}; choose {' or '.join(others)} under Engine"
        if others
        else f"{fault}, nor does another of this backend"
    )
