# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a film: a thread waits for the backend, and a timer puts the film into the scene in one undo step."""

import traceback
from collections.abc import Callable

import bpy
from bpy.app.handlers import persistent

from ..connection.local_backend import LocalBackend
from ..generation.background_run import BackgroundRun
from ..generation.runner import ApplyFault, in_one_undo_step
from ..scene.apply import ApplyError
from .film_job import Arrived, FilmJob, Progressed, make_film

Place = Callable[[str], str]
"""Puts the film of a path into the scene; returns a sentence for the panel. Raises ApplyError before any change."""


class FilmRun(BackgroundRun):
    """One film at a time. For the panel, besides: left_s, seconds until it is done, None where not known."""

    def __init__(self) -> None:
        super().__init__()
        self.left_s: float | None = None
        self._place: Place = str

    def begin(self, job: FilmJob, name: str, place: Place, local: LocalBackend) -> None:
        """Make the film in the background; then `place` it."""
        self._prepare_film(name, place)
        self._start(make_film, job, local)

    def run(self, job: FilmJob, name: str, place: Place, local: LocalBackend) -> str:
        """Make and place the film before returning, for scripts; '' or the sentence that says what went wrong."""
        self._prepare_film(name, place)
        make_film(job, local, self._stop, self._events.put)
        self._drain()
        if self.running:  # stopped by a signal
            self._finish(note=self.CANCELLED)
            return self.note
        return self.error

    def interrupt(self) -> None:
        """End `run` as a cancel does, from a signal handler."""
        self._stop.set()

    def _prepare_film(self, name: str, place: Place) -> None:
        self._prepare(name)
        self._place, self.left_s = place, None

    def _redraw(self) -> None:
        redraw()

    def _show(self, event: Arrived | Progressed) -> None:
        match event:
            case Arrived() as arrived:
                self._arrived, self.stage, self.fraction, self.left_s = arrived, "adding the film", 1.0, None
            case Progressed(fraction, stage, left_s):
                self.fraction, self.stage, self.left_s = fraction, stage, left_s

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
        super()._finish(error, note)
        self.left_s = None


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
