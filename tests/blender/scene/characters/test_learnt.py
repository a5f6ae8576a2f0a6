# SPDX-License-Identifier: GPL-3.0-or-later
"""What was learnt is kept on the speaker."""

import bpy
import numpy as np
import pytest
from rigs import characters

from addon.scene.characters import learning
from addon.scene.characters.learnt import Learnt, Progress, finish, mapping_of, owners_of, store
from addon.shape_keys.control_fit import ControlMap


def test_all_steps_lead_to_what_was_learnt():
    def steps():
        yield Progress(0.5, "half")
        return Learnt(ControlMap((), (), {}), (), "done")

    assert finish(steps()).sentence == "done"


def test_it_is_stored_with_its_objects_and_read_again():
    face = characters.all_driven()
    assert mapping_of(face) is None and owners_of(face) == []
    found = learning.learn(face)
    store(face, found)
    assert mapping_of(face) == found.mapping and owners_of(face) == [bpy.data.objects["Face_rig"]]
    shares = [step.share for step in learning.steps(face)]
    assert (np.diff(shares) > -1e-9).all() and 0.0 < shares[0] < shares[-1] <= 1.0


@pytest.mark.parametrize("text", ["{", '{"kind": "vertices"}', "[]"])
def test_a_mapping_that_cannot_be_read_is_none(text):
    face = characters.face("Face", {})
    face.mien_driving.control_map = text
    assert mapping_of(face) is None
