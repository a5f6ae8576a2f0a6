# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel and operators of backends: look, choose, trust, start and stop."""

from collections.abc import Callable

import bpy
from bpy.props import BoolProperty, StringProperty

from .. import package
from ..connection import backend_list, discovery
from ..connection.address import is_loopback
from ..connection.backend_info import BackendInfo, info_from_text, info_to_text
from ..connection.credentials import plain_address
from ..connection.errors import ClientError, TokenWanted, Untrusted
from ..connection.local_backend import LocalBackendError
from ..connection.pinned_https import in_groups
from ..connection.preferences import preferences
from ..generation import worker
from ..generation.runner import runner
from ..scene import viewports
from . import text
from .disabled_reason import DisabledReason

FIRST_LOOK_S = 2.0  # after the extension has started

_announced: list[discovery.AnnouncedBackend] = []  # in the network, at the last look


def address_refusal(context: bpy.types.Context, address: str = "") -> str:
    """Why the backend's address may not be contacted, without a full stop; '' when it may. Loopback is always
    allowed."""
    try:
        if is_loopback(address or preferences(context).address) or bpy.app.online_access:
            return ""
    except ClientError as error:
        return str(error).rstrip(".")
    return "The backend is on another machine: allow online access in Preferences > System"


def look(context: bpy.types.Context, start_own: bool) -> None:
    """Look in the background for a backend at the address, started if need be, and for those announced in the
    network."""
    settings = preferences(context)
    address, command, browses = settings.address, settings.command, bpy.app.online_access

    def work() -> Callable[[], None]:
        try:
            info, error = worker.connect(address, start_own, command, runner.local)[1], None
        except (ClientError, LocalBackendError) as refusal:
            info, error = None, refusal
        announced = _announced_backends() if browses else None
        return lambda: _show_result(address, info, error, announced)

    if not runner.working_in_background:
        runner.report_backend(None, "Looking ...")
        runner.run_in_background(work)


def browse() -> None:
    """Look in the background for backends announced in the network, where Blender may go online."""

    def work() -> Callable[[], None]:
        announced = _announced_backends()
        return lambda: _set_announced(announced)

    if bpy.app.online_access:
        runner.run_in_background(work)


def _announced_backends() -> list[discovery.AnnouncedBackend]:
    *_, last = [[], *discovery.browse()]  # each list has all that were found so far
    return last


def _set_announced(announced: list[discovery.AnnouncedBackend]) -> None:
    _announced[:] = announced
    viewports.redraw()


def _show_result(address: str, info: BackendInfo | None, error: Exception | None, announced: list | None) -> None:
    """Show the result of a look in the panel and remember it in the preferences. On the main thread."""
    if announced is not None:
        _set_announced(announced)
    runner.report_backend(info, worker.describe(info) if info is not None else str(error))
    settings = preferences(bpy.context)
    if isinstance(settings, bpy.types.AddonPreferences) and isinstance(error, TokenWanted | Untrusted):
        entry = settings.remember(address)
        entry.token_wanted = isinstance(error, TokenWanted)
        entry.offered = error.sha256 if isinstance(error, Untrusted) else ""


def _remember(info: BackendInfo) -> None:
    """Remember a backend that answered, with its info, in the preferences."""
    settings = preferences(bpy.context)
    if isinstance(settings, bpy.types.AddonPreferences):
        address = plain_address(settings.address)
        name = next((backend.name for backend in _announced if plain_address(backend.address) == address), "")
        entry = settings.remember(settings.address, name)
        entry.info, entry.offered, entry.token_wanted = info_to_text(info), "", False


class MIEN_OT_check_backend(DisabledReason, bpy.types.Operator):
    """See what answers at the address, which engines it has, and which backends there are in the network"""

    bl_idname = "mien.check_backend"
    bl_label = "Search"

    @classmethod
    def disabled_reason(cls, context) -> str:
        return "Mien is looking already" if runner.working_in_background else address_refusal(context)

    def execute(self, context):
        look(context, False)
        return {"FINISHED"}


