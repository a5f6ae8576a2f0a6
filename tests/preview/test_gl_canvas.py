# SPDX-License-Identifier: GPL-3.0-or-later
import os
import subprocess
import sys

import numpy as np
import pytest
from mien.preview.scene import Scene
from mien.video import VideoError

WITHOUT_EGL = """
import numpy
from mien.video import VideoError
from mien.preview.gl_canvas import Canvas
try:
    Canvas((64, 64), 3, {"skin": numpy.zeros((1, 3), int)}, numpy.zeros((1, 1, 4), numpy.uint8), {})
except VideoError as error:
    print(error)
"""


def scene(size: tuple[int, int]) -> Scene:
    try:
        return Scene(size)
    except VideoError as error:
        pytest.skip(str(error))


def test_a_machine_without_egl_is_told_what_to_install():
    # glvnd finds no driver when its list of vendors is empty.
    lacking = {"__EGL_VENDOR_LIBRARY_FILENAMES": os.devnull, "__EGL_VENDOR_LIBRARY_DIRS": os.devnull}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EGL], env={**os.environ, **lacking}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "apt-get install libegl1 libgl1-mesa-dri libgles2" in done.stdout


def test_canvases_do_not_disturb_each_other():
    with scene((64, 64)) as one:
        rest = one.head.vertices
        before = one.picture(rest)
        with Scene((48, 32)) as other:
            assert other.picture(rest).shape == (32, 48, 3)
        assert (one.picture(rest) == before).all()


def test_a_closed_canvas_says_so():
    one = scene((64, 64))
    one.close()
    one.close()
    with pytest.raises(VideoError, match="closed"):
        one.picture(one.head.vertices)


def test_a_picture_does_not_change_when_the_next_is_drawn():
    with scene((64, 64)) as one:
        rest = one.head.vertices
        first = one.picture(rest)
        copy = first.copy()
        one.picture(rest + np.array([0.02, 0, 0], np.float32))
        assert (first == copy).all()


@pytest.mark.parametrize("size", [(8, 64), (64, 9000)])
def test_an_absurd_size_is_refused(size):
    with pytest.raises(VideoError, match="16 to 4096"):
        Scene(size)
