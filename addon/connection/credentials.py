# SPDX-License-Identifier: GPL-3.0-or-later
"""What opens which backend: its token, and the fingerprint of the certificate that was trusted. No bpy.

Kept apart from requests and addresses, which are shown, logged and reported; filled from Blender's preferences.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Key:
    """`token` '' where none is asked for; `sha256` of the trusted certificate, in hex, '' while none is."""

    token: str = ""
    sha256: str = ""


def plain(address: str) -> str:
    """The address as it is compared and shown: without what an invitation has after '#', without a last '/'."""
    text = address.strip().partition("#")[0].rstrip("/")
    return text if "://" in text or not text else f"http://{text}"


def invited(address: str) -> Key:
    """The key in an invitation, as `mien serve --lan` prints it: ADDRESS/#token=...&sha256=..."""
    told = {name: values[0] for name, values in parse_qs(urlsplit(address.strip()).fragment).items()}
    return Key(told.get("token", ""), told.get("sha256", "").lower())


class Keyring:
    """Keys by address. May be asked from any thread."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}

    def put(self, address: str, key: Key) -> None:
        self._keys[plain(address)] = key

    def of(self, address: str) -> Key:
        return self._keys.get(plain(address), Key())

    def clear(self) -> None:
        self._keys.clear()


keyring = Keyring()
