# SPDX-License-Identifier: GPL-3.0-or-later
"""espeak-ng: formant synthesis in many languages and timbres, unlike people but with exact times.

Chinese and Japanese are left out: espeak-ng spells the former out in English here and reads no kanji.
"""

from __future__ import annotations

import soxr

from mien.numeric.random_streams import stream
from mien.speech_analysis import espeak
from mien.speech_analysis.inventory import sounds_of
from mien.training.speech_corpus.synthesisers.phone_times import timed_sounds
from mien.training.speech_corpus.utterance import RATE, CorpusError, Utterance, Voice

TIMBRES = ["m1", "m3", "m7", "f1", "f2", "f4", "f5", "croak"]
ENGLISH = tuple(
    f"{accent}+{timbre}"
    for accent in ("en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-029")
    for timbre in (*TIMBRES, "whisper", "whisperf", "klatt2", "klatt4")
)
OTHERS = ["es", "fr", "it", "pt", "hi", "ru", "cs", "fi", "ca", "de", "pl", "nl", "sv", "hu", "ro", "tr", "el"]
VOICES = tuple(Voice("espeak", name, "en") for name in ENGLISH) + tuple(
    Voice("espeak", f"{espeak.DIALECTS.get(language, language)}+{timbre}", language)
    for timbre in TIMBRES
    for language in OTHERS
)
BIAS = 0.001  # s that the times are late: with this shift the phones explain most of the spectrum's variance
WORDS_A_MINUTE = (130, 215)
PITCHES = (25, 75)
LIVELINESS = (25, 85)
SILENCE = 0.06  # s; what is shorter and has no sound belongs to the sound before it
# Symbols of espeak-ng that are not IPA, or not the sound that it speaks
MISWRITTEN = {("sv", "sx"): "ɧ", ("pt", "y"): "ɪ", ("pt", "æ"): "ɐ"}

missing = espeak.missing


def say(voice: Voice, text: str, seed: int) -> Utterance:
    """Speak a text; `seed` draws speed, pitch and pitch range. CorpusError when espeak-ng cannot."""
    if why := missing():
        raise CorpusError(why)
    random = stream(seed, f"{voice.name} {text}")
    settings = [int(random.integers(*bounds)) for bounds in (WORDS_A_MINUTE, PITCHES, LIVELINESS)]
    try:
        synthesised = espeak.say_in_process(voice.name, text, *settings)
    except espeak.EspeakError as error:
        raise CorpusError(str(error)) from None
    samples = soxr.resample(synthesised.samples.astype("float32") / 32768, synthesised.rate, RATE).clip(-1, 1)
    seconds = len(samples) / RATE
    segments: list[tuple[tuple[str, ...], float, float]] = []
    events = [(symbol, at) for symbol, at in synthesised.phones if not symbol.startswith("(")]
    for (symbol, begin), end in zip(events, [*(at for _, at in events[1:]), seconds], strict=True):
        try:
            sounds = sounds_of(MISWRITTEN.get((voice.language, symbol), symbol))
        except ValueError as error:
            raise CorpusError(f"{voice.name} spoke an unknown sound in {text!r}: {error}.") from None
        if not sounds and segments and end - begin < SILENCE:
            segments[-1] = (*segments[-1][:2], end)
        else:
            segments.append((sounds, begin, end))
    phones = timed_sounds(segments, BIAS, seconds)
    if not phones:
        raise CorpusError(f"{voice.name} found nothing to say in {text!r}.")
    return Utterance(voice, text, samples, phones)
