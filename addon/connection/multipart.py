# SPDX-License-Identifier: GPL-3.0-or-later
"""A multipart form with files, sent in chunks as it is read from the disk (RFC 7578)."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from .errors import ClientError

CHUNK = 1 << 16  # bytes of a file sent at a time; a cancel is noticed between two chunks


@dataclass(frozen=True)
class Form:
    """The headers and the bytes of a form; the bytes may be read once, while its files are open."""

    headers: dict[str, str]
    body: Iterator[bytes]


@contextmanager
def multipart_form(
    files: Mapping[str, Path], fields: Mapping[str, str], on_sent: Callable[[float], None]
) -> Iterator[Form]:
    """The form of these fields and files; empty fields are left out. `on_sent` is called with the share of the files
    that was read, 0..1, and may raise. ClientError for a file that cannot be read."""
    boundary = f"mien-{uuid.uuid4().hex}"
    texts = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
        if value
    )
    tail = f"--{boundary}--\r\n".encode()
    with ExitStack() as stack:
        parts, total = [], 0
        for field_name, path in files.items():
            try:
                size = path.stat().st_size
                file = stack.enter_context(path.open("rb"))
            except OSError as error:
                reason = error.strerror or error
                raise ClientError(f"The {field_name} file '{path}' cannot be read: {reason}.") from None
            parts.append((_part_header(boundary, field_name, path.name), file))
            total += size

        def body() -> Iterator[bytes]:
            yield texts
            sent = 0
            for header, file in parts:
                yield header
                while chunk := file.read(CHUNK):
                    sent += len(chunk)
                    on_sent(sent / total)
                    yield chunk
                yield b"\r\n"
            yield tail

        length = len(texts) + sum(len(header) + 2 for header, _ in parts) + total + len(tail)
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(length)}
        yield Form(headers, body())


def _part_header(boundary: str, field_name: str, file_name: str) -> bytes:
    """What stands before a file in a multipart body."""
    name = quote(file_name, safe=" ()[],+-_.!'")  # a quote or a line end would break out of the header
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field_name}"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
