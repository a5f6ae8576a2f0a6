# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the backend is, and which were used before. Kept in Blender's preferences; a plain
default where the extension is only imported."""

import time

import bpy
from bpy.props import BoolProperty, CollectionProperty, FloatProperty, StringProperty

from .. import package
from . import backend_list
from .credentials import Key, invited, keyring, plain

ADDRESS = "http://127.0.0.1:8642"


def _opened(entry, context) -> None:
    """The keyring has what the preferences have."""
    keyring.put(entry.address, Key(entry.token.strip(), entry.sha256))


class MIEN_PG_backend(bpy.types.PropertyGroup):
    """A backend that was typed or used before."""

    address: StringProperty()
    title: StringProperty(description="As it announced itself")
    token: StringProperty(
        name="Token",
        description="What the backend asks for; whoever runs it makes one with 'mien serve --add-client NAME'",
        subtype="PASSWORD",
        update=_opened,
    )
    sha256: StringProperty(description="The fingerprint of the certificate that was trusted", update=_opened)
    offered: StringProperty(description="The fingerprint that was seen and is not trusted", options={"SKIP_SAVE"})
    token_wanted: BoolProperty(description="It was refused for its token", options={"SKIP_SAVE"})
    info: StringProperty(description="What the backend last said of itself")
    used: FloatProperty(subtype="TIME_ABSOLUTE")


def _typed(wanted, context) -> None:
    """An invitation is taken apart: the key belongs to the entry, never to the address that is shown."""
    key = invited(wanted.address)
    if key != Key():
        entry = wanted.remember(wanted.address)
        entry.token, entry.sha256 = key.token or entry.token, key.sha256 or entry.sha256
    if "#" in wanted.address:
        wanted.address = plain(wanted.address)


class MIEN_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = package.NAME

    address: StringProperty(
        name="Address",
        description="Where a backend answers, or the line that 'mien serve --lan' prints. The default is a "
        "backend on this machine",
        default=ADDRESS,
        update=_typed,
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
        """What is kept of the backend at the address, or None."""
        return next((each for each in self.known if each.address == plain(address)), None)

    def remember(self, address: str, title: str = ""):
        """The entry of the backend, made if there is none; those used longest ago are forgotten."""
        entry = self.entry(address)
        if entry is None:
            entry = self.known.add()
            entry.address = plain(address)
        entry.title, entry.used = title or entry.title, time.time()
        for old in backend_list.forgotten(self.known_values()):
            self.known.remove(next(i for i, each in enumerate(self.known) if each.address == old))
        bpy.context.preferences.is_dirty = True
        return self.entry(address)

    def known_values(self) -> list[backend_list.Known]:
        return [backend_list.Known(each.address, each.title, each.used) for each in self.known]

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        for name in ("address", "start_own", "command"):
            layout.prop(self, name)


class _Defaults:
    address, start_own, command, known = ADDRESS, True, "", ()

    @staticmethod
    def entry(address: str) -> None:
        return None

    @staticmethod
    def known_values() -> list[backend_list.Known]:
        return []


def preferences(context: bpy.types.Context):
    """The extension's preferences, or the defaults in a script that
    registers the modules without installing them."""
    addon = context.preferences.addons.get(package.NAME)
    return addon.preferences if addon is not None and addon.preferences is not None else _Defaults


CLASSES = (MIEN_PG_backend, MIEN_AP_preferences)


def register() -> None:
    """Fill the keyring: nothing else has the tokens."""
    for entry in preferences(bpy.context).known:
        _opened(entry, bpy.context)


def unregister() -> None:
    keyring.clear()
