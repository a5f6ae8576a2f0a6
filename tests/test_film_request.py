# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from pathlib import Path

import pytest
from mien.direction import Direction
from mien.engines.articulation.persona import FOLDER, SUFFIX
from mien.engines.diffted.published.tps import FOLDER as FOLDER_OF_MOTION_MODELS
from mien.engines.personatalk.options import DubOptions
from mien.errors import MienError
from mien.files.card import card_path
from mien.film_request import FilmRefused, FilmRequest, read_options
from mien.photo.body.options import TalkOptions
from mien.photo.options import PortraitOptions
from mien.video.consent import Consent

CONSENT = Consent("Maria Rossi, in writing", "2026-03-12T10:00:00+00:00", "service")
DUB = FilmRequest("dub", "a" * 64, "clip.mp4", "b" * 64, "line.wav", DubOptions(opening=0.8), CONSENT)
PORTRAIT = replace(DUB, make="portrait", shown_name="me.jpg", options=PortraitOptions(direction=Direction(seed=3)))
TALK = replace(PORTRAIT, make="talk", options=TalkOptions(hands="left", gestures=0.5))


@pytest.mark.parametrize("request_", [DUB, PORTRAIT, TALK])
def test_it_is_read_as_it_was_written(request_: FilmRequest) -> None:
    assert FilmRequest.from_json(request_.to_json()) == request_
    assert request_.sources == ("a" * 64, "b" * 64) and request_.name == request_.shown_name


@pytest.mark.parametrize("text", ["{}", '{"make": "dub"}', "[]", "no"])
def test_other_text_is_refused_with_an_error_that_a_recovery_knows(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        FilmRequest.from_json(text)


def test_whatever_changes_the_film_changes_its_key(tmp_path: Path) -> None:
    others = [
        replace(DUB, shown="c" * 64),
        replace(DUB, voice="c" * 64),
        replace(DUB, shown_name="other.mp4"),
        replace(DUB, options=DubOptions(opening=0.9)),
        replace(DUB, consent=replace(CONSENT, statement="Paolo Rossi, in writing")),
        PORTRAIT,
        TALK,
    ]
    keys = [each.result_key(tmp_path) for each in (DUB, *others)]
    assert len(set(keys)) == len(keys) and DUB.result_key(tmp_path) == keys[0]


def test_a_persona_learnt_anew_makes_another_film(tmp_path: Path) -> None:
    request = replace(DUB, options=DubOptions(direction=Direction(persona="anna")))
    path = tmp_path / FOLDER / f"anna{SUFFIX}"
    path.parent.mkdir()
    keys = set()
    for content in (b"anna", b"anna as she speaks now"):
        path.write_bytes(content)
        keys.add(request.result_key(tmp_path))
    assert len(keys) == 2


def test_another_motion_model_of_the_same_name_draws_another_film(tmp_path: Path) -> None:
    request = replace(TALK, options=TalkOptions(renderer="tps"))
    path = tmp_path / FOLDER_OF_MOTION_MODELS / "vox.safetensors"
    keys = {TALK.result_key(tmp_path), request.result_key(tmp_path)}
    path.parent.mkdir(parents=True)
    path.touch()
    for digest in ("aa", "bb"):
        card_path(path).write_text(digest)
        keys.add(request.result_key(tmp_path))
    assert len(keys) == 4 and TALK.result_key(tmp_path) in keys


@pytest.mark.parametrize(
    ("make", "options", "sentence"),
    [
        ("portrait", '{"take": "a.take.safetensors"}', "'take', and a backend opens no file"),
        ("portrait", '{"pose": "a.png"}', "'pose', and a backend opens no file"),
        ("talk", '{"take": "a.take.safetensors"}', "mien talk"),
        ("talk", '{"gestures": 9}', "gestures is 9"),
        ("talk", '{"renderer": "gan"}', "renderer is 'gan'; expected one of warp, tps"),
        ("opera", "{}", "there is no film 'opera' to make; expected dub, portrait, talk"),
        ("dub", '{"opening": "wide"}', "opening"),
    ],
)
def test_options_that_a_backend_does_not_take_are_refused_in_words(make: str, options: str, sentence: str) -> None:
    with pytest.raises(MienError, match=sentence):
        read_options(make, options)
    with pytest.raises(FilmRefused):
        read_options("opera", "{}")


def test_the_suffix_is_that_of_the_container() -> None:
    assert DUB.suffix == PORTRAIT.suffix == ".mp4"
    assert DubOptions(codec="lossless").suffix == ".mkv" and PortraitOptions(alpha=True).suffix == ".mov"
