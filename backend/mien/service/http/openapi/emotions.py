# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of what the API suggests of a voice."""

from __future__ import annotations

from mien.service.http.openapi.parts import Schema, json_reply, object_of, operation, problems
from mien.settings import Settings


def emotion_paths(settings: Settings) -> Schema:
    """POST /v1/suggested-emotions."""
    sound = {
        "type": "string",
        "contentMediaType": "application/octet-stream",
        "description": f"As of /v1/takes; at most {settings.limit_s:g} s and {settings.limit_bytes} bytes.",
    }
    track = {"type": "string", "description": "Which sound track, from 1; by default one that holds speech."}
    form: Schema = {
        "type": "object",
        "required": ["sound"],
        "additionalProperties": False,
        "properties": {"sound": sound, "track": track},
    }
    encoding = {"sound": {"contentType": "application/octet-stream"}}
    body = {"required": True, "content": {"multipart/form-data": {"schema": form, "encoding": encoding}}}
    summary = "Ask what a voice suggests: how strongly is felt, and with doubt what. Answered at once."
    return {
        "/v1/suggested-emotions": {
            "post": operation("suggest_emotion", summary, {
                "200": json_reply("The suggestion.", "SuggestedEmotion"), **problems(400, 413, 415, 422),
            }) | {"requestBody": body},
        },
    }  # fmt: skip


def emotion_schemas() -> Schema:
    """The schemas that its replies name."""
    number = {"type": "number"}
    keys = {"type": "array", "items": {"type": "array", "items": number, "minItems": 2, "maxItems": 2}}
    named = {"type": "object", "additionalProperties": number}
    phrase = {"begin": number, "end": number, "arousal": number, "confidence": number, "emotions": named, "cues": named}
    return {
        "SuggestedEmotion": object_of(
            "What a voice suggests; `intensity` and `emotions` are as in a direction.",
            {
                "phrases": {"type": "array", "items": object_of("What is said between two pauses.", phrase)},
                "intensity": keys | {"description": "Keys [second, 0 to 1]."},
                "emotions": {"type": "object", "additionalProperties": keys, "description": "Weights, as keys."},
                "shares": named | {"description": "Of each emotion in the whole sound, the largest first."},
                "doubts": {"type": "array", "items": {"type": "string"}, "description": "Sentences to show."},
            },
        ),
    }
