# SPDX-License-Identifier: GPL-3.0-or-later
"""BackgroundRun: one job of the backend in a thread, whose result a timer puts into the scene on the main thread."""

import queue
import threading
from collections.abc import Callable
from typing import Any

import bpy

TICK_S, JOIN_S = 0.1, 2.0


class BackgroundRun:
    """One job at a time. For the panel: running, name, stage, fraction, error, note. Methods are called on the main
    thread; the thread only puts events into the queue: a sentence ends the run, `_show` takes all others. `_apply` is
    called with what `_show` has set as `_arrived`, at every tick until the run is finished."""

    CANCELLED = "Cancelled; nothing was changed."

    def __init__(self) -> None:
        self.running = False
        self.name, self.stage, self.error, self.note = "", "", "", ""
        self.fraction = 0.0
        self._events: queue.SimpleQueue = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._arrived: Any = None

    def _show(self, event: Any) -> None:
        """Take an event of the thread: progress, or the result."""
        raise NotImplementedError

    def _apply(self, arrived: Any) -> None:
        """Put the result into the scene in one undo step and `_finish`, or say in `stage` what it waits for."""
        raise NotImplementedError

    def _redraw(self) -> None:
        """Redraw the panels that show the run."""
        raise NotImplementedError

    def cancel(self, reason: str = "") -> None:
        """Stop, with a sentence for the panel; the backend is told by the thread."""
        if self.running:
            self._stop.set()
            self._finish(note=reason or self.CANCELLED)

    def dismiss(self) -> None:
        """Clear the messages on the last job."""
        self.error, self.note = "", ""

    def close(self) -> None:
        """Cancel and end the timer, when the extension is disabled or Blender quits."""
        self.cancel()
        if self._thread is not None:
            self._thread.join(JOIN_S)
        if bpy.app.timers.is_registered(self._tick):
            bpy.app.timers.unregister(self._tick)

    def _prepare(self, name: str) -> None:
        self.dismiss()
        self.running, self.name, self.stage, self.fraction = True, name, "looking for the backend", 0.0
        self._events, self._stop, self._arrived = queue.SimpleQueue(), threading.Event(), None

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        """Call `work` with the arguments, the event of a stop and what takes its events, in a thread."""
        self._thread = threading.Thread(
            target=work, args=(*arguments, self._stop, self._events.put), name="mien-job", daemon=True
        )
        self._thread.start()
        if not bpy.app.timers.is_registered(self._tick):
            bpy.app.timers.register(self._tick, first_interval=TICK_S, persistent=True)

    def _tick(self) -> float | None:
        self._drain()
        self._redraw()
        return TICK_S if self.running else None

    def _drain(self) -> None:
        while self.running and not self._events.empty():
            event = self._events.get_nowait()
            if isinstance(event, str):
                self._finish(error=event)
            else:
                self._show(event)
        if self.running and self._arrived is not None:
            self._apply(self._arrived)

    def _finish(self, error: str = "", note: str = "") -> None:
        self.running, self._arrived, self.stage, self.fraction = False, None, "", 0.0
        self.error, self.note = error, note
