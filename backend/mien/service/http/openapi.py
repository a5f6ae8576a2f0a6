# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of API v1 as OpenAPI 3.1, by hand: what the framework could guess says nothing of a multipart
body, an event stream or a problem. A test compares it with the routes and with a copy."""

from __future__ import annotations

from mien import __version__, engines
from mien.service import API
from mien.settings import Settings

Schema = dict[str, object]

OF_TAKE = "look", "watch", "fetch", "cancel"  # operations that need the id of one
OF_TRACK = "look_at_track", "watch_track", "fetch_track", "cancel_track"
OF_FILM = "look_at_film", "watch_film", "fetch_film", "cancel_film"
OF_BINDING = "look_at_binding", "fetch_shapes", "cancel_binding"
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
            "get": _operation("info", "What the backend is and has: what a panel needs to draw itself.", {
                "200": _json("The backend.", "Info"),
            }),
        },
        "/v1/takes": {
            "post": _operation("ask", "Ask for a take of a sound. It is made in the background.", {
                "202": _json("Accepted.", "Accepted")
                | {"headers": {"Location": _header("The take's own URL.")}, "links": _links(*OF_TAKE)},
                **_problems(400, 413, 415, 422, 429),
            }) | {"requestBody": _take_body(settings)},
        },
        "/v1/takes/{id}": {
            "parameters": [_id("The take's id, as POST /v1/takes gave it.")],
            "get": _operation("look", "How far a take is.", {"200": _json("The take's job.", "Job"), **_problems(404)}),
            "delete": _operation("cancel", "Cancel a take that is not finished, or forget one that is.", {
                "200": _json("Cancelled.", "Job"),
                "204": {"description": "Forgotten."},
                **_problems(404),
            }),
        },
        "/v1/takes/{id}/events": {
            "parameters": [_id("The take's id, as POST /v1/takes gave it.")],
            "get": _operation("watch", "A take's job as server-sent events, until it ends.", {
                "200": {
                    "description": (
                        "`progress` events as the job changes, then one `end`; the data of each is a Job as JSON. A "
                        "comment comes at least every 15 s."
                    ),
                    "content": {"text/event-stream": {"schema": _event()}},
                },
                **_problems(404),
            }),
        },
        "/v1/takes/{id}/result": {
            "parameters": [_id("The take's id, as POST /v1/takes gave it.")],
            "get": _operation("fetch", "The take file, a safetensors file of format `mien.take`.", {
                "200": {
                    "description": "The take.",
                    "headers": {"ETag": _header("SHA-256 of the file, in quotes.")},
                    "content": {"application/octet-stream": {}},
                },
                "304": {"description": "The file is the one named in If-None-Match."},
                **_problems(404, 409),
            }) | {"parameters": [_if_none_match()]},
        },
        **_track_paths(settings),
        **_film_paths(settings),
        **_binding_paths(),
        "/v1/health": {
            "get": _operation("health", "That the service answers; quick.", {"200": _json("It does.", "Health")}),
        },
        "/v1/metrics": {
            "get": _operation("metrics", "Numbers of the service in Prometheus' text format.", {
                "200": {"description": "Metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}},
            }),
        },
        "/v1/openapi.json": {
            "get": _operation("describe", "This description.", {
                "200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}},
            }),
        },
    }  # fmt: skip


def _track_paths(settings: Settings) -> Schema:
    one = [_id("The track's id, as POST /v1/tracks gave it.")]
    return {
        "/v1/tracks": {
            "post": _operation("track", "Ask for the take of a face in a film. It is made in the background.", {
                "202": _json("Accepted.", "Accepted")
                | {"headers": {"Location": _header("The track's own URL.")}, "links": _links(*OF_TRACK)},
                **_problems(400, 413, 415, 422, 429),
            }) | {"requestBody": _track_body(settings)},
        },
        "/v1/tracks/{id}": {
            "parameters": one,
            "get": _operation("look_at_track", "How far a film is.", {
                "200": _json("The film's job.", "Track"), **_problems(404),
            }),
            "delete": _operation("cancel_track", "Cancel a film that is not finished, or forget one that is.", {
                "200": _json("Cancelled.", "Track"), "204": {"description": "Forgotten."}, **_problems(404),
            }),
        },
        "/v1/tracks/{id}/events": {
            "parameters": one,
            "get": _operation("watch_track", "A film's job as server-sent events, until it ends.", {
                "200": {
                    "description": "As those of a take; the data of each is a Track as JSON.",
                    "content": {"text/event-stream": {"schema": _event("Track")}},
                },
                **_problems(404),
            }),
        },
        "/v1/tracks/{id}/result": {
            "parameters": one,
            "get": _operation("fetch_track", "The take file, a safetensors file of format `mien.take`.", {
                "200": {
                    "description": "The take.",
                    "headers": {"ETag": _header("SHA-256 of the file, in quotes.")},
                    "content": {"application/octet-stream": {}},
                },
                **_problems(404, 409),
            }),
        },
    }  # fmt: skip


def _track_body(settings: Settings) -> Schema:
    text = {"type": "string"}
    fields = {
        "film": {
            **text,
            "contentMediaType": "application/octet-stream",
            "description": (
                "The film as a file part: what FFmpeg decodes, or a photo; at most "
                f"{settings.limit_s:g} s and {settings.limit_bytes} bytes."
            ),
        },
        "face": {**text, "description": "The Nth largest face, 1 by default."},
        "at": {**text, "description": "X,Y in pixels: the face there, in place of the Nth largest."},
        "neutral": {**text, "description": "The picture (60) or time (2.5s) of the resting face; found by default."},
        "fps": {**text, "description": "Frames a second, 24 or 30000/1001; the film's own by default."},
        "sound": {**text, "description": "no: lips stay as seen; by default they meet at a p, b, m of the sound, too."},
        "begin": {**text, "description": "From this second of the film on."},
        "end": {**text, "description": "Up to this second of the film."},
    }
    schema = {"type": "object", "required": ["film"], "additionalProperties": False, "properties": fields}
    encoding = {"film": {"contentType": "application/octet-stream"}}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema, "encoding": encoding}}}


def _film_paths(settings: Settings) -> Schema:
    one = [_id("The film's id, as POST /v1/films gave it.")]
    film = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
    return {
        "/v1/films": {
            "post": _operation("make", "Ask for a dub of a video or for a photo that speaks. It is made in the "
                               "background, signed (C2PA), and needs the consent of whom it shows.", {
                "202": _json("Accepted.", "Accepted")
                | {"headers": {"Location": _header("The film's own URL.")}, "links": _links(*OF_FILM)},
                **_problems(400, 413, 415, 422, 429),
            }) | {"requestBody": _film_body(settings)},
        },
        "/v1/films/{id}": {
            "parameters": one,
            "get": _operation("look_at_film", "How far a film is.", {
                "200": _json("The film's job.", "Film"), **_problems(404),
            }),
            "delete": _operation("cancel_film", "Cancel a film that is not finished, or forget one that is.", {
                "200": _json("Cancelled.", "Film"), "204": {"description": "Forgotten."}, **_problems(404),
            }),
        },
        "/v1/films/{id}/events": {
            "parameters": one,
            "get": _operation("watch_film", "A film's job as server-sent events, until it ends.", {
                "200": {
                    "description": "As those of a take; the data of each is a Film as JSON.",
                    "content": {"text/event-stream": {"schema": _event("Film")}},
                },
                **_problems(404),
            }),
        },
        "/v1/films/{id}/result": {
            "parameters": one,
            "get": _operation("fetch_film", "The film: MP4; MOV with alpha; Matroska where lossless was asked for.", {
                "200": {
                    "description": "The film.",
                    "headers": {
                        "ETag": _header("SHA-256 of the file, in quotes."),
                        "Content-Disposition": _header("A name for the file."),
                    },
                    "content": {"video/mp4": film, "video/quicktime": film, "video/x-matroska": film},
                },
                **_problems(404, 409),
            }),
        },
    }  # fmt: skip


def _film_body(settings: Settings) -> Schema:
    text = {"type": "string"}
    file = {**text, "contentMediaType": "application/octet-stream"}
    most = f"at most {settings.limit_s:g} s, and {settings.limit_bytes} bytes with the other file."
    fields = {
        "video": {**file, "description": f"The film to dub, as a file part; {most}"},
        "photo": {**file, "description": "In its place: the picture that is to speak."},
        "voice": {**file, "description": f"What is said: a sound file, or a film with sound; {most}"},
        "options": {**text, "description": "What is asked of the film, as a JSON object; {} by default."},
        "consent": {
            **text,
            "description": "Who of those shown agreed, and when. It is kept for this video or photo, and written into "
            "the film; needed once for each.",
        },
    }
    schema = {
        "type": "object",
        "required": ["voice"],
        "oneOf": [{"required": ["video"]}, {"required": ["photo"]}],
        "additionalProperties": False,
        "properties": fields,
    }
    encoding = {name: {"contentType": "application/octet-stream"} for name in ("video", "photo", "voice")}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema, "encoding": encoding}}}


def _binding_paths() -> Schema:
    mesh = {"description": "A mesh with picks: a safetensors file of format `mien.mesh`.", "required": True}
    return {
        "/v1/bind": {
            "post": _operation("bind", "Put the default head's channels on a mesh. It is done in the background.", {
                "202": _json("Accepted.", "Accepted")
                | {"headers": {"Location": _header("The binding's own URL.")}, "links": _links(*OF_BINDING)},
                **_problems(413, 415, 429),
            }) | {"requestBody": mesh | {"content": {"application/octet-stream": {}}}},
        },
        "/v1/bind/{id}": {
            "parameters": [_id("The binding's id, as POST /v1/bind gave it.")],
            "get": _operation("look_at_binding", "How far a binding is.", {
                "200": _json("The binding's job.", "Binding"), **_problems(404),
            }),
            "delete": _operation("cancel_binding", "Cancel a binding that is not finished, or forget one that is.", {
                "200": _json("Cancelled.", "Binding"), "204": {"description": "Forgotten."}, **_problems(404),
            }),
        },
        "/v1/bind/{id}/result": {
            "parameters": [_id("The binding's id, as POST /v1/bind gave it.")],
            "get": _operation("fetch_shapes", "The shapes, a safetensors file of format `mien.shapes`.", {
                "200": {"description": "The shapes.", "content": {"application/octet-stream": {}}},
                **_problems(404, 409),
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
                    },
                },
                "encoding": {"sound": {"contentType": "application/octet-stream"}},
            }
        },
    }


def _schemas() -> Schema:
    text, number, whole = {"type": "string"}, {"type": "number"}, {"type": "integer"}
    texts = {"type": "array", "items": text}
    return {
        "Problem": _object(PROBLEM, {"type": text, "title": text, "status": whole, "detail": text}),
        "Accepted": _object("A take's job, new.", {"id": text, "state": _state(), "url": text}),
        "Job": _object(
            "A take on its way.",
            _job()
            | {
                "position": _perhaps("integer", "How many are before it in the queue; null when it does not wait."),
                "left_s": _perhaps("integer", "Seconds until it is done, as far as that is known."),
                "frames_done": _perhaps("integer", "Frames made so far, as far as that is known."),
                "frames": _perhaps("integer", "Frames that it will have."),
                "warnings": {**texts, "description": "Sentences on the sound: what was taken of it, or not heard."},
            },
        ),
        "Binding": _object("A mesh that is being bound.", _job()),
        "Track": _object(
            "A film that is being tracked.",
            _job()
            | {"position": _perhaps("integer", "How many are before it in the queue; null when it does not wait.")},
        ),
        "Film": _object(
            "A dub or a portrait that is being made.",
            _job()
            | {
                "position": _perhaps("integer", "How many are before it in the queue; null when it does not wait."),
                "left_s": _perhaps("integer", "Seconds until it is done, as far as that is known."),
                "make": {"enum": ["dub", "portrait"]},
                "suffix": {"enum": [".mp4", ".mov", ".mkv"], "description": "Of the film's file."},
                "notes": {**texts, "description": "Sentences on what became of it, once it is done."},
            },
        ),
        "Info": _object(
            "What a backend is and has.",
            {
                "name": {"const": "mien"},
                "version": text,
                "api": {"const": API},
                "device": text,
                "engines": {"type": "array", "items": {"$ref": "#/components/schemas/Engine"}},
                "default_engine": text,
                "limits": _object("Of one request.", {"seconds": number, "bytes": whole}),
                "made_with": {**text, "description": "sha256 of its code and weights: with others a take may differ."},
                "own_models": {**text, "description": "sha256 of the user's own, which takes on FLAME are made with."},
                "personas": {**texts, "description": "Names of what its user learnt: `persona` of a direction."},
                "lips_models": {**texts, "description": "Names of what its user trained: `lips_model` of a direction."},
                "tracks": {"const": True, "description": "It tracks films."},
                "films": {"const": True, "description": "It makes dubs and portraits."},
                "head": _object("The default head.", {"name": text, "sha256": text, "vertices": whole}),
            },
        ),
        "Engine": _object(
            "Something that makes takes.",
            {
                "name": text,
                "version": text,
                "emotions": texts,
                "styles": texts,
                "licence": text,
                "missing": {
                    "type": "array",
                    "description": "What it needs before it can work.",
                    "items": {"type": "object", "required": ["sentence"], "properties": {"sentence": text}},
                },
                "follows": texts | {"description": "The fields of a direction that not every engine follows."},
                "head": {**text, "description": "What it moves: `mien` or `flame`."},
            },
        ),
        "Health": _object(
            "That the service answers, and how busy it is.",
            {
                "status": {"const": "ok"},
                "version": text,
                "api": {"const": API},
                "seconds": number,
                "device": text,
                "queued": whole,
                "running": whole,
                "free_bytes": whole | {"description": "On the disk where takes are kept."},
                "worker": {"enum": ["busy", "ready", "asleep"], "description": "The process that makes takes."},
            },
        ),
    }


def _job() -> Schema:
    return {
        "id": {"type": "string"},
        "state": _state(),
        "stage": {"type": "string", "description": "What is being done, in words."},
        "fraction": {"type": "number", "minimum": 0, "maximum": 1},
        "error": _perhaps("string", "Why it failed, a sentence."),
        "result": _perhaps("string", "Where the result is, once it is done."),
    }


def _event(schema: str = "Job") -> Schema:
    job = {"contentMediaType": "application/json", "contentSchema": {"$ref": f"#/components/schemas/{schema}"}}
    return _object("One event.", {"event": {"enum": ["progress", "end"]}, "data": {"type": "string"} | job})


def _perhaps(kind: str, about: str) -> Schema:
    return {"type": [kind, "null"], "description": about}


def _operation(name: str, summary: str, responses: Schema) -> Schema:
    """Every request may be refused for who asks: 401 without a token, 403 for a name or page, 431 for its headers."""
    return {"operationId": name, "summary": summary, "responses": responses | _problems(401, 403, 431)}


def _problems(*statuses: int) -> Schema:
    about = {
        400: "The body cannot be read.",
        401: "No token, or one that does not hold.",
        403: "The request is for another host or comes from a web page.",
        404: "There is no such take, or not any more.",
        409: "The take is not done.",
        413: "The request is too large.",
        415: "The request is not multipart/form-data.",
        422: "The sound, the direction or another field cannot be used.",
        429: "As many takes wait as may wait; `Retry-After` says when to ask again.",
        431: "Too many headers, or too large.",
    }
    return {
        str(status): {
            "description": about[status],
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        | ({"headers": {"Retry-After": _header("Seconds.")}} if status == 429 else {})
        for status in statuses
    }


def _json(about: str, schema: str) -> Schema:
    return {
        "description": about,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def _object(about: str, properties: Schema) -> Schema:
    return {"type": "object", "description": about, "required": list(properties), "properties": properties}


def _state() -> Schema:
    return {"enum": ["queued", "running", "done", "failed", "cancelled"]}


def _id(about: str) -> Schema:
    schema = {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_-]+$"}
    return {"name": "id", "in": "path", "required": True, "description": about, "schema": schema}


def _links(*operations: str) -> Schema:
    """What may be asked next, with the id of the reply."""
    return {name: {"operationId": name, "parameters": {"id": "$response.body#/id"}} for name in operations}


def _header(about: str) -> Schema:
    return {"description": about, "schema": {"type": "string"}}


def _if_none_match() -> Schema:
    return {
        "name": "If-None-Match",
        "in": "header",
        "description": "An ETag of before.",
        "schema": {"type": "string", "pattern": "^[!-~ ]*$"},
    }
