# SPDX-License-Identifier: GPL-3.0-or-later
"""The phone recogniser that all engines share: speech, with a transcript where there is one, to a PhoneTrack."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from mien.audio.speech import Speech
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.track import PhoneTrack

__all__ = ["RecognitionError", "recognise_phones"]

CACHED = 4  # tracks, so that several takes of one sound are recognised once
_tracks: OrderedDict[tuple[str, str], PhoneTrack] = OrderedDict()


def recognise_phones(
    speech: Speech, transcript: str = "", progress: Callable[[float], None] = lambda done: None
) -> PhoneTrack:
    """The phones of speech in any language; of `transcript`, aligned with it, where one is given. RecognitionError in
    words.

    `progress` is called with the fraction done every few seconds of sound, and may raise to stop.
    """
    key = (speech.sha256, transcript.strip())
    if key not in _tracks:
        from mien.speech_analysis import network  # torch takes a second to load: only when it is needed

        track = network.align(speech, key[1], progress) if key[1] else network.recognise(speech, progress)
        _tracks[key] = track
        while len(_tracks) > CACHED:
            _tracks.popitem(last=False)
    return _tracks[key]
