# SPDX-License-Identifier: GPL-3.0-or-later
"""Backends of a network in a real window: announced, chosen, their certificate trusted, their token entered.

Needs `mien serve --lan --tls` somewhere in the network and the token of one of its clients:
run.py --script backends.py ... -- TOKEN
"""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from window import MIEN, arguments, check, drive, extension, open_tab, press, shot, until

OUT, TOKEN = Path(arguments()[0]), arguments()[1]


def steps():
    panel = extension("ui.backend_panel")
    settings = bpy.context.preferences.addons[MIEN].preferences
    runner = panel.runner
    settings.start_own = False
    for cls in (extension("ui.main_panel").MIEN_PT_speaker, panel.MIEN_PT_backend):
        bpy.utils.unregister_class(cls)
    panel.MIEN_PT_backend.bl_options = set()  # open, and alone
    bpy.utils.register_class(panel.MIEN_PT_backend)
    yield from open_tab("Mien")
    yield from shot(OUT, "1_offline")

    bpy.context.preferences.system.use_online_access = True
    press(bpy.ops.mien.check_backend)
    yield from until("a backend is found", lambda: len(panel._announced) > 0)
    yield from shot(OUT, "2_found")

    announced = panel._announced[0]
    press(bpy.ops.mien.use_backend, address=announced.address, name=announced.name, token_wanted=announced.token_wanted)
    yield from until("it was asked", lambda: not runner.working_in_background)
    yield 0.3
    entry = settings.entry(announced.address)
    check("its certificate is the one announced", entry.offered == announced.sha256, entry.offered)
    yield from shot(OUT, "3_certificate")

    press(bpy.ops.mien.trust_backend)
    yield from until("it was asked again", lambda: not runner.working_in_background)
    yield 0.3
    check("it asks for a token", settings.entry(announced.address).token_wanted, runner.state.backend)
    yield from shot(OUT, "4_token")

    settings.entry(announced.address).token = TOKEN
    press(bpy.ops.mien.check_backend)
    yield from until("it answers", lambda: not runner.working_in_background and runner.state.info is not None)
    yield from shot(OUT, "5_used")


drive(steps())
