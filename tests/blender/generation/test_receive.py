# SPDX-License-Identifier: GPL-3.0-or-later
import json

import numpy as np
from blender_takes import apply, weights_take

from addon.animation import takes
from addon.scene import lines


def test_what_the_backend_says_of_a_sound_is_noted_with_its_take(toy_head, voice):
    lines.add(toy_head, str(voice), 1)
    sentence = "Nothing was heard as speech: the sound is silence, 1.0 s of it."
    note = apply(toy_head, weights_take(np.zeros((10, 3)), warnings=json.dumps([sentence])))
    assert sentence in note and sentence in takes.active(lines.active(toy_head)).said
    assert sentence not in apply(toy_head, weights_take(np.zeros((10, 3)), seed="1"))
