# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine with missing parts in a real window: the panel names them.

Started by run.py: run.py --script missing.py ...
"""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from fake_backend import MISSING_WEIGHTS
from window import arguments, check, drive, extension, open_tab, press, shot, until, use_fake_backend, view3d

OUT = Path(arguments()[0])


def steps():
    use_fake_backend()
    yield from open_tab("Mien")
    press(bpy.ops.mien.add_head)
    press(bpy.ops.mien.check_backend)
    runner = extension("generation.runner").runner
    yield from until("the backend is seen", lambda: runner.state.info is not None)
    press(bpy.ops.mien.choose_engine, name="other")
    for _ in range(3):  # the panels below move down before they stand still
        view3d()[1].tag_redraw()
        yield 1.0
    yield from shot(OUT, "engine_lacks")
    (part,) = runner.state.info.engines[1].missing
    sentence, page = MISSING_WEIGHTS["sentence"], MISSING_WEIGHTS["page"]
    check("what it lacks came over HTTP", (part.sentence, part.page) == (sentence, page))


drive(steps())
