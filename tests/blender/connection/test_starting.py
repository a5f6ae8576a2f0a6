# SPDX-License-Identifier: GPL-3.0-or-later
"""Registering as Blender does when it starts: with hardly any context, and with what was kept from the last time."""

import bpy
import pytest

import addon
from addon.connection import backend_list, preferences
from addon.connection.client import EngineInfo, Info
from addon.generation import runner


def test_a_remembered_backend_is_shown_without_asking_it(monkeypatch):
    restricted = pytest.importorskip("_bpy_restrict_state")
    info = Info("http://127.0.0.1:9", "0.1.0", "cpu", (EngineInfo("toy", "1"),), "toy")

    kept = backend_list.remembered(info)

    class Kept:
        info = kept

    monkeypatch.setattr(preferences._Defaults, "entry", staticmethod(lambda address: Kept))
    assert len(bpy.context.window_manager.windows)
    addon.unregister()
    with monkeypatch.context() as starting:  # RestrictBlend itself, which misses the module that is imported here
        starting.setattr(bpy, "context", restricted._context_restrict)
        starting.setattr(bpy, "data", restricted._data_restrict)
        addon.register()
    assert runner.pump.state.info == info
    assert bpy.context.window_manager.mien_run.backend == "Last seen: Mien 0.1.0 at http://127.0.0.1:9, on cpu"
