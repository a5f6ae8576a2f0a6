# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTPS to a backend whose certificate was trusted by its fingerprint."""

import hashlib
import http.client
import ssl

from .errors import Untrusted


class PinnedConnection(http.client.HTTPSConnection):
    """HTTPS to the server whose certificate has this fingerprint, whatever its names and dates; else Untrusted."""

    def __init__(self, host: str, port: int, timeout: float, sha256: str) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # checked below, by its fingerprint
        super().__init__(host, port, timeout=timeout, context=context)
        self._sha256 = sha256

    def connect(self) -> None:
        super().connect()
        sha256 = hashlib.sha256(self.sock.getpeercert(binary_form=True) or b"").hexdigest()
        if sha256 == self._sha256:
            return
        self.close()
        where = f"{self.host}:{self.port}"
        if not self._sha256:
            sentence = f"The certificate of {where} is not known yet. Compare its fingerprint, then trust it."
        else:
            sentence = (
                f"The certificate of {where} has changed since it was trusted, and nothing was sent. Ask whoever runs "
                "the backend whether it was renewed; if not, something stands in between."
            )
        raise Untrusted(sentence, sha256, self._sha256)


def in_groups(sha256: str) -> str:
    """A fingerprint in groups of four digits, as the backend prints it for comparison."""
    return " ".join(sha256[i : i + 4] for i in range(0, len(sha256), 4))
