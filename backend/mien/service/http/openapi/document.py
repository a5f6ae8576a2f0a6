# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of API v1 as OpenAPI 3.1, by hand: what the framework could guess says nothing of a multipart
body, an event stream or a problem. A test compares it with the routes and with a copy."""

from __future__ import annotations

from mien import __version__, engines
from mien.performance import PARTS
from mien.service import API
from mien.service.http.openapi.emotions import emotion_paths, emotion_schemas
from mien.service.http.openapi.films import film_paths, track_paths
from mien.service.http.openapi.parts import (
    Schema,
    event,
    header,
    identifier,
    if_none_match,
    job_fields,
    json_reply,
    links,
    object_of,
    operation,
    perhaps,
    problems,
    state,
)
from mien.settings import Settings

OF_TAKE = "look", "watch", "fetch", "cancel"  # operations that need the id of one
OF_BINDING = "look_at_binding", "fetch_shapes", "cancel_binding"
TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
TEXTS = {"type": "array", "items": TEXT}
POSITION = "How many are before it in the queue; null when it does not wait."
LEFT = "Seconds until it is done, as far as that is known."
PROBLEM = "A refusal (RFC 9457); `detail` is a sentence that says what to do."


def description(settings: Settings) -> Schema:
    """The document of GET /v1/openapi.json. With a token asked for (`settings.lan`) every route says so."""
    document: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": "Mien",
            "version": __version__,
            "summary": "Recorded speech and a chosen emotion become facial animation.",
            "description": (
                f"API version {API}: it is in every path, and every reply names it as `Mien-API`. Every error is "
                "application/problem+json. Web pages and other names than the machine's own are refused with 403."
            ),
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "servers": [{"url": "/"}],
        "paths": _paths(settings),
        "components": {"schemas": _schemas(), "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }
    if settings.lan:
        document["security"] = [{"token": []}]
    return document


def _paths(settings: Settings) -> Schema:
    return {
        "/v1/info": {
            "get": operation("info", "What the backend is and has: what a panel needs to draw itself.", {
                "200": json_reply("The backend.", "Info"),
            }),
        },
        "/v1/takes": {
            "post": operation("ask", "Ask for a take of a sound. It is made in the background.", {
                "202": json_reply("Accepted.", "Accepted")
                | {"headers": {"Location": header("The take's own URL.")}, "links": links(*OF_TAKE)},
                **problems(400, 413, 415, 422, 429),
            }) | {"requestBody": _take_body(settings)},
        },
        "/v1/takes/{id}": {
            "parameters": [identifier("The take's id, as POST /v1/takes gave it.")],
            "get": operation("look", "How far a take is.", {
                "200": json_reply("The take's job.", "Job"), **problems(404),
            }),
            "delete": operation("cancel", "Cancel a take that is not finished, or forget one that is.", {
                "200": json_reply("Cancelled.", "Job"),
                "204": {"description": "Forgotten."},
                **problems(404),
            }),
        },
        "/v1/takes/{id}/events": {
            "parameters": [identifier("The take's id, as POST /v1/takes gave it.")],
            "get": operation("watch", "A take's job as server-sent events, until it ends.", {
                "200": {
                    "description": (
                        "`progress` events as the job changes, then one `end`; the data of each is a Job as JSON. A "
                        "comment comes at least every 15 s."
                    ),
                    "content": {"text/event-stream": {"schema": event()}},
                },
                **problems(404),
            }),
        },
        "/v1/takes/{id}/result": {
            "parameters": [identifier("The take's id, as POST /v1/takes gave it.")],
            "get": operation("fetch", "The take file, a safetensors file of format `mien.take`.", {
                "200": {
                    "description": "The take.",
                    "headers": {"ETag": header("SHA-256 of the file, in quotes.")},
                    "content": {"application/octet-stream": {}},
                },
                "304": {"description": "The file is the one named in If-None-Match."},
                **problems(404, 409),
            }) | {"parameters": [if_none_match()]},
        },
        **track_paths(settings),
        **film_paths(settings),
        **emotion_paths(settings),
        **_binding_paths(),
        "/v1/health": {
            "get": operation("health", "That the service answers; quick.", {"200": json_reply("It does.", "Health")}),
        },
        "/v1/metrics": {
            "get": operation("metrics", "Numbers of the service in Prometheus' text format.", {
                "200": {"description": "Metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}},
            }),
        },
        "/v1/openapi.json": {
            "get": operation("describe", "This description.", {
                "200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}},
            }),
        },
    }  # fmt: skip


def _binding_paths() -> Schema:
    mesh = {"description": "A mesh with picks: a safetensors file of format `mien.mesh`.", "required": True}
    return {
        "/v1/bind": {
            "post": operation("bind", "Put the default head's channels on a mesh. It is done in the background.", {
                "202": json_reply("Accepted.", "Accepted")
                | {"headers": {"Location": header("The binding's own URL.")}, "links": links(*OF_BINDING)},
                **problems(413, 415, 422, 429),
            }) | {"requestBody": mesh | {"content": {"application/octet-stream": {}}}},
        },
        "/v1/bind/{id}": {
            "parameters": [identifier("The binding's id, as POST /v1/bind gave it.")],
            "get": operation("look_at_binding", "How far a binding is.", {
                "200": json_reply("The binding's job.", "Binding"), **problems(404),
            }),
            "delete": operation("cancel_binding", "Cancel a binding that is not finished, or forget one that is.", {
                "200": json_reply("Cancelled.", "Binding"), "204": {"description": "Forgotten."}, **problems(404),
            }),
        },
        "/v1/bind/{id}/result": {
            "parameters": [identifier("The binding's id, as POST /v1/bind gave it.")],
            "get": operation("fetch_shapes", "The shapes, a safetensors file of format `mien.shapes`.", {
                "200": {"description": "The shapes.", "content": {"application/octet-stream": {}}},
                **problems(404, 409),
            }),
        },
    }  # fmt: skip


def _take_body(settings: Settings) -> Schema:
    return {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["sound"],
                    "additionalProperties": False,
                    "properties": {
                        "sound": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": (
                                "The sound as a file part: wav, flac, ogg, mp3, m4a, or the sound of mp4, mov, mkv; at "
                                f"most {settings.limit_s:g} s and {settings.limit_bytes} bytes."
                            ),
                        },
                        "direction": {
                            "type": "string",
                            "description": "What is asked of the performance, as a JSON object; {} by default.",
                        },
                        "engine": {"type": "string", "description": f"{engines.DEFAULT} by default; see /v1/info."},
                        "fps": {
                            "type": "string",
                            "description": "Frames a second, 24 or 30000/1001; the engine's own by default.",
                        },
                        "head": {"type": "string", "description": "What moves; Mien's own head by default."},
                        "track": {
                            "type": "string",
                            "description": "Which sound track, from 1; by default one that holds speech.",
                        },
                        "performance": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": "A take as a file part, as of /v1/tracks: part of it replaces the engine's.",
                        },
                        "performance_part": {
                            "type": "string",
                            "enum": list(PARTS),
                            "description": "What is of it: nonverbal (brows, lids, gaze, head) or its lips.",
                        },
                    },
                },
                "encoding": {name: {"contentType": "application/octet-stream"} for name in ("sound", "performance")},
            }
        },
    }


def _schemas() -> Schema:
    return {
        "Problem": object_of(PROBLEM, {"type": TEXT, "title": TEXT, "status": WHOLE, "detail": TEXT}),
        "Accepted": object_of("A take's job, new.", {"id": TEXT, "state": state(), "url": TEXT}),
        "Job": _take_schema(),
        **emotion_schemas(),
        "Binding": object_of("A mesh that is being bound.", job_fields()),
        "Track": object_of("A film that is being tracked.", job_fields() | {"position": perhaps("integer", POSITION)}),
        "Film": _film_schema(),
        "Info": _info_schema(),
        "Engine": _engine_schema(),
        "Health": _health_schema(),
    }


def _take_schema() -> Schema:
    fields = {
        "position": perhaps("integer", POSITION),
        "left_s": perhaps("integer", LEFT),
        "frames_done": perhaps("integer", "Frames made so far, as far as that is known."),
        "frames": perhaps("integer", "Frames that it will have."),
        "warnings": {**TEXTS, "description": "Sentences on the sound: what was taken of it, or not heard."},
    }
    return object_of("A take on its way.", job_fields() | fields)


def _film_schema() -> Schema:
    fields = {
        "position": perhaps("integer", POSITION),
        "left_s": perhaps("integer", LEFT),
        "make": {"enum": ["dub", "portrait", "talk"]},
        "suffix": {"enum": [".mp4", ".mov", ".mkv"], "description": "Of the film's file."},
        "notes": {**TEXTS, "description": "Sentences on what became of it, once it is done."},
    }
    return object_of("A dub, a portrait or a talk that is being made.", job_fields() | fields)


def _info_schema() -> Schema:
    learnt: Schema = {name: {"type": "object", "additionalProperties": TEXT} for name in ("persona", "lips_model")}
    return object_of(
        "What a backend is and has.",
        {
            "name": {"const": "mien"},
            "version": TEXT,
            "api": {"const": API},
            "device": TEXT,
            "engines": {"type": "array", "items": {"$ref": "#/components/schemas/Engine"}},
            "default_engine": TEXT,
            "limits": object_of("Of one request.", {"seconds": NUMBER, "bytes": WHOLE}),
            "made_with": {**TEXT, "description": "sha256 of its code and weights: with others a take may differ."},
            "own_models": {**TEXT, "description": "sha256 of the user's own, which takes on FLAME are made with."},
            "personas": {**TEXTS, "description": "Names of what its user learnt: `persona` of a direction."},
            "lips_models": {**TEXTS, "description": "Names of what its user trained: `lips_model` of a direction."},
            "learnt": object_of("sha256 of each persona and lips model, by name.", learnt),
            "tracks": {"const": True, "description": "It tracks films."},
            "films": {"const": True, "description": "It makes dubs, portraits and talks."},
            "suggests_emotions": {"const": True, "description": "It says what a voice suggests."},
            "performances": {"const": True, "description": "A take has its nonverbal motion or lips of another."},
            "head": object_of("The default head.", {"name": TEXT, "sha256": TEXT, "vertices": WHOLE}),
        },
    )


def _engine_schema() -> Schema:
    return object_of(
        "Something that makes takes.",
        {
            "name": TEXT,
            "version": TEXT,
            "emotions": TEXTS,
            "styles": TEXTS,
            "licence": TEXT,
            "missing": {
                "type": "array",
                "description": "What it needs before it can work.",
                "items": {"type": "object", "required": ["sentence"], "properties": {"sentence": TEXT}},
            },
            "follows": TEXTS | {"description": "The fields of a direction that not every engine follows."},
            "head": {**TEXT, "description": "What it moves: `mien` or `flame`."},
        },
    )


def _health_schema() -> Schema:
    machine: Schema = {
        "name": TEXT,
        "address": TEXT,
        "alive": {"type": "boolean"},
        "cpus": WHOLE,
        "gpus": WHOLE,
        "memory": WHOLE | {"description": "Bytes."},
    }
    return object_of(
        "That the service answers, and how busy it is.",
        {
            "status": {"const": "ok"},
            "version": TEXT,
            "api": {"const": API},
            "seconds": NUMBER,
            "device": TEXT,
            "queued": WHOLE,
            "running": WHOLE,
            "free_bytes": WHOLE | {"description": "On the disk where takes are kept."},
            "worker": {"enum": ["busy", "ready", "asleep"], "description": "The process that makes takes."},
            "nodes": {
                "type": "array",
                "description": "The machines of the Ray cluster that it works on; none with this machine alone.",
                "items": object_of("A machine.", machine),
            },
        },
    )
