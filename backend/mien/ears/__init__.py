# SPDX-License-Identifier: GPL-3.0-or-later
"""Ears turn speech into a PhoneTrack. One ear so far; a network of Mien's own takes its place later."""

from __future__ import annotations

import functools

from mien.ears.base import EarError
from mien.phones import PhoneTrack
from mien.speech import Speech

__all__ = ["EarError", "listen"]


def listen(speech: Speech, transcript: str = "") -> PhoneTrack:
    """The phones of a voice; forced onto `transcript` where one is given. EarError in words.

    The last few are remembered, so that several takes of one sound are heard once.
    """
    return _listen(_Heard(speech), transcript.strip())


class _Heard:
    """A speech as a cache key: equal samples are the same sound."""

    def __init__(self, speech: Speech):
        self.speech = speech

    def __hash__(self) -> int:
        return hash(self.speech.sha256)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Heard) and self.speech.sha256 == other.speech.sha256


@functools.lru_cache(maxsize=4)
def _listen(heard: _Heard, transcript: str) -> PhoneTrack:
    from mien.ears import pocketsphinx  # loads a 30 MB model: only when somebody listens

    if transcript:
        return pocketsphinx.align(heard.speech, transcript)
    return pocketsphinx.hear(heard.speech)
