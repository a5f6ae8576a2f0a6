# SPDX-License-Identifier: GPL-3.0-or-later
"""Binding on its way: the mesh is sent and waited for in a thread, a timer puts the shapes on it in one undo step."""

import queue
import threading
import time
import traceback

import bpy
from bpy.app.handlers import persistent

from ..connection.client import Client, ClientError, Stopped, Unreachable
from ..connection.local_backend import LocalBackend, LocalBackendError
from ..formats.bind_files import Shapes, ShapesError, read_shapes
from ..generation import worker
from ..generation.runner import ApplyFault, defer_reason, in_one_undo_step
from ..scene.apply import ApplyError
from . import mesh as binding

TICK_S, POLL_S = 0.1, 0.25
JOIN_S = 2.0


class BindingRun:
    """One mesh at a time. What the panel shows: running, name, stage, fraction, error, note, warnings. Everything is
    called on the main thread; the thread puts events on a queue."""

    def __init__(self) -> None:
        self.running = False
        self.name, self.stage, self.error, self.note = "", "", "", ""
        self.fraction = 0.0
        self.warnings: tuple[str, ...] = ()
        self._events: queue.SimpleQueue = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._shapes: Shapes | None = None

    def begin(
        self, thing: bpy.types.Object, group: str, address: str, own: bool, command: str, local: LocalBackend
    ) -> None:
        """Bind in the background. Raises ApplyError for a vertex group that cannot be used."""
        mesh = self._ready(thing, group)
        arguments = (mesh, len(thing.data.vertices), address, own, command, local, self._stop, self._events.put)
        self._thread = threading.Thread(target=_work, args=arguments, name="mien-bind", daemon=True)
        self._thread.start()
        if not bpy.app.timers.is_registered(self._tick):
            bpy.app.timers.register(self._tick, first_interval=TICK_S, persistent=True)

    def run(
        self, thing: bpy.types.Object, group: str, address: str, own: bool, command: str, local: LocalBackend
    ) -> str:
        """Bind before returning, for scripts; '' or the sentence that says what went wrong."""
        mesh = self._ready(thing, group)
        _work(mesh, len(thing.data.vertices), address, own, command, local, self._stop, self._events.put)
        self._drain()
        return self.error

    def cancel(self, reason: str = "Cancelled; the mesh was left as it was.") -> None:
        if self.running:
            self._stop.set()
            self._over(note=reason)

    def dismiss(self) -> None:
        """Clear what was said of the last mesh."""
        self.error, self.note, self.warnings = "", "", ()

    def close(self) -> None:
        """The extension is going away, or Blender is."""
        self.cancel()
        if self._thread is not None:
            self._thread.join(JOIN_S)
        if bpy.app.timers.is_registered(self._tick):
            bpy.app.timers.unregister(self._tick)

    def _ready(self, thing: bpy.types.Object, group: str) -> bytes:
        mesh = binding.order(thing, group)
        self.dismiss()
        self.running, self.name, self.stage, self.fraction = True, thing.name, "looking for the backend", 0.0
        self._uid = getattr(thing, "session_uid", 0)
        self._events, self._stop, self._shapes = queue.SimpleQueue(), threading.Event(), None
        return mesh

    def _tick(self) -> float | None:
        self._drain()
        _redraw()
        return TICK_S if self.running else None

    def _drain(self) -> None:
        while self.running and not self._events.empty():
            match self._events.get_nowait():
                case Shapes() as shapes:
                    self._shapes, self.stage, self.fraction = shapes, "putting the shape keys on", 1.0
                case str() as sentence:
                    self._over(error=sentence)
                case (fraction, stage):
                    self.fraction, self.stage = fraction, stage
        if self.running and self._shapes is not None:
            self._put(self._shapes)

    def _put(self, shapes: Shapes) -> None:
        same = (each for each in bpy.data.objects if self._uid and getattr(each, "session_uid", 0) == self._uid)
        thing = next(same, None) or bpy.data.objects.get(self.name)
        if thing is None:
            self._over(error=f"'{self.name}' is not there any more, so its shapes were dropped.")
            return
        reason = defer_reason(thing)
        if reason and not bpy.app.background:
            self.stage = reason.replace("the take", "the shapes")
            return
        if len(thing.data.vertices) != len(shapes.distance):
            self._over(error=f"'{thing.name}' has other vertices than when it was sent; bind it again.")
            return
        try:
            note = in_one_undo_step(f"Mien: bind {thing.name}", lambda: binding.put(thing, shapes))
        except ApplyError as error:
            self._over(error=str(error))
        except ApplyFault as fault:
            traceback.print_exc()
            self._over(error=str(fault).replace("The take", "The shapes", 1))
        else:
            self.warnings = shapes.warnings
            self._over(note=note)

    def _over(self, error: str = "", note: str = "") -> None:
        self.running, self._shapes, self.stage, self.fraction = False, None, "", 0.0
        self.error, self.note = error, note


def _work(
    mesh: bytes, count: int, address: str, own: bool, command: str, local: LocalBackend, stop: threading.Event, post
) -> None:
    """Posts (fraction, stage) on the way and as the last Shapes or a sentence, unless it is stopped."""
    try:
        client, _ = worker.connect(address, own, command, local, stop)
        client.timeout_s = max(client.timeout_s, 60.0)  # a mesh of some megabytes to another machine
        job = worker.retry_while_busy(
            lambda: client.bind(mesh), stop, lambda: post((0.0, "waiting for room in the backend's queue"))
        )
        shapes = _shapes(client, job, count, stop, post)
        if shapes is not None:
            post(shapes)
    except Stopped:
        return
    except (ClientError, LocalBackendError, ShapesError) as error:
        exit_report = f" {local.exit_report()}" if isinstance(error, Unreachable) and local.exit_report() else ""
        post(f"{error}{exit_report} The mesh was left as it was.")
    except Exception as error:  # a fault of ours must end in the panel, not in a thread nobody watches
        post(f"Mien met a fault of its own ({type(error).__name__}: {error}); the mesh was left as it was.")
        raise


def _shapes(client: Client, job: str, count: int, stop: threading.Event, post) -> Shapes | None:
    """What came back, None when it was stopped. Raises ClientError, ShapesError."""
    while not stop.is_set():
        seen = client.progress(job, "bind")
        if seen.state == "failed":
            raise ClientError(seen.error or "The backend failed at this mesh and gave no reason.")
        if seen.state == "cancelled":
            raise ClientError("The binding was cancelled at the backend.")
        if seen.state == "done":
            shapes = read_shapes(client.result(job, "bind"), count)
            client.cancel(job, "bind")  # it need not keep them any longer
            return shapes
        post((seen.fraction, seen.stage or seen.state))
        time.sleep(POLL_S)
    client.cancel(job, "bind")
    return None


def _redraw() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


run = BindingRun()


@persistent
def _before_load(*_) -> None:
    run.cancel("Another file was opened, so the mesh that was being bound was dropped.")


def register() -> None:
    bpy.app.handlers.load_pre.append(_before_load)


def unregister() -> None:
    run.close()
    bpy.app.handlers.load_pre.remove(_before_load)
