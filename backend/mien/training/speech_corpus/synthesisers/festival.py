# SPDX-License-Identifier: GPL-3.0-or-later
"""Festival: voices of seven languages with the time of every phone, each sentence at its own speed and pitch.

One festival process a voice is kept running. Voices are Debian packages under free licences (see VOICES).
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from mien.numeric.random_streams import stream
from mien.training.speech_corpus.synthesisers.festival_phonesets import sounds_in
from mien.training.speech_corpus.synthesisers.phone_times import timed_sounds
from mien.training.speech_corpus.utterance import RATE, CorpusError, Utterance, Voice


@dataclass(frozen=True)
class Source:
    """Festival's name of a voice, its Debian package, the encoding of its texts, its phone set, its language."""

    name: str
    package: str
    encoding: str
    phoneset: str
    language: str


SOURCES = {
    "kal": Source("kal_diphone", "festvox-kallpc16k", "ascii", "radio", "en"),  # BSD-like
    "ked": Source("ked_diphone", "festvox-kdlpc16k", "ascii", "radio", "en"),  # BSD-like
    "slt_hts": Source("cmu_us_slt_arctic_hts", "festvox-us-slt-hts", "ascii", "radio", "en"),  # BSD-like
    "italian_lp": Source("lp_diphone", "festvox-italp16k", "latin-1", "italian", "it"),  # GPL-2+
    "italian_pc": Source("pc_diphone", "festvox-itapc16k", "latin-1", "italian", "it"),  # GPL-2+
    "catalan_ona": Source("upc_ca_ona_hts", "festvox-ca-ona-hts", "latin-1", "catalan", "ca"),  # LGPL-2.1+
    "suo_fi_lj": Source("suo_fi_lj_diphone", "festvox-suopuhe-lj", "latin-1", "finnish", "fi"),  # LGPL-2+
    "suo_fi_mv": Source("hy_fi_mv_diphone", "festvox-suopuhe-mv", "latin-1", "finnish", "fi"),  # LGPL-2+
    "czech_dita": Source("czech_dita", "festvox-czech-dita", "iso-8859-2", "czech", "cs"),  # GPL-3+
    "czech_krb": Source("czech_krb", "festvox-czech-krb", "iso-8859-2", "czech", "cs"),  # GPL-3+
    "czech_machac": Source("czech_machac", "festvox-czech-machac", "iso-8859-2", "czech", "cs"),  # GPL-3+
    "czech_ph": Source("czech_ph", "festvox-czech-ph", "iso-8859-2", "czech", "cs"),  # GPL-2+
    "msu_ru_nsh": Source("msu_ru_nsh_clunits", "festvox-ru", "utf-8", "russian", "ru"),  # BSD-like
    "hindi_nsk": Source("hindi_NSK_diphone", "festvox-hi-nsk festival-hi", "utf-8", "hindi", "hi"),  # GPL-2+
}
VOICES = tuple(Voice("festival", name, source.language) for name, source in SOURCES.items())
PACKAGES = " ".join(source.package for source in SOURCES.values())
BIAS = 0.0  # s that the times are late; measured as espeak.py has it, voices from -6 to 4 ms
SPEEDS = (0.8, 1.3)
PITCHES = (0.8, 1.3)
LIMIT_S = 60  # a sentence takes it 0.1 s, its start one or two
TYPEWRITTEN = str.maketrans({"’": "'", "‘": "'", "“": " ", "”": " ", "„": " ", "–": "-", "—": ",", "…": ".", "\n": " "})

PROGRAM = """
(voice_{name})
(defvar hts_engine_params nil)
(set! mien_stretch (Param.get 'Duration_Stretch))
(set! mien_engine hts_engine_params)
(set! after_analysis_hooks (list (lambda (utt)
  (if (member 'Target (utt.relationnames utt))
    (mapcar (lambda (target) (item.set_feat target "f0" (* mien_pitch (item.feat target "f0"))))
      (utt.relation.leafs utt 'Target)))
  utt)))
(define (mien_speak text speed pitch path)
  (set! mien_pitch pitch)
  (Param.set 'Duration_Stretch (/ mien_stretch speed))
  (set! hts_engine_params
    (append (list (list "-r" speed) (list "-fm" (* 12 (/ (log pitch) (log 2))))) mien_engine))
  (let ((utt (utt.synth (eval (list 'Utterance 'Text text)))))
    (mapcar (lambda (segment) (format t "mien-phone %s %f\\n" (item.name segment) (item.feat segment "end")))
      (utt.relation.items utt 'Segment))
    (utt.save.wave utt path 'riff)))
"""


