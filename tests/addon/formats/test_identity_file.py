# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension's reader of identities gives what the backend's does."""

import numpy as np
import pytest
from mien.heads import identity

from addon.formats import head_file, identity_file


def test_the_names_are_the_backends():
    assert identity_file.names() == identity.names()


@pytest.mark.parametrize("name", ["adult", "man_b", "old_woman"])
def test_the_head_and_its_hair_are_the_backends(name):
    theirs = identity.load_identity(name)
    head, hair = identity_file.with_identity(head_file.read_head(head_file.find_file()), name)
    np.testing.assert_allclose(head.vertices, theirs.head.vertices, atol=1e-7)
    assert head.channels == (*theirs.head.channels, *theirs.head.tongue_names)
    deltas = np.concatenate([theirs.head.deltas, theirs.head.tongue_deltas])
    np.testing.assert_allclose(head.deltas, deltas, atol=1e-7)
    np.testing.assert_allclose(head.pivot, theirs.head.joint("neck"), atol=1e-7)
    np.testing.assert_allclose(head.accessories.teeth_vertices, theirs.head.teeth_vertices, atol=1e-7)
    np.testing.assert_allclose(head.accessories.eyeballs, theirs.head.eyeballs, atol=1e-7)
    assert [m["colour"] for m in head.materials] == [m["colour"] for m in theirs.head.materials]
    assert {m["name"].partition(" of ")[2] for m in head.materials} == {name}
    np.testing.assert_allclose(hair.vertices, theirs.hair.vertices, atol=1e-6)
    np.testing.assert_array_equal(hair.quads, theirs.hair.quads)
    np.testing.assert_allclose(hair.normals, theirs.hair.normals, atol=1e-4)


def test_an_unknown_identity_is_refused_with_the_list():
    with pytest.raises(head_file.HeadError, match="no identity 'nobody'; choose one of adult, teen"):
        identity_file.with_identity(head_file.read_head(head_file.find_file()), "nobody")
