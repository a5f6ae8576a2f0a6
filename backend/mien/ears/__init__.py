# SPDX-License-Identifier: GPL-3.0-or-later
"""Ears turn speech into a PhoneTrack. One ear so far; a network of Mien's own takes its place later."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from mien.ears.base import EarError
from mien.phones import PhoneTrack
from mien.speech import Speech

__all__ = ["EarError", "listen"]

REMEMBERED = 4  # tracks, so that several takes of one sound are heard once
_tracks: OrderedDict[tuple[str, str], PhoneTrack] = OrderedDict()


def listen(speech: Speech, transcript: str = "", progress: Callable[[float], None] = lambda done: None) -> PhoneTrack:
    """The phones of a voice; forced onto `transcript` where one is given. EarError in words.

    `progress` is called with the fraction heard every few seconds of sound, and may raise to stop.
    """
    key = (speech.sha256, transcript.strip())
    if key not in _tracks:
        from mien.ears import pocketsphinx  # loads a 30 MB model: only when somebody listens

        heard = pocketsphinx.align(speech, key[1], progress) if key[1] else pocketsphinx.hear(speech, progress)
        _tracks[key] = heard
        while len(_tracks) > REMEMBERED:
            _tracks.popitem(last=False)
    return _tracks[key]
