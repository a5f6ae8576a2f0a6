# SPDX-License-Identifier: GPL-3.0-or-later
"""The same two flags choose a face for every command; former names go on, unsaid."""

import argparse

import pytest
from mien.cli.films.face_choice import add_face_flags, face_choice
from mien.cli.main import _parser
from mien.face_tracking.choice import ChoiceError, FaceChoice


def parser(former: str | None = None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser()
    add_face_flags(made, former)
    return made


def test_a_number_a_point_or_the_largest() -> None:
    assert face_choice(parser().parse_args([])) == FaceChoice()
    assert face_choice(parser().parse_args(["--face-number", "2"])) == FaceChoice(2)
    assert face_choice(parser().parse_args(["--at", "640,360.5"])) == FaceChoice(at=(640.0, 360.5))
    with pytest.raises(ChoiceError):
        face_choice(parser().parse_args(["--face-number", "0"]))
    with pytest.raises(SystemExit):
        parser().parse_args(["--at", "left"])


def test_a_former_name_is_understood_and_not_listed() -> None:
    old = parser("--which")
    assert face_choice(old.parse_args(["--which", "3"])) == FaceChoice(3)
    assert "--which" not in old.format_help()
    assert "--face-number" in old.format_help()


COMMANDS = ("portrait p.png v.wav", "talk p.png v.wav", "track f.mp4", "dub f.mp4 v.wav -o o.mp4", "landmarks v.wav")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_them(command: str) -> None:
    args = _parser().parse_args([*command.split(), "--face-number", "2"])
    assert args.face_number == 2
