# SPDX-License-Identifier: GPL-3.0-or-later
"""A multipart form with one file and some text fields, as POST /v1/takes and /v1/tracks take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from urllib.parse import unquote

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from mien.service.http.problems import Problem

FIELD_BYTES = 2**20  # of a text field, unless a form allows more


async def receive_form(http: Request, fields: Sequence[str], field_bytes: int = FIELD_BYTES) -> FormData:
    """The form of a request, to be closed by the caller. fields: the file's first. Raises Problem for another body."""
    content_type, file = http.headers.get("content-type", "no content type"), fields[0]
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        raise Problem(
            415, f"The request has {content_type[:80]}; send multipart/form-data with the {file} as a file `{file}`."
        )
    try:
        return await http.form(max_files=1, max_fields=len(fields), max_part_size=field_bytes)
    except Problem:
        raise
    except HTTPException as error:
        raise Problem(
            400, f"The multipart body cannot be read ({error.detail.rstrip('.')}). Send one file `{file}`."
        ) from error


def file_and_texts(form: FormData | Mapping[str, object], fields: Sequence[str]) -> tuple[UploadFile, dict[str, str]]:
    """(the file, the text of each other field, "" where it is not there). Raises Problem for unknown fields and for
    those of the other kind."""
    unknown = [name for name in form if name not in fields]
    if unknown:
        raise Problem(422, f"The request has a field {unknown[0][:60]!r}; the fields are {', '.join(fields)}.")
    file = form.get(fields[0])
    if not isinstance(file, UploadFile):
        raise Problem(422, f"The request has no file `{fields[0]}`. Send the {fields[0]} as a file of that name.")
    texts: dict[str, str] = {}
    for name in fields[1:]:
        text = form.get(name, "")
        if not isinstance(text, str):
            raise Problem(422, f"The field {name!r} is a file; send it as text.")
        texts[name] = text
    return file, texts


def name_of(file: UploadFile, default: str) -> str:
    """Only a name for messages: nothing is opened by it."""
    return PurePath(unquote(file.filename or default)).name[:100]
