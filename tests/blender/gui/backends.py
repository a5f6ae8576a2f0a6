# SPDX-License-Identifier: GPL-3.0-or-later
"""Backends of a room, in a real window: found, chosen, their certificate trusted, their token typed.

Needs `mien serve --lan --tls` somewhere in the network and the token of one of its clients:
run.py --script backends.py ... -- TOKEN
"""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from window import arguments, check, drive, open_tab, press, shot, until

OUT, TOKEN = Path(arguments()[0]), arguments()[1]
MIEN = "bl_ext.user_default.mien"


def steps():
    panel = sys.modules[f"{MIEN}.ui.backend_panel"]
    wanted = bpy.context.preferences.addons[MIEN].preferences
    runner = panel.runner
    wanted.start_own = False
    for cls in (sys.modules[f"{MIEN}.ui.main_panel"].MIEN_PT_speaker, panel.MIEN_PT_backend):
        bpy.utils.unregister_class(cls)
    panel.MIEN_PT_backend.bl_options = set()  # open, and alone
    bpy.utils.register_class(panel.MIEN_PT_backend)
    yield from open_tab("Mien")
    yield from shot(OUT, "1_offline")

    bpy.context.preferences.system.use_online_access = True
    press(bpy.ops.mien.check_backend)
    yield from until("a backend is found", lambda: len(panel._found) > 0)
    yield from shot(OUT, "2_found")

    there = panel._found[0]
    press(bpy.ops.mien.use_backend, address=there.address, name=there.name, token_wanted=there.token_wanted)
    yield from until("it was asked", lambda: not runner.working_in_background)
    yield 0.3
    entry = wanted.entry(there.address)
    check("its certificate is the one announced", entry.offered == there.sha256, entry.offered)
    yield from shot(OUT, "3_certificate")

    press(bpy.ops.mien.trust_backend)
    yield from until("it was asked again", lambda: not runner.working_in_background)
    yield 0.3
    check("it asks for a token", wanted.entry(there.address).token_wanted, runner.state.backend)
    yield from shot(OUT, "4_token")

    wanted.entry(there.address).token = TOKEN
    press(bpy.ops.mien.check_backend)
    yield from until("it answers", lambda: not runner.working_in_background and runner.state.info is not None)
    yield from shot(OUT, "5_used")


drive(steps())
