# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user has to know of a sound and its transcript, in sentences: how the file was read, that nothing was heard as
speech, and where the text is not what is said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.audio.speech import RATE, Speech
from mien.audio.speech_likeness import seconds_like_speech
from mien.speech_analysis import track as phones
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import PhoneTrack

LEAST_S = 0.15  # seconds of speech: as long as a short word
FLAT = 0.2  # spectral flatness (Gray and Markel 1974): white noise 0.56, a tone near 0
NAMED = 4  # places of disagreement that are named


def speech_seconds(speech: Speech, track: PhoneTrack | None) -> float:
    """Seconds in which somebody speaks, as the recogniser hears it; without a track by a simpler measure."""
    if track is None or track.speech is None:
        return seconds_like_speech(speech.samples)[0]
    return float((track.speech > 0.5).sum()) / phones.RATE


def warnings_of(speech: Speech, track: PhoneTrack | None) -> list[str]:
    """Sentences; none for a voice that was read and understood whole."""
    found = list(speech.reading.notes)
    if speech_seconds(speech, track) < min(LEAST_S, 0.5 * float(speech.duration)):
        found.append(
            f"Nothing was heard as speech: {sound_in_words(speech)}. Check the file, its track and its channels."
        )
    elif track is not None and track.disagreements:
        found.append(_disagreement(track.disagreements, len(track) / phones.RATE))
    return found


def sound_in_words(speech: Speech) -> str:
    """A sound without speech, as 'the sound is like noise, at -30 LUFS'."""
    level = speech.reading.loudness
    if not np.any(speech.samples) or (level is None and float(np.abs(speech.samples).max()) < 1e-4):
        return f"the sound is silence, {float(speech.duration):.1f} s of it"
    kind = "noise" if _flatness(speech.samples) > FLAT else "music or a tone" if _voiced(speech) > 0.2 else "noises"
    if level is None:
        level = 20 * float(np.log10(np.sqrt(np.mean(np.square(speech.samples, dtype=np.float64))) + 1e-9))
    return f"the sound is like {kind}, at {level:.0f} LUFS"


def _flatness(samples: np.ndarray) -> float:
    """Geometric over arithmetic mean of the power from 100 Hz to 7 kHz, the median of frames that are not silent."""
    frames = samples[: len(samples) // 512 * 512].reshape(-1, 512)
    if not len(frames):
        return 0.0
    power = np.abs(np.fft.rfft(frames * np.hanning(512))) ** 2
    band = power[:, 4:224] + 1e-15
    flat = np.exp(np.log(band).mean(1)) / band.mean(1)
    strong = band.sum(1) > 1e-4 * band.sum(1).max()
    return float(np.median(flat[strong]))


def _voiced(speech: Speech) -> float:
    return float(analyse_prosody(Speech.from_samples(speech.samples[: 60 * RATE])).voiced.mean())


def _disagreement(places: Sequence[tuple[float, float]], seconds: float) -> str:
    where = ", ".join(f"{begin:.1f} to {end:.1f} s" for begin, end in places[:NAMED])
    where += f" and {len(places) - NAMED} more places" if len(places) > NAMED else ""
    if sum(end - begin for begin, end in places) > 0.6 * seconds:
        return f"The transcript is not what the sound says, from {where}. Check the text, or leave it out."
    return f"The transcript and the sound disagree from {where}. Check the text there."
