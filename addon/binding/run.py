# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a binding: a thread sends the mesh and waits, and a timer adds the shape keys in one undo step."""

import threading
import time
import traceback

import bpy
from bpy.app.handlers import persistent

from ..connection.client import Client
from ..connection.errors import ClientError, Stopped, Unreachable
from ..connection.local_backend import LocalBackend, LocalBackendError
from ..formats.bind_files import Shapes, ShapesError, read_shapes
from ..generation import worker
from ..generation.background_run import BackgroundRun
from ..generation.runner import ApplyFault, defer_reason, in_one_undo_step
from ..scene import viewports
from ..scene.apply import ApplyError
from . import mesh as binding

POLL_S = 0.25


class BindingRun(BackgroundRun):
    """One mesh at a time. For the panel, besides: warnings, sentences on the mesh that was bound."""

    CANCELLED = "Cancelled; the mesh was left as it was."

    def __init__(self) -> None:
        super().__init__()
        self.warnings: tuple[str, ...] = ()

    def begin(
        self, obj: bpy.types.Object, group: str, address: str, start_own: bool, command: str, local: LocalBackend
    ) -> None:
        """Bind in the background. Raises ApplyError for a vertex group that cannot be used."""
        mesh = self._prepare_mesh(obj, group)
        self._start(_work, mesh, len(obj.data.vertices), address, start_own, command, local)

    def run(
        self, obj: bpy.types.Object, group: str, address: str, start_own: bool, command: str, local: LocalBackend
    ) -> str:
        """Bind before returning, for scripts; '' or the sentence that says what went wrong."""
        mesh = self._prepare_mesh(obj, group)
        _work(mesh, len(obj.data.vertices), address, start_own, command, local, self._stop, self._events.put)
        self._drain()
        return self.error

    def dismiss(self) -> None:
        """Clear the messages on the last mesh."""
        super().dismiss()
        self.warnings = ()

    def _prepare_mesh(self, obj: bpy.types.Object, group: str) -> bytes:
        mesh = binding.mesh_message(obj, group)
        self._prepare(obj.name)
        self._uid = getattr(obj, "session_uid", 0)
        return mesh

    def _redraw(self) -> None:
        viewports.redraw()

    def _show(self, event: Shapes | tuple[float, str]) -> None:
        match event:
            case Shapes() as shapes:
                self._arrived, self.stage, self.fraction = shapes, "putting the shape keys on", 1.0
            case (fraction, stage):
                self.fraction, self.stage = fraction, stage

    def _apply(self, shapes: Shapes) -> None:
        objects = bpy.data.objects
        by_uid = (other for other in objects if self._uid and getattr(other, "session_uid", 0) == self._uid)
        obj = next(by_uid, None) or objects.get(self.name)
        if obj is None:
            self._finish(error=f"'{self.name}' is not there any more, so its shapes were dropped.")
            return
        reason = defer_reason(obj)
        if reason and not bpy.app.background:
            self.stage = reason.replace("the take", "the shapes")
            return
        if len(obj.data.vertices) != len(shapes.distance) - len(shapes.doubled):
            self._finish(error=f"'{obj.name}' has other vertices than when it was sent; bind it again.")
            return
        try:
            note = in_one_undo_step(f"Mien: bind {obj.name}", lambda: binding.add_shape_keys(obj, shapes))
        except ApplyError as error:
            self._finish(error=str(error))
        except ApplyFault as fault:
            traceback.print_exc()
            self._finish(error=str(fault).replace("The take", "The shapes", 1))
        else:
            self.warnings = shapes.warnings
            self._finish(note=note)


def _work(
    mesh: bytes,
    count: int,
    address: str,
    start_own: bool,
    command: str,
    local: LocalBackend,
    stop: threading.Event,
    post,
) -> None:
    """Bind at the backend: posts (fraction, stage), and at the end Shapes or a sentence, unless it is stopped."""
    try:
        client, _ = worker.connect(address, start_own, command, local, stop)
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
    except Exception as error:  # a programming error must reach the panel: nobody watches the thread
        post(f"Mien met a fault of its own ({type(error).__name__}: {error}); the mesh was left as it was.")
        raise


def _shapes(client: Client, job: str, count: int, stop: threading.Event, post) -> Shapes | None:
    """The shapes of the job once it is done, None after a stop. Raises ClientError, ShapesError."""
    while not stop.is_set():
        progress = client.progress(job, "bind")
        if progress.state == "failed":
            raise ClientError(progress.error or "The backend failed at this mesh and gave no reason.")
        if progress.state == "cancelled":
            raise ClientError("The binding was cancelled at the backend.")
        if progress.state == "done":
            shapes = read_shapes(client.result(job, "bind"), count)
            client.cancel(job, "bind")  # it need not keep the result
            return shapes
        post((progress.fraction, progress.stage or progress.state))
        time.sleep(POLL_S)
    client.cancel(job, "bind")
    return None


run = BindingRun()


@persistent
def _before_load(*_) -> None:
    run.cancel("Another file was opened, so the mesh that was being bound was dropped.")


def register() -> None:
    bpy.app.handlers.load_pre.append(_before_load)


def unregister() -> None:
    run.close()
    bpy.app.handlers.load_pre.remove(_before_load)
