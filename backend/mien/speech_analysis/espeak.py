# SPDX-License-Identifier: GPL-3.0-or-later
"""espeak-ng through its C library: the pronunciation of a text, and synthesised speech with the time of each phone.

The library is Debian's `libespeak-ng1`, or the one of the Python package `espeakng-loader`; both GPL-3.0-or-later.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import importlib.util
import json
import re
import subprocess
import sys
import threading
from dataclasses import dataclass

import numpy as np

from mien.errors import MISSING, MienError

# Of speak_lib.h: ways to speak and to set up, an event, a coding, the numbers of parameters
SYNCHRONOUS, PHONEME_EVENTS, PHONEME_IPA = 2, 1, 2
PHONEME, UTF8, IPA = 7, 1, 2
SPEED, PITCH, RANGE = 1, 3, 4
# The language that espeak-ng speaks for a code of ISO 639-1, where it is another than the code
DIALECTS = {"en": "en-us", "pt": "pt-br", "zh": "cmn"}
SWITCH = re.compile(r"\([a-z][a-z0-9-]*\)")  # (en) where a word is taken for one of another language
STRESS = str.maketrans("", "", "ˈˌ")
LOCK = threading.Lock()  # the library has one voice and one callback at a time


class EspeakError(MienError, LookupError):
    """espeak-ng is not here, or has no such voice; the message says what to do."""

    exit_status = MISSING


class Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h"""

    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # ms
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    ]


@dataclass(frozen=True, eq=False)
class Synthesised:
    samples: np.ndarray  # (N,) int16
    rate: int
    phones: list[tuple[str, float]]  # IPA symbol, seconds it begins at; "" where nothing sounds


def missing() -> str:
    """What has to be installed, in words; empty when nothing."""
    if ctypes.util.find_library("espeak-ng") or importlib.util.find_spec("espeakng_loader"):
        return ""
    return "espeak-ng is not installed: apt-get install espeak-ng on Debian, pip install espeakng-loader elsewhere."


@functools.cache
def _library() -> tuple[ctypes.CDLL, int]:
    """(the library, its sample rate), set up once: a second set-up in one process hangs."""
    if why := missing():
        raise EspeakError(why)
    path, data = ctypes.util.find_library("espeak-ng"), None
    if path is None:
        import espeakng_loader

        path, data = espeakng_loader.get_library_path(), espeakng_loader.get_data_path().encode()
    espeak = ctypes.CDLL(path)
    rate = espeak.espeak_Initialize(SYNCHRONOUS, 0, data, PHONEME_EVENTS | PHONEME_IPA)
    if rate <= 0:
        raise EspeakError(f"espeak-ng ({path}) could not be set up: it answered {rate}; is its data there?")
    espeak.espeak_TextToPhonemes.restype = ctypes.c_char_p
    espeak.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
    return espeak, rate


def _choose(espeak: ctypes.CDLL, voice: str) -> None:
    if espeak.espeak_SetVoiceByName(voice.encode()) != 0:
        raise EspeakError(f"espeak-ng has no voice {voice!r}; `espeak-ng --voices` lists those it has.")


def say(voice: str, text: str, words_a_minute: int = 150, pitch: int = 50, liveliness: int = 50) -> Synthesised:
    """Let `voice` (for example en-us+m3) say a text; `pitch` and `liveliness` (its range) are 0..99.

    EspeakError where there is no espeak-ng, or no such voice.
    """
    espeak, rate = _library()
    parts: list[np.ndarray] = []
    phones: list[tuple[str, float]] = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))
    def receive(wave, count, events):
        if wave and count > 0:
            parts.append(np.ctypeslib.as_array(wave, (count,)).copy())
        i = 0
        while events[i].type:
            if events[i].type == PHONEME:
                phones.append((events[i].name.decode("utf-8", "ignore"), events[i].audio_position / 1000))
            i += 1
        return 0

    with LOCK:
        espeak.espeak_SetSynthCallback(receive)
        _choose(espeak, voice)
        for parameter, value in ((SPEED, words_a_minute), (PITCH, pitch), (RANGE, liveliness)):
            espeak.espeak_SetParameter(parameter, value, 0)
        data = text.encode()
        espeak.espeak_Synth(data, len(data) + 1, 0, 1, 0, UTF8, None, None)
        espeak.espeak_Synchronize()
    return Synthesised(np.concatenate(parts) if parts else np.zeros(0, np.int16), rate, phones)


def say_in_process(voice: str, text: str, *settings: int, limit_s: float = 20) -> Synthesised:
    """`say` in a process of its own: espeak-ng speaks differently after each sentence, and hangs at a few of them.

    EspeakError, too, when it took longer than `limit_s`.
    """
    command = [sys.executable, "-m", "mien.speech_analysis.espeak", voice, *map(str, settings)]
    try:
        result = subprocess.run(command, input=text.encode(), capture_output=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        raise EspeakError(f"espeak-ng hung over {text!r} ({voice}, more than {limit_s:g} s).") from None
    if result.returncode != 0:
        output = result.stderr.decode(errors="replace").strip().splitlines()
        raise EspeakError(
            f"espeak-ng ({voice}) could not say {text!r}: {output[-1] if output else 'it gave no reason'}"
        )
    head, _, sound = result.stdout.partition(b"\n")
    fields = json.loads(head)
    return Synthesised(
        np.frombuffer(sound, np.int16), fields["rate"], [(symbol, at) for symbol, at in fields["phones"]]
    )


def pronounce(language: str, text: str) -> list[list[str]]:
    """Pronunciation of a text in a language (ISO 639-1, or a voice of espeak-ng): its words, each the IPA symbols in
    it.

    Numbers and abbreviations are read out, and little words may join the next (English "in the" is one word), so the
    words are not those of the text. EspeakError where there is no espeak-ng, or it does not speak the language.
    """
    return [[symbol.translate(STRESS) for symbol in word] for word in _transcribed(language, text)]


def stresses(language: str, text: str) -> list[tuple[str, bool]]:
    """The IPA symbols of a text in order, and of each whether it is a vowel of primary stress; as `pronounce`."""
    return [(symbol.translate(STRESS), "ˈ" in symbol) for word in _transcribed(language, text) for symbol in word]


def _transcribed(language: str, text: str) -> list[list[str]]:
    """Words of IPA symbols with their stress."""
    espeak, _ = _library()
    clauses: list[str] = []
    with LOCK:
        _choose(espeak, DIALECTS.get(language, language))
        left = ctypes.c_char_p(text.encode())
        while left.value is not None:  # one clause a call
            clauses.append(espeak.espeak_TextToPhonemes(ctypes.byref(left), UTF8, IPA | ord("_") << 8).decode())
    words = [SWITCH.sub("", word) for word in " ".join(clauses).split()]
    return [symbols for word in words if (symbols := [one for one in word.split("_") if one.translate(STRESS)])]


def main() -> None:
    """The process of `say_in_process`: voice and settings as arguments, text on stdin, phones and samples on stdout."""
    synthesised = say(sys.argv[1], sys.stdin.buffer.read().decode(), *map(int, sys.argv[2:]))
    sys.stdout.buffer.write(json.dumps({"rate": synthesised.rate, "phones": synthesised.phones}).encode() + b"\n")
    sys.stdout.buffer.write(synthesised.samples.tobytes())


if __name__ == "__main__":
    main()
