# SPDX-License-Identifier: GPL-3.0-or-later
"""Who agreed to a film, as the animator stated it: kept in the .blend for each film or picture, and asked for once."""

import json

import bpy

PROPERTY = "mien_consent"  # of a scene: JSON of {absolute path: words}
LEAST = 3  # characters that say something
REFUSAL = "State who agreed to this film, and when, as in: Maria Rossi, in writing, 12 March 2026"


def recall(path: str) -> str:
    """The words for a file, '' where nothing was stated."""
    for scene in bpy.data.scenes:
        words = _read(scene).get(path)
        if words:
            return words
    return ""


def remember(scene: bpy.types.Scene, path: str, words: str) -> None:
    """Keep the words for a file in the scene."""
    kept = _read(scene)
    if kept.get(path) != words:
        scene[PROPERTY] = json.dumps({**kept, path: words})


def refusal(words: str) -> str:
    """Why these words are no statement, without a full stop; '' when they are one."""
    return "" if len(words.strip()) >= LEAST and any(map(str.isalpha, words)) else REFUSAL


def _read(scene: bpy.types.Scene) -> dict[str, str]:
    try:
        kept = json.loads(scene.get(PROPERTY, "{}"))
    except (TypeError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
