# SPDX-License-Identifier: GPL-3.0-or-later
"""What descriptions of operations in OpenAPI are put together from."""

from __future__ import annotations

Schema = dict[str, object]


def job_fields() -> Schema:
    """The fields that a job of every kind has."""
    return {
        "id": {"type": "string"},
        "state": state(),
        "stage": {"type": "string", "description": "What is being done, in words."},
        "fraction": {"type": "number", "minimum": 0, "maximum": 1},
        "error": perhaps("string", "Why it failed, a sentence."),
        "result": perhaps("string", "Where the result is, once it is done."),
    }


def event(schema: str = "Job") -> Schema:
    """An event of a stream, whose data is a job of this schema as JSON."""
    job = {"contentMediaType": "application/json", "contentSchema": {"$ref": f"#/components/schemas/{schema}"}}
    return object_of("One event.", {"event": {"enum": ["progress", "end"]}, "data": {"type": "string"} | job})


def perhaps(kind: str, about: str) -> Schema:
    """A value of a type, or null."""
    return {"type": [kind, "null"], "description": about}


def operation(name: str, summary: str, responses: Schema) -> Schema:
    """Every request may be refused for who asks: 401 without a token, 403 for a name or page, 431 for its headers."""
    return {"operationId": name, "summary": summary, "responses": responses | problems(401, 403, 431)}


def problems(*statuses: int) -> Schema:
    """Refusals of these statuses."""
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
        | ({"headers": {"Retry-After": header("Seconds.")}} if status == 429 else {})
        for status in statuses
    }


def json_reply(about: str, schema: str) -> Schema:
    """A reply as JSON of a named schema."""
    return {
        "description": about,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def object_of(about: str, properties: Schema) -> Schema:
    """An object that has all of these."""
    return {"type": "object", "description": about, "required": list(properties), "properties": properties}


def state() -> Schema:
    """The state of a job."""
    return {"enum": ["queued", "running", "done", "failed", "cancelled"]}


def identifier(about: str) -> Schema:
    """The id in a path."""
    schema = {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_-]+$"}
    return {"name": "id", "in": "path", "required": True, "description": about, "schema": schema}


def links(*operations: str) -> Schema:
    """What may be asked next, with the id of the reply."""
    return {name: {"operationId": name, "parameters": {"id": "$response.body#/id"}} for name in operations}


def header(about: str) -> Schema:
    """A header with text."""
    return {"description": about, "schema": {"type": "string"}}


def if_none_match() -> Schema:
    """The header with an ETag of before."""
    return {
        "name": "If-None-Match",
        "in": "header",
        "description": "An ETag of before.",
        "schema": {"type": "string", "pattern": "^[!-~ ]*$"},
    }
