# SPDX-License-Identifier: GPL-3.0-or-later
"""Registration in the restricted context of a starting Blender, with info kept from the last session."""

import bpy
import pytest

import addon
from addon.connection import preferences
from addon.connection.backend_info import BackendInfo, EngineInfo, info_to_text
from addon.generation import runner


def test_a_known_backend_is_shown_without_a_connection(monkeypatch):
    restricted = pytest.importorskip("_bpy_restrict_state")
    info = BackendInfo("http://127.0.0.1:9", "0.1.0", "cpu", (EngineInfo("toy", "1"),), "toy")

    text = info_to_text(info)

    class Entry:
        info = text

    monkeypatch.setattr(preferences._Defaults, "entry", staticmethod(lambda address: Entry))
    assert len(bpy.context.window_manager.windows)
    addon.unregister()
    with monkeypatch.context() as starting:  # RestrictBlend itself, which misses the module that is imported here
        starting.setattr(bpy, "context", restricted._context_restrict)
        starting.setattr(bpy, "data", restricted._data_restrict)
        addon.register()
    assert runner.runner.state.info == info
    assert bpy.context.window_manager.mien_run.backend == "Last seen: Mien 0.1.0 at http://127.0.0.1:9, on cpu"
