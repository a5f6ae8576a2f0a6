# SPDX-License-Identifier: GPL-3.0-or-later
"""A multipart form with files and some text fields, as POST /v1/takes, /v1/tracks and /v1/films take it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from urllib.parse import unquote

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from mien.service.http.problems import Problem, room_for

FIELD_BYTES = 2**20  # of a text field, unless a form allows more


async def receive_form(
    http: Request, fields: Sequence[str], field_bytes: int = FIELD_BYTES, files: int = 1
) -> FormData:
    """The form of a request, to be closed by the caller. fields: the file's first; files: how many there may be. Raises
    Problem for another body."""
    content_type, file = http.headers.get("content-type", "no content type"), fields[0]
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        raise Problem(
            415, f"The request has {content_type[:80]}; send multipart/form-data with the {file} as a file `{file}`."
        )
    try:
        with room_for(file):  # large files lie on the disk until they are read
            return await http.form(max_files=files, max_fields=len(fields), max_part_size=field_bytes)
    except Problem:
        raise
    except HTTPException as error:
        raise Problem(
            400, f"The multipart body cannot be read ({error.detail.rstrip('.')}). Send one file `{file}`."
        ) from error


def file_and_texts(form: FormData | Mapping[str, object], fields: Sequence[str]) -> tuple[UploadFile, dict[str, str]]:
    """(the file, the text of each other field, "" where it is not there). Raises Problem for unknown fields and for
    those of the other kind."""
    check_fields(form, fields)
    file = form.get(fields[0])
    if not isinstance(file, UploadFile):
        raise Problem(422, f"The request has no file `{fields[0]}`. Send the {fields[0]} as a file of that name.")
    return file, texts_of(form, fields[1:])


def check_fields(form: FormData | Mapping[str, object], fields: Sequence[str]) -> None:
    """Raises Problem for a field that is not one of these, or is there twice."""
    unknown = [name for name in form if name not in fields]
    if unknown:
        raise Problem(422, f"The request has a field {unknown[0][:60]!r}; the fields are {', '.join(fields)}.")
    if isinstance(form, FormData):
        twice = [name for name in form if len(form.getlist(name)) > 1]
        if twice:
            raise Problem(422, f"The request has the field {twice[0]!r} more than once; send it once.")


def texts_of(form: FormData | Mapping[str, object], fields: Sequence[str]) -> dict[str, str]:
    """The text of each of these fields, "" where it is not there. Raises Problem for a file."""
    texts: dict[str, str] = {}
    for name in fields:
        text = form.get(name, "")
        if not isinstance(text, str):
            raise Problem(422, f"The field {name!r} is a file; send it as text.")
        texts[name] = text
    return texts


def copy_upload(upload: UploadFile, path: Path) -> None:
    """Copy an uploaded file into a new one."""
    upload.file.seek(0)
    with path.open("xb") as file:
        shutil.copyfileobj(upload.file, file)


def upload_digest(upload: UploadFile) -> str:
    """sha256 of an uploaded file, in hex."""
    upload.file.seek(0)
    # its type asks for `getbuffer` or `readinto`, which the temporary files of uploads have
    return hashlib.file_digest(upload.file, "sha256").hexdigest()  # pyright: ignore[reportArgumentType]


def name_of(file: UploadFile, default: str) -> str:
    """Only a name for messages: nothing is opened by it."""
    return PurePath(unquote(file.filename or default)).name[:100]


def track_number(text: str) -> int | None:
    """The number of a sound track, from 1; None for "". Raises Problem."""
    if text and not (len(text) <= 4 and text.isascii() and text.isdigit() and 1 <= int(text) <= 1000):
        raise Problem(422, f"The field 'track' is {text[:40]!r}; send the number of a sound track, from 1.")
    return int(text) if text else None