class MIEN_OT_open_preferences(DisabledReason, bpy.types.Operator):
    """Open the preferences of Mien: the backend's address, and the program that is started where none answers"""

    bl_idname = "mien.open_preferences"
    bl_label = "Open Preferences"

    @classmethod
    def disabled_reason(cls, context) -> str:
        if bpy.app.background:
            return "Blender has no window"
        return "" if package.NAME in context.preferences.addons else "Mien is not installed as an extension"

    def execute(self, context):
        return bpy.ops.preferences.addon_show(module=package.NAME)


class MIEN_OT_use_backend(bpy.types.Operator):
    """Use this backend from now on"""

    bl_idname = "mien.use_backend"
    bl_label = "Use Backend"
    bl_options = {"INTERNAL"}
    address: StringProperty()
    name: StringProperty()
    token_wanted: BoolProperty()
    refusal: StringProperty()

    @classmethod
    def description(cls, context, properties) -> str:
        return properties.refusal or f"Use the backend at {properties.address} from now on"

    def execute(self, context):
        settings = preferences(context)
        refusal = self.refusal or address_refusal(context, self.address)
        if refusal:
            self.report({"ERROR"}, f"{refusal}.")
            return {"CANCELLED"}
        same_title = [entry for entry in settings.known if self.name and entry.title == self.name]
        token, sha256 = (same_title[0].token, same_title[0].sha256) if same_title else ("", "")
        for old in [entry.address for entry in same_title if entry.address != plain_address(self.address)]:
            settings.known.remove(next(i for i, entry in enumerate(settings.known) if entry.address == old))
        entry = settings.remember(self.address, self.name)
        entry.token, entry.sha256 = entry.token or token, entry.sha256 or sha256
        entry.token_wanted = self.token_wanted and not entry.token
        settings.address = self.address
        look(context, False)
        return {"FINISHED"}


class MIEN_OT_trust_backend(DisabledReason, bpy.types.Operator):
    """Trust the certificate with this fingerprint from now on. Compare it with what the backend's terminal shows"""

    bl_idname = "mien.trust_backend"
    bl_label = "Trust"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        entry = preferences(context).entry(preferences(context).address)
        return "" if entry is not None and entry.offered else "There is no new certificate to trust; press Look first"

    def execute(self, context):
        settings = preferences(context)
        entry = settings.entry(settings.address)
        entry.sha256, entry.offered = entry.offered, ""
        context.preferences.is_dirty = True
        look(context, False)
        return {"FINISHED"}


class MIEN_OT_forget_backend(bpy.types.Operator):
    """Forget this backend, its token and its certificate"""

    bl_idname = "mien.forget_backend"
    bl_label = "Forget Backend"
    bl_options = {"INTERNAL"}
    address: StringProperty()

    def execute(self, context):
        settings = preferences(context)
        address = plain_address(self.address)
        number = next((i for i, entry in enumerate(settings.known) if entry.address == address), None)
        if number is None:
            return {"CANCELLED"}
        settings.known[number].token = settings.known[number].sha256 = ""  # out of the stored credentials, too
        settings.known.remove(number)
        context.preferences.is_dirty = True
        return {"FINISHED"}


class MIEN_OT_start_backend(DisabledReason, bpy.types.Operator):
    """Start a backend on this machine, unless one answers at the address; it ends with Blender"""

    bl_idname = "mien.start_backend"
    bl_label = "Start"

    @classmethod
    def disabled_reason(cls, context) -> str:
        return "Blender's own backend runs already" if runner.local.running else address_refusal(context)

    def execute(self, context):
        look(context, True)
        return {"FINISHED"}


