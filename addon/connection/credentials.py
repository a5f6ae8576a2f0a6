# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials of backends: the token, and the fingerprint of the trusted certificate. No bpy.

They are kept apart from requests and addresses, which are shown, logged and reported, and are loaded from Blender's
preferences.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Credential:
    """token: '' where none is needed; sha256: fingerprint of the trusted certificate in hex, '' for none."""

    token: str = ""
    sha256: str = ""


def plain_address(address: str) -> str:
    """The address as it is compared and shown: with a scheme, without an invitation's part after '#' and a last '/'."""
    text = address.strip().partition("#")[0].rstrip("/")
    return text if "://" in text or not text else f"http://{text}"


def parse_invitation(address: str) -> Credential:
    """The credential in an invitation that `mien serve --lan` prints: ADDRESS/#token=...&sha256=..."""
    fields = {name: values[0] for name, values in parse_qs(urlsplit(address.strip()).fragment).items()}
    return Credential(fields.get("token", ""), fields.get("sha256", "").lower())


class Credentials:
    """Credentials by address. Methods may be called from any thread."""

    def __init__(self) -> None:
        self._by_address: dict[str, Credential] = {}

    def put(self, address: str, credential: Credential) -> None:
        self._by_address[plain_address(address)] = credential

    def of(self, address: str) -> Credential:
        return self._by_address.get(plain_address(address), Credential())

    def clear(self) -> None:
        self._by_address.clear()


credentials = Credentials()
