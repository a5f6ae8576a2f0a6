# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a list of takes meets Blender: a timer on the main thread moves
events to the state and each take into the scene."""

import queue
import threading
import traceback
from collections.abc import Callable, Sequence

import bpy
from bpy.app.handlers import persistent

from ..animation import takes
from ..connection.client import BackendInfo
from ..connection.local_backend import LocalBackend
from ..scene.apply import ApplyError
from . import receive, worker
from . import state as jobs
from .prefetch import Ahead
from .take_cache import KeptTakes

TICK_S = 0.1
JOIN_S = 2.0  # a worker that was told to stop has this long to tell the backend


class Fault(Exception):
    """Mien broke while it changed the scene; the message says what is left of that."""


class Pump:
    """One run at a time. Everything here is called on the main thread, except that workers put events."""

    def __init__(self) -> None:
        self.state = jobs.State()
        self.local = LocalBackend()
        self._events: queue.SimpleQueue = queue.SimpleQueue()  # of the state, or something to call
        self._worker: worker.Worker | None = None
        self._ahead, self._kept = Ahead(), None
        self._stop = threading.Event()  # ends `run`
        self._looking: threading.Thread | None = None
        self._held: jobs.ApplyTake | None = None
        self._held_reason = ""
        self._blocking = False
        self._heard: Callable[[jobs.State], None] | None = None
        self.learned: Callable[[BackendInfo], None] | None = None  # told, on the main thread, what a backend said of itself

    def begin(
        self,
        requests: Sequence[jobs.Request],
        kept: KeptTakes | None = None,
        heard: Callable[[jobs.State], None] | None = None,
    ) -> None:
        """Generate in the background; the timer applies the takes. kept: takes that need not be asked for again;
        `heard` is told each state until the list is over."""
        if self.state.running:
            return
        self._ahead, self._kept, self._heard = Ahead(requests), kept, heard
        self._send(jobs.Asked(tuple(requests)))
        self._wake()

    def run(
        self,
        requests: Sequence[jobs.Request],
        heard: Callable[[jobs.State], None] | None = None,
        kept: KeptTakes | None = None,
    ) -> str:
        """Generate and apply before returning, for scripts; '' or the sentence that says what went wrong.

        `state.outcomes` then has what became of each request; `heard` is told each state on the way. kept: as for
        `begin`.
        """
        self._blocking, self._heard = True, heard
        self._ahead, self._kept = Ahead(requests), kept
        self._stop.clear()
        try:
            self._send(jobs.Asked(tuple(requests)))
            while self.state.running:
                self._drain()
                if self._stop.is_set():
                    self.cancel("Broken off")
                if self._held is not None:
                    self._send(jobs.Failed(self.state.ticket, self._held_reason))
        finally:
            self._blocking, self._heard = False, None
        return self.state.error

    def interrupt(self) -> None:
        """Let `run` end as a cancel does, from a handler of signals: what is done is kept."""
        self._stop.set()

    def cancel(self, reason: str = "") -> None:
        self._send(jobs.Cancelled(reason) if reason else jobs.Cancelled())

    def dismiss(self) -> None:
        self._send(jobs.Dismissed())

    def aside(self, work: Callable[[], Callable[[], None]]) -> None:
        """Do `work` in a thread and then, on the main thread, what it returns; unless such a thread is at work."""

        def ask() -> None:
            self._events.put(work())

        if not self.looking:
            self._looking = threading.Thread(target=ask, name="mien-look", daemon=True)
            self._looking.start()
        self._wake()

    @property
    def looking(self) -> bool:
        """Whether work aside goes on."""
        return self._looking is not None and self._looking.is_alive()

    def seen(self, info: BackendInfo | None, sentence: str) -> None:
        """What was learned of a backend: its own words, or None and why not."""
        self._send(jobs.Seen(info, sentence))

    def stop_local(self) -> None:
        self.local.stop()
        self._send(jobs.Seen(None, "The backend that Blender started was stopped."))

    def close(self) -> None:
        """Cancel, stop the backend, end the timer: the extension is going away, or Blender is."""
        if self.state.running:
            self.cancel()
        thread, self._worker = self._worker, None
        if thread is not None:
            thread.join(JOIN_S)
        self.local.stop()
        if bpy.app.timers.is_registered(self._tick):
            bpy.app.timers.unregister(self._tick)

    def _wake(self) -> None:
        if not bpy.app.timers.is_registered(self._tick):
            bpy.app.timers.register(self._tick, first_interval=TICK_S, persistent=True)

    def _tick(self) -> float | None:
        self._drain()
        if self._held is not None:
            self._do(self._held)
        busy = self.state.running or self.looking or not self._events.empty()
        return TICK_S if busy else None

    def _drain(self) -> None:
        while True:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                return
            if callable(event):
                event()
            else:
                self._send(event)

    def _send(self, event: object) -> None:
        before = self.state
        self.state, effects = jobs.step(self.state, event)
        if self.state.phase != "holding":
            self._held = None
        if isinstance(event, jobs.Seen) and event.info is not None and self.learned is not None:
            self.learned(event.info)
        if self.state != before:
            _show(self.state)
            heard = self._heard
            if not self.state.running:
                self._heard = None
            if heard is not None:
                heard(self.state)
        for effect in effects:
            self._do(effect)

    def _do(self, effect: object) -> None:
        match effect:
            case jobs.StartWork(ticket, request) if self._blocking:
                worker.work(ticket, request, self._events.put, self._stop, self.local, self._ahead, self._kept)
            case jobs.StartWork(ticket, request):
                self._worker = worker.Worker(ticket, request, self._events.put, self.local, self._ahead, self._kept)
                self._worker.start()
            case jobs.StopWork():
                if self._worker is not None:
                    self._worker.stop.set()
                if self._blocking:
                    self._ahead.drop()  # Blender may be gone before a thread has told the backend
                else:
                    threading.Thread(target=self._ahead.drop, name="mien-drop", daemon=True).start()
            case jobs.ApplyTake(ticket, request, take):
                self._apply(effect, ticket, request, take)

    def _apply(self, effect: jobs.ApplyTake, ticket: int, request: jobs.Request, take) -> None:
        speaker, scene = find_speaker(request), bpy.data.scenes.get(request.scene)
        if speaker is None or scene is None:
            gone = f"'{request.speaker}'" if speaker is None else f"The scene '{request.scene}'"
            self._send(jobs.Failed(ticket, f"{gone} is not there any more, so the take was dropped."))
            return
        reason = hold_reason(speaker)
        if reason:
            if (self._held, self._held_reason) != (effect, reason):
                self._held, self._held_reason = effect, reason
                self._send(jobs.Held(ticket, reason))
            return
        self._held = None
        try:
            note = in_one_step(f"Mien: {speaker.name} speaks", lambda: receive.receive(scene, speaker, take, request))
        except ApplyError as error:
            self._send(jobs.Failed(ticket, str(error)))
        except Fault as fault:
            traceback.print_exc()
            self._send(jobs.Failed(ticket, str(fault), touched=True))
        else:
            self._send(jobs.Applied(ticket, note))


def in_one_step(message: str, change: Callable[[], str]) -> str:
    """Make a change outside an operator as exactly one undo step; one that fails half-way is taken back.

    Raises ApplyError when the change was refused before it began, Fault when it broke.
    """
    can_undo = bpy.ops.ed.undo_push.poll()
    try:
        done = change()
    except ApplyError:
        raise  # refused before anything was changed
    except Exception as error:
        if can_undo:
            bpy.ops.ed.undo_push(message=message)
        undone = can_undo and bpy.ops.ed.undo.poll()  # not where this is the first step of all
        if undone:
            bpy.ops.ed.undo()
        rest = "the scene was taken back" if undone else "what was begun of it is still in the scene"
        raise Fault(f"The take could not be applied ({error}); {rest}.") from error
    if can_undo:
        bpy.ops.ed.undo_push(message=message)
    return done


def find_speaker(request: jobs.Request) -> bpy.types.Object | None:
    """The speaker by its session id, which outlives a rename and undo, else by name."""
    for thing in bpy.data.objects:
        if request.speaker_uid and getattr(thing, "session_uid", 0) == request.speaker_uid:
            return thing
    return bpy.data.objects.get(request.speaker)


def hold_reason(speaker: bpy.types.Object) -> str:
    """Why the take must wait: Blender would lose it or break off
    what the animator is doing. '' when it need not."""
    if speaker.mode in ("EDIT", "SCULPT"):
        return f"Leave {speaker.mode.capitalize()} Mode to receive the take."
    if any(id_.animation_data is not None and id_.animation_data.use_tweak_mode for id_ in takes.driven(speaker)):
        return "Press Done Correcting (or Tab in the NLA editor) to receive the take."
    if bpy.app.is_job_running("RENDER"):
        return "The take waits until the render is done."
    for window in bpy.context.window_manager.windows:
        if any(running.bl_idname.startswith("TRANSFORM_OT") for running in getattr(window, "modal_operators", ())):
            return "The take waits until the transform is done."
    return ""


def _show(state: jobs.State) -> None:
    """Copy the state to where the panel reads it, and have the sidebars drawn."""
    manager = bpy.context.window_manager
    run = getattr(manager, "mien_run", None)
    if run is None:
        return
    run.running, run.stage, run.fraction = state.running, state.stage, state.fraction
    run.speaker = state.request.speaker if state.request else ""
    run.line = state.request.line_name if state.request else ""
    run.number, run.total = state.number, state.total
    run.error, run.note, run.backend = state.error, state.note, state.backend
    starting = not hasattr(bpy.context, "temp_override")  # Blender registers extensions: nothing is drawn yet
    for window in () if starting else manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()
        with bpy.context.temp_override(window=window):
            window.workspace.status_text_set(_status(state))


def _status(state: jobs.State) -> str | None:
    """What the status bar says of the run; None gives it back to Blender."""
    if not state.running:
        return None
    which = f"take {state.number} of {state.total}, " if state.total > 1 else ""
    return f"Mien: {which}{state.stage}  {state.fraction:.0%}"


pump = Pump()


@persistent
def _before_load(*_) -> None:
    pump.cancel("Another file was opened, so the take that was on its way was dropped")


@persistent
def _after_load(*_) -> None:
    _show(pump.state)  # a window manager saved while a run went on says so still


@persistent
def _after_undo(*_) -> None:
    if pump.state.note and not pump.state.running:
        pump.dismiss()  # it may speak of what was just undone


def register() -> None:
    bpy.app.handlers.load_pre.append(_before_load)
    bpy.app.handlers.load_post.append(_after_load)
    bpy.app.handlers.undo_post.append(_after_undo)


def unregister() -> None:
    pump.close()
    bpy.app.handlers.load_pre.remove(_before_load)
    bpy.app.handlers.load_post.remove(_after_load)
    bpy.app.handlers.undo_post.remove(_after_undo)
