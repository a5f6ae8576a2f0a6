# SPDX-License-Identifier: GPL-3.0-or-later
"""Every button of Mien, and every field of its dialogs, says in a tooltip what it does."""

import bpy

# set by panels, never seen: what a button of a list is for is said by the operator's own description
BY_PANELS = {
    *(f"choose_{what}.name" for what in ("engine", "style", "persona", "lips_model")),
    *(f"use_backend.{name}" for name in ("address", "name", "token_wanted", "refusal")),
    *(f"go_to_line.{name}" for name in ("scene", "speaker", "uid")),
    "fit_end.frame",
    "forget_backend.address",
    "show_words.kind",
}


def test_each_operator_and_each_field_of_its_dialog_is_described(registered):
    without = set()
    for name in dir(bpy.ops.mien):
        operator = getattr(bpy.ops.mien, name).get_rna_type()
        without |= {name} if not operator.description else set()
        without |= {
            f"{name}.{field.identifier}"
            for field in operator.properties
            if not field.description and not field.is_hidden and field.identifier != "rna_type"
        }
    assert without <= BY_PANELS, without - BY_PANELS
