# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints: equal where the take would be, and with the differences in words where not."""

import json
import os
from dataclasses import replace

import pytest

from addon.connection.backend_info import BackendInfo, EngineInfo
from addon.generation import fingerprint

INFO = BackendInfo(
    "http://127.0.0.1:1", "0.1.0", "cpu", (EngineInfo("toy", "2"), EngineInfo("other")), "toy", {}, "ab" * 32
)


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "voice.wav"
    path.write_bytes(b"one")
    return path


def of_request(sound, direction="{}", fps="24", head="", driven="keys") -> str:
    return fingerprint.of_request(fingerprint.of_sound(sound), direction, fps, head, driven)


def test_a_copied_or_touched_sound_is_the_same(sound, tmp_path):
    copy = tmp_path / "elsewhere.wav"
    copy.write_bytes(b"one")
    os.utime(copy, (1, 1))
    assert of_request(copy) == of_request(sound)


def test_an_overwritten_sound_is_another(sound):
    before = of_request(sound)
    sound.write_bytes(b"two")
    os.utime(sound, ns=(5, 5))
    assert fingerprint.changes(before, of_request(sound)) == ("its sound changed",)


def test_an_unchanged_sound_is_read_once(sound, monkeypatch):
    of_request(sound)
    monkeypatch.setattr(fingerprint.hashlib, "file_digest", lambda *_: pytest.fail("it was read again"))
    of_request(sound)


def test_each_part_that_differs_is_named(sound):
    before = fingerprint.with_engine(of_request(sound), fingerprint.engine_of(INFO, ""))
    after = fingerprint.with_engine(
        of_request(sound, '{"jaw": 2}', "25", "flame", "bones"), fingerprint.engine_of(INFO, "other")
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
    before = fingerprint.with_engine(of_request(sound), "toy 1")
    assert fingerprint.changes(before, of_request(sound)) == ()
    assert fingerprint.with_engine(of_request(sound), "") == of_request(sound)
    assert fingerprint.with_engine("", "toy 1") == ""


def test_an_engine_is_named_with_version_and_weights():
    assert fingerprint.engine_of(INFO, "") == f"toy 2 {'ab' * 8}" == fingerprint.engine_of(INFO, "toy")
    assert fingerprint.engine_of(INFO, "gone") == "" == fingerprint.engine_of(None, "toy")


def test_the_cache_key_is_of_the_bytes_that_the_backend_sends(sound):
    whole = fingerprint.with_engine(of_request(sound), "toy 1")
    assert fingerprint.cache_key(of_request(sound)) == ""  # unknown without an engine
    assert fingerprint.cache_key(whole) == fingerprint.cache_key(
        fingerprint.with_engine(of_request(sound, driven="bones"), "toy 1")
    )
    assert fingerprint.cache_key(whole) != fingerprint.cache_key(
        fingerprint.with_engine(of_request(sound, fps="25"), "toy 1")
    )
    assert fingerprint.cache_key(whole) != fingerprint.cache_key(fingerprint.with_engine(of_request(sound), "toy 2"))


@pytest.mark.parametrize("text", ["", "nonsense", "[1]"])
def test_a_text_of_another_version_is_not_compared(text, sound):
    assert fingerprint.changes(text, of_request(sound)) == ()


def test_a_missing_sound_is_an_oserror(tmp_path):
    with pytest.raises(OSError):
        fingerprint.of_sound(tmp_path / "gone.wav")


@pytest.mark.parametrize("kind", ["persona", "lips_model"])
def test_a_take_follows_what_was_learnt_anew(kind):
    one, other = (replace(INFO, learnt=((f"{kind}/ada", digest * 32),)) for digest in ("ab", "cd"))
    direction = json.dumps({kind: "ada"})
    assert fingerprint.engine_of(one, "", "", direction) != fingerprint.engine_of(other, "", "", direction)
    assert fingerprint.engine_of(one, "") == fingerprint.engine_of(other, "") == fingerprint.engine_of(INFO, "")


def test_own_models_matter_for_takes_of_flame_alone():
    engines = (EngineInfo("toy", "2", head="mien"), EngineInfo("theirs", head="flame"))
    one = replace(INFO, engines=engines, own_models="c" * 64)
    other = replace(one, own_models="d" * 64)
    assert fingerprint.engine_of(one, "toy") == fingerprint.engine_of(other, "toy")
    for name, head in (("toy", "flame"), ("theirs", "")):
        assert fingerprint.engine_of(one, name, head) != fingerprint.engine_of(other, name, head)
