# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate landmarks` on a small corpus, with a network that has learnt nothing."""

import json
from pathlib import Path

from kfusion import weights
from mien.cli.main import main
from mien.training.phone_features import extract_features
from motion_data import corpus


def test_all_systems_are_measured_and_drawn(tmp_path: Path, capsys) -> None:
    speech, motion, page = corpus(tmp_path / "corpus"), tmp_path / "motion", tmp_path / "page.md"
    assert main(["corpus", "perform", str(speech), str(motion), "--performances", "1", "--jobs", "1", "--json"]) == 0
    extract_features(speech, motion, 0, 1, lambda done, stage: None)
    (tmp_path / "concat").mkdir()
    trained = ["--weights", str(weights(tmp_path)), "--training", str(weights(tmp_path / "concat"))]
    page.write_text("# KFusion\n<!-- landmarks -->\n<!-- /landmarks -->\n")
    capsys.readouterr()
    command = ["evaluate", "landmarks", str(speech), str(motion), *trained, "--page", str(page), "--json"]
    assert main([*command, "--pictures", str(tmp_path / "pictures")]) == 0
    rows = {row["system"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(rows) == [
        "truth", "identity copy", "mean mouth", "ridge on log-mel", "ridge on log-mel, style and emotions", "concat",
        "kfusion", "kfusion, one draw", "kfusion with the rules",
    ]  # fmt: skip
    assert rows["truth"]["ld"] == 0 and rows["identity copy"]["jitter"] == 0 and rows["identity copy"]["ld"] > 0
    assert rows["concat"]["mouth_ld"] == rows["kfusion"]["mouth_ld"] and rows["kfusion"]["parameters"] > 1000
    assert rows["kfusion with the rules"]["share_met"] > rows["identity copy"]["share_met"] == 0
    assert "| M-LVD, % |" in page.read_text() and "| mean mouth |" in page.read_text()
    pictures = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert pictures == {"kfusion-frames.png", "kfusion-gap.png", "kfusion-emotions.png"}
