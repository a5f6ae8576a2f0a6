# SPDX-License-Identifier: GPL-3.0-or-later
"""What a take is made from, as a text: equal where the take would be, and saying what differs where not."""

import os
from dataclasses import replace

import pytest

from addon.connection.client import EngineInfo, BackendInfo
from addon.generation import fingerprint

INFO = BackendInfo("http://127.0.0.1:1", "0.1.0", "cpu", (EngineInfo("toy", "2"), EngineInfo("other")), "toy", {}, "ab" * 32)


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "voice.wav"
    path.write_bytes(b"one")
    return path


def asked(sound, direction="{}", fps="24", head="", driven="keys") -> str:
    return fingerprint.asked(sound, direction, fps, head, driven)


def test_a_copied_or_touched_sound_is_the_same(sound, tmp_path):
    copy = tmp_path / "elsewhere.wav"
    copy.write_bytes(b"one")
    os.utime(copy, (1, 1))
    assert asked(copy) == asked(sound)


def test_a_sound_that_was_written_over_is_another(sound):
    before = asked(sound)
    sound.write_bytes(b"two")
    os.utime(sound, ns=(5, 5))
    assert fingerprint.changes(before, asked(sound)) == ("its sound changed",)


def test_a_sound_is_read_once_while_it_stays(sound, monkeypatch):
    asked(sound)
    monkeypatch.setattr(fingerprint.hashlib, "file_digest", lambda *_: pytest.fail("it was read again"))
    asked(sound)


def test_each_part_that_differs_is_named(sound):
    before = fingerprint.with_engine(asked(sound), fingerprint.engine_of(INFO, ""))
    after = fingerprint.with_engine(
        asked(sound, '{"jaw": 2}', "25", "flame", "bones"), fingerprint.engine_of(INFO, "other")
    )
    assert fingerprint.changes(before, after) == (
        "what is asked of it changed",
        "the frame rate changed",
        "the mesh is another one",
        "the engine or its weights are others",
        "how the mesh is driven changed",
    )
    assert fingerprint.changes(before, before) == ()


def test_engines_are_compared_only_where_both_are_known(sound):
    before = fingerprint.with_engine(asked(sound), "toy 1")
    assert fingerprint.changes(before, asked(sound)) == ()
    assert fingerprint.with_engine(asked(sound), "") == asked(sound)
    assert fingerprint.with_engine("", "toy 1") == ""


def test_an_engine_is_named_with_version_and_weights():
    assert fingerprint.engine_of(INFO, "") == f"toy 2 {'ab' * 8}" == fingerprint.engine_of(INFO, "toy")
    assert fingerprint.engine_of(INFO, "gone") == "" == fingerprint.engine_of(None, "toy")


def test_the_address_is_of_what_the_backend_sends(sound):
    whole = fingerprint.with_engine(asked(sound), "toy 1")
    assert fingerprint.address(asked(sound)) == ""  # without an engine nobody knows what comes
    assert fingerprint.address(whole) == fingerprint.address(
        fingerprint.with_engine(asked(sound, driven="bones"), "toy 1")
    )
    assert fingerprint.address(whole) != fingerprint.address(fingerprint.with_engine(asked(sound, fps="25"), "toy 1"))
    assert fingerprint.address(whole) != fingerprint.address(fingerprint.with_engine(asked(sound), "toy 2"))


@pytest.mark.parametrize("text", ["", "nonsense", "[1]"])
def test_a_text_of_another_version_says_nothing(text, sound):
    assert fingerprint.changes(text, asked(sound)) == ()


def test_a_sound_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(OSError):
        asked(tmp_path / "gone.wav")


def test_other_models_of_the_users_own_matter_where_flame_is_moved():
    engines = (EngineInfo("toy", "2", head="mien"), EngineInfo("theirs", head="flame"))
    one = replace(INFO, engines=engines, own_models="c" * 64)
    other = replace(one, own_models="d" * 64)
    assert fingerprint.engine_of(one, "toy") == fingerprint.engine_of(other, "toy")
    for name, head in (("toy", "flame"), ("theirs", "")):
        assert fingerprint.engine_of(one, name, head) != fingerprint.engine_of(other, name, head)
