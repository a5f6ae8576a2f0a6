# SPDX-License-Identifier: GPL-3.0-or-later
"""StaticFile: the files of the page. They are looked up in a table: no path that a client names is opened.

They hold nothing secret, and a browser cannot send a token before it has them: so they are sent to everybody whom the
Host and Origin checks let in, and nothing else is.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
INDEX, PREFIX = "index.html", "/page/"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
# Scripts, styles and requests of this backend alone, nothing inline, no frame around it; pictures, films and sounds
# also from the page's own memory (blob:), as they are fetched with a token; three.js fetches a
# glTF's pictures from there.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' blob:; img-src 'self' blob:; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True)
class StaticFile:
    """What is sent for one path; `tag` is its ETag."""

    content: bytes
    media_type: str
    tag: str


@functools.cache
def static_files() -> dict[str, StaticFile]:
    """Every file of the page by its path: "/" and "/page/NAME"."""
    files = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix in MEDIA_TYPES:
            content = path.read_bytes()
            tag = f'"{hashlib.sha256(content).hexdigest()}"'
            name = path.relative_to(FOLDER).as_posix()
            files["/" if name == INDEX else PREFIX + name] = StaticFile(content, MEDIA_TYPES[path.suffix], tag)
    return files


def is_static(scope: Scope) -> bool:
    """Whether a request only reads a file of the page, for which no token is asked."""
    return scope["method"] in ("GET", "HEAD") and scope["path"] in static_files()


def static_response(http: Request) -> Response | None:
    """The file of a request's path; None where there is none."""
    file = static_files().get(http.url.path)
    if file is None:
        return None
    headers = HEADERS | {"ETag": file.tag}
    if file.tag in http.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)
