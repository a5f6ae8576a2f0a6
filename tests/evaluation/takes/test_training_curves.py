# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import pytest
from mien.evaluation import EvaluationError
from mien.evaluation.takes.training_curves import draw_training, read_log
from PIL import Image

LOG = "step,minutes,what,value\n20,0.1,mouth,1.5\n40,0.2,mouth,0.5\n40,0.2,held out mouth,0.6\n40,0.2,held out x,9\n"


def test_a_log_is_read_by_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "codec.csv"
    path.write_text(LOG)
    assert read_log(path) == {
        "mouth": [(20, 1.5), (40, 0.5)], "held out mouth": [(40, 0.6)], "held out x": [(40, 9.0)],
    }  # fmt: skip


@pytest.mark.parametrize(("text", "words"), [("", "is no log"), ("a,b\n", "is no log"), (LOG + "60,x\n", "has a line")])
def test_another_file_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "codec.csv"
    path.write_text(text)
    with pytest.raises(EvaluationError, match=words):
        read_log(path)


def test_a_run_is_drawn_with_a_row_for_each_log(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "codec.csv").write_text(LOG)
    draw_training(tmp_path, tmp_path / "one.png")
    (tmp_path / "performer.csv").write_text(LOG)
    draw_training(tmp_path, tmp_path / "two.png")
    one, two = (Image.open(tmp_path / name) for name in ("one.png", "two.png"))
    assert one.width == two.width and two.height == 2 * one.height
    with pytest.raises(EvaluationError, match="holds no log"):
        draw_training(tmp_path / "absent", tmp_path / "three.png")
