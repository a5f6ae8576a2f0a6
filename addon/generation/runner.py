# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a list of requests in Blender: a timer on the main thread hands events to the state machine and applies each
take to the scene."""

import queue
import threading
import traceback
from collections.abc import Callable, Sequence

import bpy
from bpy.app.handlers import persistent

from ..animation import takes
from ..connection.backend_info import BackendInfo
from ..connection.local_backend import LocalBackend
from ..scene.apply import ApplyError
from . import receive, worker
from . import state as jobs
from .prefetch import Prefetcher
from .take_cache import TakeCache

TICK_S = 0.1
JOIN_S = 2.0  # how long `close` waits for a stopped worker, which cancels its job at the backend


class ApplyFault(Exception):
    """Mien failed while it changed the scene; the message says what is left of the change."""


class Runner:
    """At most one run at a time. Methods are called on the main thread; workers only put events into the queue."""

    def __init__(self) -> None:
        self.state = jobs.State()
        self.local = LocalBackend()
        self._events: queue.SimpleQueue = queue.SimpleQueue()  # events of the state machine, and callables
        self._worker: worker.Worker | None = None
        self._prefetcher, self._cache = Prefetcher(), None
        self._stop = threading.Event()  # set to end `run`
        self._background: threading.Thread | None = None
        self._deferred: jobs.ApplyTake | None = None
        self._deferred_reason = ""
        self._blocking = False
        self._on_state: Callable[[jobs.State], None] | None = None
        self.on_backend_info: Callable[[BackendInfo], None] | None = None  # called on the main thread

    def begin(
        self,
        requests: Sequence[jobs.Request],
        cache: TakeCache | None = None,
        on_state: Callable[[jobs.State], None] | None = None,
    ) -> None:
        """Generate in the background; the timer applies the takes. cache: takes that need not be requested again;
        on_state: called with each new state until the list is over."""
        if self.state.running:
            return
        self._prefetcher, self._cache, self._on_state = Prefetcher(requests), cache, on_state
        self._send(jobs.Requested(tuple(requests)))
        self._wake()

    def run(
        self,
        requests: Sequence[jobs.Request],
        on_state: Callable[[jobs.State], None] | None = None,
        cache: TakeCache | None = None,
    ) -> str:
        """Generate and apply before returning, for scripts; '' or a sentence on what failed.

        `state.outcomes` then has the outcome of each request. Arguments as of `begin`.
        """
        self._blocking, self._on_state = True, on_state
        self._prefetcher, self._cache = Prefetcher(requests), cache
        self._stop.clear()
        try:
            self._send(jobs.Requested(tuple(requests)))
            while self.state.running:
                self._drain()
                if self._stop.is_set():
                    self.cancel("Broken off")
                if self._deferred is not None:
                    self._send(jobs.Failed(self.state.ticket, self._deferred_reason))
        finally:
            self._blocking, self._on_state = False, None
        return self.state.error

    def interrupt(self) -> None:
        """End `run` as a cancel does, from a signal handler: takes that were applied stay."""
        self._stop.set()

    def cancel(self, reason: str = "") -> None:
        self._send(jobs.Cancelled(reason) if reason else jobs.Cancelled())

    def dismiss(self) -> None:
        self._send(jobs.Dismissed())

    def run_in_background(self, work: Callable[[], Callable[[], None]]) -> None:
        """Call `work` in a thread, then what it returns on the main thread; nothing while such a thread runs."""

        def call() -> None:
            self._events.put(work())

        if not self.working_in_background:
            self._background = threading.Thread(target=call, name="mien-background", daemon=True)
            self._background.start()
        self._wake()

    @property
    def working_in_background(self) -> bool:
        """Whether a thread of `run_in_background` runs."""
        return self._background is not None and self._background.is_alive()

    def report_backend(self, info: BackendInfo | None, sentence: str) -> None:
        """Show a backend in the panel: its info, or None and a sentence on why there is none."""
        self._send(jobs.BackendStatus(info, sentence))

    def stop_local(self) -> None:
        self.local.stop()
        self._send(jobs.BackendStatus(None, "The backend that Blender started was stopped."))

    def close(self) -> None:
        """Cancel, stop the backend and end the timer, when the extension is disabled or Blender quits."""
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
        if self._deferred is not None:
            self._do(self._deferred)
        busy = self.state.running or self.working_in_background or not self._events.empty()
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
            self._deferred = None
        if isinstance(event, jobs.BackendStatus) and event.info is not None and self.on_backend_info is not None:
            self.on_backend_info(event.info)
        if self.state != before:
            _show(self.state)
            on_state = self._on_state
            if not self.state.running:
                self._on_state = None
            if on_state is not None:
                on_state(self.state)
        for effect in effects:
            self._do(effect)

    def _do(self, effect: object) -> None:
        match effect:
            case jobs.StartWork(ticket, request) if self._blocking:
                worker.work(ticket, request, self._events.put, self._stop, self.local, self._prefetcher, self._cache)
            case jobs.StartWork(ticket, request):
                self._worker = worker.Worker(
                    ticket, request, self._events.put, self.local, self._prefetcher, self._cache
                )
                self._worker.start()
            case jobs.StopWork():
                if self._worker is not None:
                    self._worker.stop.set()
                if self._blocking:
                    self._prefetcher.drop()  # Blender may quit before a thread has sent the cancels
                else:
                    threading.Thread(target=self._prefetcher.drop, name="mien-drop", daemon=True).start()
            case jobs.ApplyTake(ticket, request, take):
                self._apply(effect, ticket, request, take)

    def _apply(self, effect: jobs.ApplyTake, ticket: int, request: jobs.Request, take) -> None:
        speaker, scene = find_speaker(request), find_scene(request)
        if speaker is None or scene is None:
            missing = f"'{request.speaker}'" if speaker is None else f"The scene '{request.scene}'"
            self._send(jobs.Failed(ticket, f"{missing} is not there any more, so the take was dropped."))
            return
        reason = defer_reason(speaker)
        if reason:
            if (self._deferred, self._deferred_reason) != (effect, reason):
                self._deferred, self._deferred_reason = effect, reason
                self._send(jobs.Deferred(ticket, reason))
            return
        self._deferred = None
        try:
            does = "lives" if request.idle else "speaks"
            note = in_one_undo_step(
                f"Mien: {speaker.name} {does}", lambda: receive.receive(scene, speaker, take, request)
            )
        except ApplyError as error:
            self._send(jobs.Failed(ticket, str(error)))
        except ApplyFault as fault:
            traceback.print_exc()
            self._send(jobs.Failed(ticket, str(fault), touched=True))
        else:
            self._send(jobs.Applied(ticket, note))


def in_one_undo_step(message: str, change: Callable[[], str]) -> str:
    """Make a change outside an operator as exactly one undo step; the change's result. A change that fails half-way is
    undone.

    Raises ApplyError where the change was refused before anything was changed, ApplyFault where it failed.
    """
    can_undo = bpy.ops.ed.undo_push.poll()
    try:
        result = change()
    except ApplyError:
        raise  # refused before anything was changed
    except Exception as error:
        if can_undo:
            bpy.ops.ed.undo_push(message=message)
        undone = can_undo and bpy.ops.ed.undo.poll()  # not where this is the first step of all
        if undone:
            bpy.ops.ed.undo()
        rest = "the scene was taken back" if undone else "what was begun of it is still in the scene"
        raise ApplyFault(f"The take could not be applied ({error}); {rest}.") from error
    if can_undo:
        bpy.ops.ed.undo_push(message=message)
    return result


def find_speaker(request: jobs.Request) -> bpy.types.Object | None:
    """The speaker by its session uid, which outlives a rename and undo, else by name; None where it was unlinked
    from every scene, too."""
    found = bpy.data.objects.get(request.speaker)
    for obj in bpy.data.objects:
        if request.speaker_uid and getattr(obj, "session_uid", 0) == request.speaker_uid:
            found = obj
    return found if found is not None and found.users_scene else None


def find_scene(request: jobs.Request) -> bpy.types.Scene | None:
    """The scene by its session uid, which outlives a rename and undo, else by name."""
    for scene in bpy.data.scenes:
        if request.scene_uid and getattr(scene, "session_uid", 0) == request.scene_uid:
            return scene
    return bpy.data.scenes.get(request.scene)


def defer_reason(speaker: bpy.types.Object) -> str:
    """Why the take must wait: applied now, it would be lost or interrupt the animator. '' where it need not wait."""
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
    """Copy the state to the properties that the panel reads, and redraw the sidebars."""
    manager = bpy.context.window_manager
    run = getattr(manager, "mien_run", None)
    if run is None:
        return
    run.running, run.stage, run.fraction = state.running, state.stage, state.fraction
    run.speaker = state.request.speaker if state.request else ""
    run.line = state.request.line_name if state.request else ""
    run.number, run.total = state.number, state.total
    run.error, run.note, run.backend = state.error, state.note, state.backend
    starting = not hasattr(bpy.context, "temp_override")  # Blender's restricted context: nothing is drawn yet
    for window in () if starting else manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()
        with bpy.context.temp_override(window=window):
            window.workspace.status_text_set(_status(state))


def _status(state: jobs.State) -> str | None:
    """The text of the status bar; None gives it back to Blender."""
    if not state.running:
        return None
    which = f"take {state.number} of {state.total}, " if state.total > 1 else ""
    return f"Mien: {which}{state.stage}  {state.fraction:.0%}"


runner = Runner()


@persistent
def _before_load(*_) -> None:
    runner.cancel("Another file was opened, so the take that was on its way was dropped")


@persistent
def _after_load(*_) -> None:
    _show(runner.state)  # a file that was saved during a run still shows that run


@persistent
def _after_undo(*_) -> None:
    if runner.state.note and not runner.state.running:
        runner.dismiss()  # it may be about what was just undone


def register() -> None:
    bpy.app.handlers.load_pre.append(_before_load)
    bpy.app.handlers.load_post.append(_after_load)
    bpy.app.handlers.undo_post.append(_after_undo)


def unregister() -> None:
    runner.close()
    bpy.app.handlers.load_pre.remove(_before_load)
    bpy.app.handlers.load_post.remove(_after_load)
    bpy.app.handlers.undo_post.remove(_after_undo)
