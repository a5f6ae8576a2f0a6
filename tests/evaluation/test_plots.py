# SPDX-License-Identifier: GPL-3.0-or-later
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mien.evaluation import EvaluationError
from mien.evaluation.plots import draw_apertures, draw_diversity, draw_intensity
from PIL import Image

RATE = 16000
TIMES = np.arange(30) / 25
SHARES = np.linspace(0, 1, 5)
Draw = Callable[[Path], None]


def apertures(path: Path) -> None:
    samples = 0.3 * np.sin(np.arange(RATE * 6 // 5) / 20).astype(np.float32)
    curves = {f"take {i}": 5 + np.sin(9 * TIMES + i) for i in range(3)}
    draw_apertures(path, samples, RATE, TIMES, curves, np.array([[0.2, 0.3], [0.9, 0.9]]))


def intensity(path: Path) -> None:
    draw_intensity(path, SHARES, {"happy": SHARES**2, "sad": SHARES / 2})


def diversity(path: Path) -> None:
    draw_diversity(path, 2 * SHARES, {"lips": SHARES, "upper face": 2 * SHARES})


@pytest.fixture
def drawn(monkeypatch) -> list:
    """The figures that are written while it is asked for."""
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    written, write = [], Figure.savefig

    def savefig(figure, *arguments, **named) -> None:
        written.append(figure)
        write(figure, *arguments, **named)

    monkeypatch.setattr(Figure, "savefig", savefig)
    return written


@pytest.mark.parametrize(
    ("draw", "axes", "names"),
    [
        (apertures, {"seconds", "lips apart, mm"}, ["sound", "p b m, f v", "take 0", "take 1", "take 2"]),
        (intensity, {"intensity asked for", "displacement, mm"}, ["happy", "sad"]),
        (diversity, {"temperature", "diversity, mm"}, ["lips", "upper face"]),
    ],
)
def test_a_picture_says_what_it_shows_and_is_the_same_twice(
    drawn: list, tmp_path: Path, draw: Draw, axes: set[str], names: list[str]
) -> None:
    draw(tmp_path / "one.png")
    draw(tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.format == "PNG" and picture.width > 600 and picture.height > 300
        assert "Software" not in picture.info and len(picture.convert("RGB").getcolors(1 << 20)) > 50
    assert {label for each in drawn[0].axes for label in (each.get_xlabel(), each.get_ylabel())} - {""} == axes
    assert [text.get_text() for text in drawn[0].legends[0].get_texts()] == names


def test_the_curves_lie_over_the_sound_and_the_closures_where_they_are(drawn: list, tmp_path: Path) -> None:
    apertures(tmp_path / "one.png")
    sound, lips = drawn[0].axes
    assert lips.get_xlim() == sound.get_xlim() == (0, 1.2)
    wave = sound.collections[0].get_paths()[0].vertices
    assert np.abs(wave[:, 1]).max() == pytest.approx(0.3, rel=1e-3) and wave[:, 0].max() > 1.19
    assert [len(line.get_xdata()) for line in lips.lines] == [30] * 3
    spans = [(span.get_x(), span.get_x() + span.get_width()) for span in lips.patches]
    np.testing.assert_allclose(spans, [[0.2, 0.3], [0.9, 0.9]], atol=1e-12)


def test_numbers_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    path, none = tmp_path / "none.png", np.zeros((0, 2))
    with pytest.raises(EvaluationError, match=r"over \(5,\) temperature .*: 'lips' has \(4,\)"):
        draw_diversity(path, SHARES, {"lips": SHARES[1:]})
    with pytest.raises(EvaluationError, match="there are 0 curves"):
        draw_intensity(path, SHARES, {})
    with pytest.raises(EvaluationError, match=r"over \(30,\) times .*: 'a' has \(5,\)"):
        draw_apertures(path, np.zeros(9), RATE, TIMES, {"a": SHARES}, none)
    with pytest.raises(EvaluationError, match="no sound to draw"):
        draw_apertures(path, np.zeros(0), RATE, TIMES, {"a": TIMES}, none)
    assert not path.exists()


@pytest.mark.parametrize("draw", [apertures, intensity, diversity])
def test_without_matplotlib_a_sentence_says_so(draw: Draw, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(EvaluationError, match="drawn with matplotlib"):
        draw(tmp_path / "none.png")
