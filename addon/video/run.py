# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a film: a thread waits for the backend, and a timer puts the film into the scene in one undo step."""

import queue
import threading
import traceback
from collections.abc import Callable

import bpy
from bpy.app.handlers import persistent

from ..connection.local_backend import LocalBackend
from ..generation.runner import ApplyFault, in_one_undo_step
from ..scene.apply import ApplyError
from .film_job import Arrived, FilmJob, Progressed, make_film

TICK_S = 0.1
JOIN_S = 2.0

Place = Callable[[str], str]
"""Puts the film of a path into the scene; returns a sentence for the panel. Raises ApplyError before any change."""


class FilmRun:
    """One film at a time. For the panel: running, name, stage, fraction, left_s, error, note. Methods are called on the
    main thread; the thread only puts events into the queue."""

    def __init__(self) -> None:
        self.running = False
        self.name, self.stage, self.error, self.note = "", "", "", ""
        self.fraction = 0.0
        self.left_s: float | None = None
        self._events: queue.SimpleQueue = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._arrived: Arrived | None = None
        self._place: Place = str

    def begin(self, job: FilmJob, name: str, place: Place, local: LocalBackend) -> None:
        """Make the film in the background; then `place` it."""
        self._prepare(name, place)
        arguments = (job, local, self._stop, self._events.put)
        self._thread = threading.Thread(target=make_film, args=arguments, name="mien-film", daemon=True)
        self._thread.start()
        if not bpy.app.timers.is_registered(self._tick):
            bpy.app.timers.register(self._tick, first_interval=TICK_S, persistent=True)

    def run(self, job: FilmJob, name: str, place: Place, local: LocalBackend) -> str:
        """Make and place the film before returning, for scripts; '' or the sentence that says what went wrong."""
        self._prepare(name, place)
        make_film(job, local, self._stop, self._events.put)
        self._drain()
        if self.running:  # stopped by a signal
            self._finish(note="Cancelled; nothing was changed.")
            return self.note
        return self.error

    def interrupt(self) -> None:
        """End `run` as a cancel does, from a signal handler."""
        self._stop.set()

    def cancel(self, reason: str = "Cancelled; nothing was changed.") -> None:
        """Stop; the backend is told by the thread."""
        if self.running:
            self._stop.set()
            self._finish(note=reason)

    def dismiss(self) -> None:
        """Clear the messages on the last film."""
        self.error, self.note = "", ""

    def close(self) -> None:
        """Cancel and end the timer, when the extension is disabled or Blender quits."""
        self.cancel()
        if self._thread is not None:
            self._thread.join(JOIN_S)
        if bpy.app.timers.is_registered(self._tick):
            bpy.app.timers.unregister(self._tick)

    def _prepare(self, name: str, place: Place) -> None:
        self.dismiss()
        self.running, self.name, self.stage, self.fraction = True, name, "looking for the backend", 0.0
        self.left_s = None
        self._place, self._arrived = place, None
        self._events, self._stop = queue.SimpleQueue(), threading.Event()

    def _tick(self) -> float | None:
        self._drain()
        redraw()
        return TICK_S if self.running else None

    def _drain(self) -> None:
        while self.running and not self._events.empty():
            match self._events.get_nowait():
                case Arrived() as arrived:
                    self._arrived, self.stage, self.fraction, self.left_s = arrived, "adding the film", 1.0, None
                case str() as sentence:
                    self._finish(error=sentence)
                case Progressed(fraction, stage, left_s):
                    self.fraction, self.stage, self.left_s = fraction, stage, left_s
        if self.running and self._arrived is not None:
            self._apply(self._arrived)

    def _apply(self, arrived: Arrived) -> None:
        reason = busy_reason()
        if reason and not bpy.app.background:
            self.stage = reason
            return
        try:
            note = in_one_undo_step(f"Mien: {self.name}", lambda: self._place(str(arrived.path)))
        except ApplyError as error:
            self._finish(error=f"{error} The film is in '{arrived.path}'.")
        except ApplyFault as fault:
            traceback.print_exc()
            self._finish(error=f"{str(fault).replace('The take', 'The film', 1)} It is in '{arrived.path}'.")
        else:
            self._finish(note=" ".join((note, *arrived.notes)))

    def _finish(self, error: str = "", note: str = "") -> None:
        self.running, self._arrived, self.stage, self.fraction, self.left_s = False, None, "", 0.0, None
        self.error, self.note = error, note


def busy_reason() -> str:
    """Why a film has to wait: added now, it would interrupt the animator. '' where it need not wait."""
    if bpy.app.is_job_running("RENDER"):
        return "waiting until the render is done"
    for window in bpy.context.window_manager.windows:
        running = (each.bl_idname for each in getattr(window, "modal_operators", ()))
        if any(name.startswith(("TRANSFORM_OT", "SEQUENCER_OT")) for name in running):
            return "waiting until the transform is done"
    return ""


def redraw() -> None:
    """Redraw every 3D view and sequencer with their sidebars."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "SEQUENCE_EDITOR"):
                area.tag_redraw()


run = FilmRun()


@persistent
def _before_load(*_) -> None:
    run.cancel("Another file was opened, so the film that was on its way was dropped.")


def register() -> None:
    bpy.app.handlers.load_pre.append(_before_load)


def unregister() -> None:
    run.close()
    bpy.app.handlers.load_pre.remove(_before_load)
