# SPDX-License-Identifier: GPL-3.0-or-later
"""espeak-ng through its C library: speech together with the exact time of each phone."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
from dataclasses import dataclass

import numpy as np

SYNCHRONOUS, PHONEME_EVENTS, PHONEME_IPA, PHONEME, UTF8 = 2, 1, 2, 7, 1


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
class Spoken:
    samples: np.ndarray  # (N,) int16
    rate: int
    phones: list[tuple[str, float]]  # IPA symbol, seconds it begins at; "" where nothing sounds


def available() -> bool:
    return ctypes.util.find_library("espeak-ng") is not None


@functools.cache
def _library() -> tuple[ctypes.CDLL, int]:
    """(the library, its sample rate), set up once: a second set-up in one process hangs."""
    espeak = ctypes.CDLL(ctypes.util.find_library("espeak-ng"))
    return espeak, espeak.espeak_Initialize(SYNCHRONOUS, 0, None, PHONEME_EVENTS | PHONEME_IPA)


def say(voice: str, text: str, words_a_minute: int = 150) -> Spoken:
    """Let `voice` (for example en-us+m3) say a text."""
    espeak, rate = _library()
    parts: list[np.ndarray] = []
    phones: list[tuple[str, float]] = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))
    def heard(wave, count, events):
        if wave and count > 0:
            parts.append(np.ctypeslib.as_array(wave, (count,)).copy())
        i = 0
        while events[i].type:
            if events[i].type == PHONEME:
                phones.append((events[i].name.decode("utf-8", "ignore"), events[i].audio_position / 1000))
            i += 1
        return 0

    espeak.espeak_SetSynthCallback(heard)
    if espeak.espeak_SetVoiceByName(voice.encode()) != 0:
        raise LookupError(f"espeak-ng has no voice {voice!r}")
    espeak.espeak_SetParameter(1, words_a_minute, 0)
    data = text.encode()
    espeak.espeak_Synth(data, len(data) + 1, 0, 1, 0, UTF8, None, None)
    espeak.espeak_Synchronize()
    return Spoken(np.concatenate(parts), rate, phones)
