# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoder: uploaded files are decoded to samples in a process of its own, with a limit of memory and of time.

Decoders are C libraries that read untrusted files. A file that crashes one, that never ends or that grows to gigabytes
costs that process (`python -m mien.service.workers.decode_process BYTES`) and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from mien.audio.speech import RATE, Speech, SpeechError, read_speech
from mien.service.workers.process import ParentPipe, ProcessEnded, WorkerProcess

MODULE = "mien.service.workers.decode_process"
MEMORY = 256 << 20  # bytes: Python, the libraries and the block being decoded, with a margin
# Threads of OpenBLAS, by default one a processor, would take 8 MiB and more each, and decoding has no use for them
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
COPIES = 6  # of the samples, at most, that reading needs at the same time
TIME_S, TIME_SHARE = 20.0, 0.2  # s, and s a second of the longest sound: slow machines decode a hundred times faster
IDLE_S = 60.0  # how long the process waits for the next sound
SOUNDS = 200  # after which it is replaced, with whatever memory the decoders leak


@dataclass(frozen=True)
class Sound:
    """`sha256` of the samples' float32 bytes, how many there are, the file that has them, and how the upload was read
    (JSON of a `Reading`)."""

    sha256: str
    samples: int
    file: Path
    reading: str = ""


class Decoder:
    """At most one process, which decodes one file after another. `decode` may be called from any thread."""

    def __init__(self, limit_s: float, data_folder: Path) -> None:
        self._limit_s = limit_s
        self._memory = MEMORY + int(COPIES * limit_s * RATE * 4)
        self._data_folder = data_folder
        self._process: WorkerProcess | None = None
        self._count = 0
        self._lock = threading.Lock()
        self._idle: threading.Timer | None = None

    def decode(self, source: Path, name: str, result: Path, track: int | None = None) -> Sound:
        """Decode the file `source`, which is called `name` in messages, into the new file `result`; `track`: which
        sound track, from 1. Raises SpeechError in words; OSError when there is no room for it."""
        reply = self._ask({"source": str(source), "name": name, "result": str(result), "track": track})
        return Sound(reply["sha256"], reply["samples"], result, reply["reading"])

    def suggest_emotion(self, source: Path, name: str, track: int | None = None) -> dict:
        """What the voice of the file `source` suggests, as `SuggestedEmotion.to_json` has it. Raises SpeechError in
        words, for a sound without a voice, too."""
        return self._ask({"source": str(source), "name": name, "track": track})["suggested"]

    def release(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._cancel_timer()
            self._end()

    def close(self) -> None:
        """End the process without waiting for what it is doing."""
        self._cancel_timer()
        self._end()

    def _ask(self, message: dict) -> dict:
        """The reply of the process. Raises SpeechError, OSError."""
        with self._lock:
            self._cancel_timer()
            try:
                return self._reply(message | {"limit_s": self._limit_s}, message["name"])
            finally:
                self._idle = threading.Timer(IDLE_S, self.release)
                self._idle.daemon = True
                self._idle.start()

    def _reply(self, message: dict, name: str) -> dict:
        if self._process is None or not self._process.running or self._count >= SOUNDS:
            self._end()
            self._process = WorkerProcess(MODULE, self._memory, self._data_folder, environment=ENVIRONMENT)
            self._count = 0
        self._count += 1
        limit_s = TIME_S + TIME_SHARE * self._limit_s
        try:
            self._process.send(message)
            reply = self._process.receive(limit_s)
        except TimeoutError:
            self._end()
            raise SpeechError(
                f"The sound {name!r} was not decoded within {limit_s:.0f} s. It may be damaged: export it again as WAV."
            ) from None
        except ProcessEnded as error:
            self._end()
            raise SpeechError(
                f"The sound {name!r} broke the decoder: {error}. It may be damaged: export it again as WAV."
            ) from None
        if "memory" in reply:
            self._end()
            raise SpeechError(
                f"The sound {name!r} takes more memory to decode than {self._memory >> 20} MiB. Export it again as a "
                "WAV with one channel."
            )
        if "sentence" in reply:
            raise SpeechError(reply["sentence"])
        if "errno" in reply:
            raise OSError(reply["errno"], os.strerror(reply["errno"]))
        return reply

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def _cancel_timer(self) -> None:
        if self._idle is not None:
            self._idle.cancel()


def decode(message: dict) -> dict:
    """In the child process: decode one file, into `result` or, without that, to what its voice suggests; the reply."""
    try:
        source, track = Path(message["source"]), message.get("track")
        speech = read_speech(source, name=message["name"], limit_s=message["limit_s"], track=track)
        if "result" not in message:
            return _suggestion(speech)
        data = speech.samples.astype("<f4", copy=False).tobytes()
        with Path(message["result"]).open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except SpeechError as error:
        return {"sentence": str(error)}
    except MemoryError:
        return {"memory": True}
    except OSError as error:
        return {"errno": error.errno}
    reading = speech.reading.to_json()
    return {"sha256": hashlib.sha256(data).hexdigest(), "samples": len(speech.samples), "reading": reading}


def _suggestion(speech: Speech) -> dict:
    from mien.speech_analysis.vocal.suggestion import NoVoice, suggest_emotion  # SciPy and Praat, for few of the sounds

    try:
        return {"suggested": suggest_emotion(speech).to_json()}
    except NoVoice as error:
        return {"sentence": str(error)}


if __name__ == "__main__":
    parent = ParentPipe()
    for message in parent.messages():
        parent.reply(decode(message))