class MIEN_OT_stop_backend(DisabledReason, bpy.types.Operator):
    """Stop the backend that Blender started"""

    bl_idname = "mien.stop_backend"
    bl_label = "Stop"

    @classmethod
    def disabled_reason(cls, context) -> str:
        if not runner.local.running:
            return "Blender has started no backend of its own"
        return "Cancel the take first" if context.window_manager.mien_run.running else ""

    def execute(self, context):
        runner.stop_local()
        return {"FINISHED"}


class MIEN_PT_backend(bpy.types.Panel):
    bl_label = "Backend"
    bl_idname = "MIEN_PT_backend"
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Mien"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 90

    def draw(self, context):
        layout, settings, run = self.layout, preferences(context), context.window_manager.mien_run
        if isinstance(settings, bpy.types.AddonPreferences):
            layout.prop(settings, "address", text="")
            draw_key(layout, context, settings)
            _draw_list(layout, settings)
            layout.prop(settings, "start_own")
        if run.backend:
            text.draw(layout, context, run.backend)
        row = layout.row(align=True)
        row.operator("mien.check_backend", icon="VIEWZOOM")
        row.operator("mien.start_backend")
        row.operator("mien.stop_backend")
        if run.backend and runner.state.info is None:
            layout.operator("mien.open_preferences", icon="PREFERENCES")


def draw_key(layout, context, settings) -> None:
    """The token and the certificate of the backend, where it needs them."""
    entry = settings.entry(settings.address)
    if entry is None:
        return
    if entry.token_wanted or entry.token:
        row = layout.row()
        row.alert = entry.token_wanted
        row.prop(entry, "token")
    if entry.offered:
        box = layout.box()
        changed = "The certificate has changed! " if entry.sha256 else ""
        text.draw(box, context, f"{changed}Fingerprint of the certificate: {in_groups(entry.offered)}")
        if entry.sha256:
            text.draw(box, context, f"Trusted until now: {in_groups(entry.sha256)}")
        box.operator("mien.trust_backend", icon="CHECKMARK")


def _draw_list(layout, settings) -> None:
    """Blender's own backend, those announced in the network, those used before; a click chooses one."""
    own_address = runner.local.address if runner.local.running else ""
    column = layout.column(align=True)
    for entry in backend_list.rows(settings.known_values(), _announced, own_address, settings.address):
        row = column.row(align=True)
        if entry.where == "own":
            row.label(text=f"{entry.title} at {entry.address}", icon="HOME")
            continue
        selected = plain_address(entry.address) == plain_address(settings.address)
        title = f"{entry.title}: API differs" if entry.refusal else entry.title
        icon = "ERROR" if entry.refusal else "RADIOBUT_ON" if selected else "RADIOBUT_OFF"
        button = row.operator("mien.use_backend", text=title, icon=icon, depress=selected)
        button.address, button.name, button.refusal = entry.address, entry.name, entry.refusal
        button.token_wanted = entry.token_wanted
        if entry.where == "used":
            row.operator("mien.forget_backend", text="", icon="X").address = entry.address
    if not bpy.app.online_access:
        row = column.row()
        row.active = False
        row.label(text="Offline: the network is not searched", icon="INTERNET_OFFLINE")


CLASSES = (
    MIEN_OT_check_backend,
    MIEN_OT_open_preferences,
    MIEN_OT_use_backend,
    MIEN_OT_trust_backend,
    MIEN_OT_forget_backend,
    MIEN_OT_start_backend,
    MIEN_OT_stop_backend,
    MIEN_PT_backend,
)


def register() -> None:
    runner.on_backend_info = _remember
    settings = preferences(bpy.context)
    entry = settings.entry(settings.address)
    info = info_from_text(entry.info) if entry is not None else None
    if info is not None:
        runner.report_backend(info, f"Last seen: {worker.describe(info)}")
    if not bpy.app.background:
        bpy.app.timers.register(browse, first_interval=FIRST_LOOK_S)


def unregister() -> None:
    runner.on_backend_info = None
    _announced.clear()
    if bpy.app.timers.is_registered(browse):
        bpy.app.timers.unregister(browse)
