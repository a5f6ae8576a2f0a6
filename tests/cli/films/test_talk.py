# SPDX-License-Identifier: GPL-3.0-or-later
import argparse

import numpy as np
import pytest
from mien.cli.films import portrait, talk
from mien.cli.main import main
from mien.errors import MienError
from mien.photo.options import RENDERERS
from PIL import Image


def parsed(*flags: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    talk.add_commands(parser.add_subparsers())
    return parser.parse_args(["talk", "me.jpg", "line.wav", *flags])


def test_flags_become_options() -> None:
    options = talk.talk_options(parsed("--gestures", "0.5", "--hands", "left", "--size", "512", "--seed", "3"))
    assert (options.gestures, options.hands, options.size, options.direction.seed) == (0.5, "left", 512, 3)
    assert not options.alpha and options.renderer == "warp"
    drawn = talk.talk_options(parsed("--renderer", "tps", "--weights", "vox"))
    assert (drawn.renderer, drawn.weights) == ("tps", "vox")


def test_every_renderer_can_be_chosen() -> None:
    assert portrait.RENDERERS == RENDERERS


def test_what_no_talk_can_do_is_refused() -> None:
    with pytest.raises(MienError, match="gestures"):
        talk.talk_options(parsed("--gestures", "7"))
    with pytest.raises(MienError, match="renderer tps"):
        talk.talk_options(parsed("--weights", "vox"))
    with pytest.raises(SystemExit):
        parsed("--renderer", "gan")
    with pytest.raises(SystemExit):
        parsed("--hands", "three")
    with pytest.raises(SystemExit):
        parsed("--alpha")


def test_a_photo_is_never_written_over(tmp_path, capsys) -> None:
    photo = tmp_path / "me.png"
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(photo)
    before = photo.read_bytes()
    assert main(["talk", str(photo), str(tmp_path / "line.wav"), "-o", str(photo), "--consent", "nobody, drawn"]) != 0
    assert photo.read_bytes() == before and "mien:" in capsys.readouterr().err
