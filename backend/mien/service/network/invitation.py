# SPDX-License-Identifier: GPL-3.0-or-later
"""Invitation: what a client needs to use this backend, as one line to paste into the extension and as a QR code.

    https://192.168.1.5:8642/#token=mien-...&sha256=...

What stands after the `#` is never sent by a browser that opens it.
"""

from __future__ import annotations

import io

import segno

from mien.service.network.certificate import in_groups


def invitation(url: str, token: str, fingerprint: str = "") -> str:
    """The line. `fingerprint` of the certificate, '' without TLS."""
    return f"{url}/#token={token}" + (f"&sha256={fingerprint}" if fingerprint else "")


def invitation_text(urls: list[str], name: str, token: str, fingerprint: str = "") -> str:
    """What the terminal shows once: addresses, token, fingerprint, and the line for the first address, also as a QR
    code."""
    line = invitation(urls[0], token, fingerprint)
    picture = io.StringIO()
    segno.make(line, error="l", micro=False).terminal(picture, compact=True)
    lines = [f"The token of {name!r}. It is shown this once; only its hash is kept.", ""]
    lines += [f"  address      {urls[0]}", *(f"  or           {url}" for url in urls[1:])]
    lines += [f"  token        {token}"]
    if fingerprint:
        first, second = in_groups(fingerprint).split("\n")
        lines += [f"  certificate  {first}", f"               {second}"]
    lines += [
        "",
        "Paste this line as the address in Blender's panel, or read it from the picture:",
        "",
        f"  {line}",
        "",
    ]
    return "\n".join(lines) + "\n" + picture.getvalue()
