# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension's preferences: the backend's address, how to start one, and the backends used before. Defaults where
the extension is imported and not installed."""

import time

import bpy
from bpy.props import BoolProperty, CollectionProperty, FloatProperty, StringProperty

from .. import package
from . import backend_list
from .credentials import Credential, credentials, parse_invitation, plain_address

ADDRESS = "http://127.0.0.1:8642"


def _store_credential(entry, context) -> None:
    """Copy an entry's credential to `credentials`, from which the client takes it."""
    credentials.put(entry.address, Credential(entry.token.strip(), entry.sha256))


class MIEN_PG_backend(bpy.types.PropertyGroup):
    """A backend that was typed or used before."""

    address: StringProperty()
    title: StringProperty(description="As it announced itself")
    token: StringProperty(
        name="Token",
        description="What the backend asks for; whoever runs it makes one with 'mien serve --add-client NAME'",
        subtype="PASSWORD",
        update=_store_credential,
    )
    sha256: StringProperty(description="The fingerprint of the certificate that was trusted", update=_store_credential)
    offered: StringProperty(description="The fingerprint that was seen and is not trusted", options={"SKIP_SAVE"})
    token_wanted: BoolProperty(description="It was refused for its token", options={"SKIP_SAVE"})
    info: StringProperty(description="What the backend last said of itself")
    used: FloatProperty(subtype="TIME_ABSOLUTE")


def _on_address_edit(preferences_, context) -> None:
    """Move the credential of an invitation to the backend's entry, so that the address that is shown has none."""
    credential = parse_invitation(preferences_.address)
    if credential != Credential():
        entry = preferences_.remember(preferences_.address)
        entry.token, entry.sha256 = credential.token or entry.token, credential.sha256 or entry.sha256
    if "#" in preferences_.address:
        preferences_.address = plain_address(preferences_.address)


class MIEN_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = package.NAME

    address: StringProperty(
        name="Address",
        description="Where a backend answers, or the line that 'mien serve --lan' prints. The default is a "
        "backend on this machine",
        default=ADDRESS,
        update=_on_address_edit,
    )
    start_own: BoolProperty(
        name="Start One If None Answers",
        description="Start 'mien serve' on this machine when nothing answers at the address. It ends with Blender",
        default=True,
    )
    command: StringProperty(
        name="Command",
        description="The program that is the backend. Empty: 'mien' on the PATH, then what MIEN_COMMAND names",
        default="",
        subtype="FILE_PATH",
    )
    known: CollectionProperty(type=MIEN_PG_backend)

    def entry(self, address: str):
        """The entry of the backend at the address, or None."""
        return next((entry for entry in self.known if entry.address == plain_address(address)), None)

    def remember(self, address: str, title: str = ""):
        """The entry of the backend, added where there is none; the least recently used ones are removed."""
        entry = self.entry(address)
        if entry is None:
            entry = self.known.add()
            entry.address = plain_address(address)
        entry.title, entry.used = title or entry.title, time.time()
        for old in backend_list.addresses_to_forget(self.known_values()):
            self.known.remove(next(i for i, entry in enumerate(self.known) if entry.address == old))
        bpy.context.preferences.is_dirty = True
        return self.entry(address)

    def known_values(self) -> list[backend_list.KnownBackend]:
        return [backend_list.KnownBackend(entry.address, entry.title, entry.used) for entry in self.known]

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        for name in ("address", "start_own", "command"):
            layout.prop(self, name)
        layout.operator("mien.check_backend", icon="VIEWZOOM")
        run = getattr(context.window_manager, "mien_run", None)
        if run is not None and run.backend:
            layout.label(text=run.backend)


class _Defaults:
    address, start_own, command, known = ADDRESS, True, "", ()

    @staticmethod
    def entry(address: str) -> None:
        return None

    @staticmethod
    def known_values() -> list[backend_list.KnownBackend]:
        return []


def preferences(context: bpy.types.Context):
    """The extension's preferences, or the defaults in a script that registers the modules without installing them."""
    addon = context.preferences.addons.get(package.NAME)
    return addon.preferences if addon is not None and addon.preferences is not None else _Defaults


CLASSES = (MIEN_PG_backend, MIEN_AP_preferences)


def register() -> None:
    """Load the stored credentials."""
    for entry in preferences(bpy.context).known:
        _store_credential(entry, bpy.context)


def unregister() -> None:
    credentials.clear()
