# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of what the API does with films: takes of them, dubs, portraits."""

from __future__ import annotations

from mien.service.http.openapi.parts import (
    Schema,
    event,
    header,
    identifier,
    json_reply,
    links,
    operation,
    problems,
)
from mien.settings import Settings

OF_TRACK = "look_at_track", "watch_track", "fetch_track", "cancel_track"  # operations that need the id of one
OF_FILM = "look_at_film", "watch_film", "fetch_film", "cancel_film"


def track_paths(settings: Settings) -> Schema:
    one = [identifier("The track's id, as POST /v1/tracks gave it.")]
    return {
        "/v1/tracks": {
            "post": operation("track", "Ask for the take of a face in a film. It is made in the background.", {
                "202": json_reply("Accepted.", "Accepted")
                | {"headers": {"Location": header("The track's own URL.")}, "links": links(*OF_TRACK)},
                **problems(400, 413, 415, 422, 429),
            }) | {"requestBody": _track_body(settings)},
        },
        "/v1/tracks/{id}": {
            "parameters": one,
            "get": operation("look_at_track", "How far a film is.", {
                "200": json_reply("The film's job.", "Track"), **problems(404),
            }),
            "delete": operation("cancel_track", "Cancel a film that is not finished, or forget one that is.", {
                "200": json_reply("Cancelled.", "Track"), "204": {"description": "Forgotten."}, **problems(404),
            }),
        },
        "/v1/tracks/{id}/events": {
            "parameters": one,
            "get": operation("watch_track", "A film's job as server-sent events, until it ends.", {
                "200": {
                    "description": "As those of a take; the data of each is a Track as JSON.",
                    "content": {"text/event-stream": {"schema": event("Track")}},
                },
                **problems(404),
            }),
        },
        "/v1/tracks/{id}/result": {
            "parameters": one,
            "get": operation("fetch_track", "The take file, a safetensors file of format `mien.take`.", {
                "200": {
                    "description": "The take.",
                    "headers": {"ETag": header("SHA-256 of the file, in quotes.")},
                    "content": {"application/octet-stream": {}},
                },
                **problems(404, 409),
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


def film_paths(settings: Settings) -> Schema:
    one = [identifier("The film's id, as POST /v1/films gave it.")]
    film = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
    return {
        "/v1/films": {
            "post": operation("make", "Ask for a dub of a video or for a photo that speaks. It is made in the "
                               "background, signed (C2PA), and needs the consent of whom it shows.", {
                "202": json_reply("Accepted.", "Accepted")
                | {"headers": {"Location": header("The film's own URL.")}, "links": links(*OF_FILM)},
                **problems(400, 413, 415, 422, 429),
            }) | {"requestBody": _film_body(settings)},
        },
        "/v1/films/{id}": {
            "parameters": one,
            "get": operation("look_at_film", "How far a film is.", {
                "200": json_reply("The film's job.", "Film"), **problems(404),
            }),
            "delete": operation("cancel_film", "Cancel a film that is not finished, or forget one that is.", {
                "200": json_reply("Cancelled.", "Film"), "204": {"description": "Forgotten."}, **problems(404),
            }),
        },
        "/v1/films/{id}/events": {
            "parameters": one,
            "get": operation("watch_film", "A film's job as server-sent events, until it ends.", {
                "200": {
                    "description": "As those of a take; the data of each is a Film as JSON.",
                    "content": {"text/event-stream": {"schema": event("Film")}},
                },
                **problems(404),
            }),
        },
        "/v1/films/{id}/result": {
            "parameters": one,
            "get": operation("fetch_film", "The film: MP4; MOV with alpha; Matroska where lossless was asked for.", {
                "200": {
                    "description": "The film.",
                    "headers": {
                        "ETag": header("SHA-256 of the file, in quotes."),
                        "Content-Disposition": header("A name for the file."),
                    },
                    "content": {"video/mp4": film, "video/quicktime": film, "video/x-matroska": film},
                },
                **problems(404, 409),
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
        "make": {
            **text,
            "description": "Of a photo: portrait, which moves the face (the default), or talk, which moves "
            "head, shoulders, arms and hands.",
        },
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