class Speaker:
    """A festival process that speaks with one voice."""

    def __init__(self, name: str) -> None:
        self.process = subprocess.Popen(
            ["festival", "--pipe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        weakref.finalize(self, _end, self.process, os.getpid())
        self.encoding = SOURCES[name].encoding
        self._run(PROGRAM.format(name=SOURCES[name].name).encode(), f"load {name}")

    def _run(self, program: bytes, purpose: str) -> list[str]:
        """The lines that festival prints for a program. CorpusError when it ends, or takes longer than LIMIT_S."""
        process, stdin, stdout = self.process, self.process.stdin, self.process.stdout
        assert stdin is not None and stdout is not None  # both are pipes
        timeout = threading.Timer(LIMIT_S, process.kill)
        timeout.start()
        lines: list[str] = []
        try:
            stdin.write(program + b'\n(format t "\\nmien-ready\\n")\n(fflush nil)\n')
            stdin.flush()
            while (line := stdout.readline()) and line != b"mien-ready\n":
                lines.append(line.decode(self.encoding, "replace").rstrip("\n"))
        except BrokenPipeError:
            line = b""
        finally:
            timeout.cancel()
        if not line:
            output = " ".join(lines[-3:]) or "nothing"
            raise CorpusError(
                f"festival could not {purpose}: it ended, or took more than {LIMIT_S} s; it printed: {output}"
            )
        return lines

    def speak(self, text: str, speed: float, pitch: float, path: Path) -> list[tuple[str, float]]:
        """Write the sound to `path`; returns the phones, each with its end in seconds."""
        quoted = text.replace("\\", " ").replace('"', " ").encode(self.encoding)
        program = b'(mien_speak "' + quoted + f'" {speed:.4f} {pitch:.4f} "{path}")'.encode()
        lines = self._run(program, f"say {text!r}")
        phones = [line.split()[1:] for line in lines if line.startswith("mien-phone ")]
        if not phones or not path.exists():
            output = [line for line in lines if line.strip("-= ")]
            raise CorpusError(f"festival could not say {text!r}: {' '.join(output[-3:]) or 'it gave no reason'}")
        return [(phone, float(end)) for phone, end in phones]


def _end(process: subprocess.Popen, owner: int) -> None:
    if owner != os.getpid():
        return
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


@functools.lru_cache(maxsize=4)
def _speaker(name: str, owner: int) -> Speaker:
    """`owner` is the id of the calling process: a fork must not share the pipes of its parent."""
    return Speaker(name)


def missing() -> str:
    """What has to be installed, in words; empty when nothing. Single voices may be missing still."""
    if not shutil.which("festival"):
        return "festival is not installed; on Debian: apt-get install festival"
    return "" if voices() else f"Festival has none of its voices; on Debian: apt-get install {PACKAGES}"


@functools.cache
def voices() -> tuple[Voice, ...]:
    """Those of VOICES that are installed."""
    command = ["festival", "--batch", '(format t "%l" (voice.list))']
    result = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True)
    names = set(result.stdout.strip("() \n").split())
    return tuple(voice for voice in VOICES if SOURCES[voice.name].name in names)


def say(voice: Voice, text: str, seed: int) -> Utterance:
    """Speak a text; `seed` draws speed and pitch. CorpusError when festival cannot."""
    if why := missing():
        raise CorpusError(why)
    if voice not in VOICES:
        raise CorpusError(f"Festival is asked for a voice {voice.name!r} of {voice.language!r} that is in no table.")
    if not any(map(str.isalnum, text)):  # festival dies of it
        raise CorpusError(f"There is no letter in {text!r} for festival to say.")
    source = SOURCES[voice.name]
    if voice not in voices():
        raise CorpusError(f"Festival lacks the voice {voice.name}; on Debian: apt-get install {source.package}")
    typed = text.translate(TYPEWRITTEN)
    try:
        typed.encode(source.encoding)
    except UnicodeEncodeError as error:
        letter = error.object[error.start]
        raise CorpusError(
            f"{letter!r} in {text!r} cannot be written in {source.encoding}, as {voice.name} wants."
        ) from None
    random = stream(seed, f"{voice.name} {text}")
    speed, pitch = (float(np.exp(random.uniform(*np.log(bounds)))) for bounds in (SPEEDS, PITCHES))
    with tempfile.TemporaryDirectory(prefix="mien-") as folder:
        path = Path(folder) / "spoken.wav"
        try:
            timed_phones = _speaker(voice.name, os.getpid()).speak(typed, speed, pitch, path)
        except CorpusError:
            _speaker.cache_clear()  # the state of festival after an error is unknown
            raise
        samples, rate = soundfile.read(path, dtype="float32")
    samples = soxr.resample(samples, rate, RATE) if rate != RATE else samples
    segments, begin = [], 0.0
    for phone, end in timed_phones:
        try:
            segments.append((sounds_in(source.phoneset, phone), begin, end))
        except KeyError:
            raise CorpusError(f"{voice.name} spoke a phone {phone!r} that is in no table, in {text!r}.") from None
        begin = end
    phones = timed_sounds(segments, BIAS, len(samples) / RATE)
    if not phones:
        raise CorpusError(f"{voice.name} found nothing to say in {text!r}.")
    return Utterance(voice, text, np.clip(samples, -1, 1), phones)
