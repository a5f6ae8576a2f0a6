# SPDX-License-Identifier: GPL-3.0-or-later
"""Ears turn speech into a PhoneTrack. Mien's own (`network`) hears by default; PocketSphinx's English model
(`pocketsphinx`, an extra) is what it is measured against."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from mien.audio.speech import Speech
from mien.speech_analysis.errors import EarError
from mien.speech_analysis.track import PhoneTrack

__all__ = ["EarError", "listen"]

REMEMBERED = 4  # tracks, so that several takes of one sound are heard once
_tracks: OrderedDict[tuple[str, str], PhoneTrack] = OrderedDict()


def listen(speech: Speech, transcript: str = "", progress: Callable[[float], None] = lambda done: None) -> PhoneTrack:
    """The phones of a voice in any language; forced onto `transcript` where one is given. EarError in words.

    `progress` is called with the fraction heard every few seconds of sound, and may raise to stop.
    """
    key = (speech.sha256, transcript.strip())
    if key not in _tracks:
        from mien.speech_analysis import network  # torch takes a second to load: only when somebody listens

        heard = network.align(speech, key[1], progress) if key[1] else network.hear(speech, progress)
        _tracks[key] = heard
        while len(_tracks) > REMEMBERED:
            _tracks.popitem(last=False)
    return _tracks[key]
