# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine that lacks something, in a real window: what the panel says of it.

Started by run.py: run.py --script missing.py ...
"""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent.parent))
from fake_backend import MISSING_WEIGHTS, FakeBackend
from window import arguments, check, drive, open_tab, press, shot, until, view3d

OUT = Path(arguments()[0])
MIEN = "bl_ext.user_default.mien"


def steps():
    wanted = bpy.context.preferences.addons[MIEN].preferences
    backend = FakeBackend().__enter__()
    wanted.address, wanted.start_own = backend.address, False
    yield from open_tab("Mien")
    press(bpy.ops.mien.add_head)
    press(bpy.ops.mien.check_backend)
    runner = sys.modules[f"{MIEN}.generation.runner"].runner
    yield from until("the backend is seen", lambda: runner.state.info is not None)
    press(bpy.ops.mien.choose_engine, name="other")
    for _ in range(3):  # the panels below move down before they stand still
        view3d()[1].tag_redraw()
        yield 1.0
    yield from shot(OUT, "engine_lacks")
    (lack,) = runner.state.info.engines[1].missing
    sentence, page = MISSING_WEIGHTS["sentence"], MISSING_WEIGHTS["page"]
    check("what it lacks came over HTTP", (lack.sentence, lack.page) == (sentence, page))


drive(steps())
