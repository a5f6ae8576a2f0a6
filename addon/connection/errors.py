# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with a backend; each message is a sentence for the panel."""


class ClientError(Exception):
    """The backend refused a request, or its answer cannot be used; the message is a sentence for the panel."""


class Unreachable(ClientError):
    """No backend answers at the address."""


class TimedOut(Unreachable):
    """The connection stands and no answer came in time; the backend may be busy."""


class TokenWanted(ClientError):
    """The backend needs a token, and ours is absent, wrong or revoked."""


class Untrusted(ClientError):
    """The certificate is not the trusted one, or none is trusted yet; `sha256` is its fingerprint, `expected` the
    trusted one. Nothing was sent."""

    def __init__(self, sentence: str, sha256: str, expected: str) -> None:
        super().__init__(sentence)
        self.sha256, self.expected = sha256, expected


class UnknownJob(ClientError):
    """The backend has no such job: it was restarted, or dropped the job long ago."""


class Busy(ClientError):
    """The backend has no capacity for this now; the request may be repeated after `seconds`."""

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class Stopped(Exception):
    """The animator cancelled."""
