# SPDX-License-Identifier: GPL-3.0-or-later
"""WorkerProcess: a child process for work that may crash, hang or take too much memory, and ParentPipe, its side of it.

Both sides send JSON, one object a line, through the child's standard input and output; sounds and takes go through
files that the parent names. No pickle: nothing that comes back can run code here.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import mien
from mien.errors import MienError

PROGRESS_S = 0.05  # progress within a stage is sent at most this often
END_S = 5.0  # how long a killed process may take to end
# oneDNN caches a plan for every length of sound, 1024 by default: 0.4 MB more with each new length
ENVIRONMENT = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "256"}

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None


class ProcessEnded(MienError, RuntimeError):
    """The process ended by itself; the message says how, as a clause: 'it was killed (SIGKILL)'."""


class WorkerProcess:
    """A Python process that runs `module` (or another `command`), with at most `memory` bytes where the system has such
    a limit and it is not 0. `messages` has what it sends; None is the last."""

    def __init__(
        self,
        module: str,
        memory: int,
        data_folder: Path,
        command: Sequence[str] = (),
        environment: dict[str, str] | None = None,
    ) -> None:
        folder = str(Path(mien.__file__).parents[1])
        paths = [folder, *filter(None, [os.environ.get("PYTHONPATH")])]
        variables = {"PYTHONPATH": os.pathsep.join(paths), "MIEN_DATA_FOLDER": str(data_folder)}
        self._process = subprocess.Popen(
            [*(command or (sys.executable, "-m", module)), str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**ENVIRONMENT, **os.environ, **variables, **(environment or {})},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self.messages: queue.SimpleQueue[dict | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name=f"{module}-messages", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def send(self, message: Mapping) -> None:
        """Raises ProcessEnded when the process cannot read it."""
        try:
            self._stdin.write(json.dumps(message).encode() + b"\n")
            self._stdin.flush()
        except (OSError, ValueError):
            raise ProcessEnded(self.how_it_ended()) from None

    def receive(self, timeout_s: float | None = None) -> dict:
        """The next message. Raises ProcessEnded after the last one, TimeoutError when none comes in time."""
        try:
            message = self.messages.get(timeout=timeout_s)
        except queue.Empty:
            raise TimeoutError from None
        if message is None:
            raise ProcessEnded(self.how_it_ended())
        return message

    def how_it_ended(self) -> str:
        try:
            code = self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            return "it does not answer"
        if code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
            return f"it was killed ({name})"
        return f"it ended with status {code}"

    def kill(self) -> None:
        """End the process at once, whatever it is doing, and wait for its end."""
        self._process.kill()
        self._process.wait()
        self._reader.join(END_S)
        self._stdin.close()
        self._stdout.close()

    def _read(self) -> None:
        for line in self._stdout:
            try:
                self.messages.put(json.loads(line))
            except ValueError:  # cut off in the middle by the end of the process
                break
        self.messages.put(None)


class ParentPipe:
    """In the child process: the connection to the server. Create it before anything else: it keeps `print` and C
    libraries out of the replies, and sets the limit of memory, which is the last argument of the command line."""

    def __init__(self) -> None:
        self._replies = os.fdopen(os.dup(1), "wb")
        self._lock = threading.Lock()
        os.dup2(2, 1)
        limit_memory(int(sys.argv[-1]))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server handles Ctrl-C in a terminal

    def messages(self) -> Iterator[dict]:
        """Of the server, until it ends."""
        for line in sys.stdin.buffer:
            yield json.loads(line)

    def only_message(self) -> dict:
        """The first message of the server; from then on this process ends as soon as the server does."""
        messages = self.messages()
        message = next(messages)

        def watch() -> None:
            for _ in messages:
                pass
            os._exit(0)

        threading.Thread(target=watch, daemon=True).start()
        return message

    def reply(self, message: Mapping) -> None:
        """To the server; where it was killed, this process ends without a word, as in `only_message`."""
        with self._lock:
            try:
                self._replies.write(json.dumps(message).encode() + b"\n")
                self._replies.flush()
            except BrokenPipeError:
                os._exit(0)


def throttled(reply: Callable[[dict], None]) -> Callable[[float, str], None]:
    """Progress as replies, not more often than somebody can look."""
    last_s, last_stage = 0.0, ""

    def progress(fraction: float, stage: str) -> None:
        nonlocal last_s, last_stage
        now = time.monotonic()
        if stage != last_stage or now - last_s >= PROGRESS_S:
            last_s, last_stage = now, stage
            reply({"fraction": fraction, "stage": stage})

    return progress


def limit_memory(limit: int) -> None:
    """At most so many bytes of memory for this process from now on, where the system has such a limit; 0 is none."""
    if limit and resource is not None:
        # Of data and not of addresses: libraries reserve far more addresses than they ever use.
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
