# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones and prosody of a voice, for any engine."""

from __future__ import annotations

from mien.audio.speech import Speech
from mien.direction import Direction, DirectionError
from mien.engines.base import Progress
from mien.speech_analysis.errors import EarError
from mien.speech_analysis.prosody import Prosody, listen_to_prosody
from mien.speech_analysis.recognizer import listen
from mien.speech_analysis.track import PhoneTrack


def listened(speech: Speech, direction: Direction, progress: Progress, share: float) -> tuple[PhoneTrack, Prosody]:
    """The phones and the melody of a voice; the phones are `share` of all the work. DirectionError where the transcript
    does not fit."""
    progress(0.0, "listening")
    try:
        track = listen(speech, direction.transcript, lambda done: progress(share * done, "listening"))
    except EarError as error:
        raise DirectionError(str(error)) from error
    progress(share, "hearing the melody")
    return track, listen_to_prosody(speech)
