# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of a download are meant, and what they are taken for."""

from __future__ import annotations

import os
from pathlib import Path

import flame
import motion_model
import probtalk3d
import published
import pytest
import torch
from mien.engines.probtalk3d_published import FILE, FOLDER
from mien.engines.probtalk3d_published.licence import LICENCE
from mien.files.download import DownloadError
from mien.heads.flame import FLAME_FOLDER, read_flame
from mien.heads.flame_import import CLOSED_LICENCE, OPEN_LICENCE
from mien.models.user_import import find


def test_a_download_is_looked_through_two_folders_deep(tmp_path) -> None:
    model = flame.model_at(tmp_path / "FLAME2020" / "generic_model.pkl")
    flame.model_at(tmp_path / "FLAME2020" / "female_model.pkl")
    landmarks = flame.landmarks_at(tmp_path / "RingNet" / "flame_model" / "flame_static_embedding.pkl")
    found = find(tmp_path)
    assert found.files == (model, landmarks) and found.licence is CLOSED_LICENCE
    found.convert(tmp_path / "data")
    assert read_flame(tmp_path / "data" / FLAME_FOLDER).landmark_weights.shape == (51, 3)


def test_a_file_is_known_by_what_it_holds(tmp_path) -> None:
    female = flame.model_at(tmp_path / "female_model.pkl")
    assert find(female).model == female
    assert find(flame.model_at(tmp_path / "flame2023_Open.pkl")).licence is OPEN_LICENCE
    landmarks = flame.landmarks_at(tmp_path / "x.pkl")
    assert find(landmarks).landmarks == landmarks and find(landmarks).licence is CLOSED_LICENCE


def test_a_motion_model_is_known_by_its_name_before_others_look_at_the_zip(tmp_path) -> None:
    checkpoint = motion_model.saved(tmp_path / "checkpoints" / "vox.pth.tar", motion_model.model())
    for given in (checkpoint, tmp_path):
        assert find(given).files == (checkpoint,) and find(given).licence.name.startswith("MIT")
    flame.model_at(tmp_path / "generic_model.pkl")
    with pytest.raises(DownloadError, match=r"holds both FLAME's files and the Thin-Plate-Spline motion model's: "):
        find(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path) -> None:
    os.mkfifo(tmp_path / "generic_model.pkl")
    with pytest.raises(DownloadError, match=r"generic_model.pkl is a pipe.*write it into a file first"):
        find(tmp_path / "generic_model.pkl")


def test_what_is_nothing_of_flame_is_refused_in_words(tmp_path) -> None:
    with pytest.raises(DownloadError, match="holds nothing that Mien imports: no generic_model.pkl"):
        find(tmp_path)
    (tmp_path / "FLAME2020.zip").write_bytes(b"PK")
    with pytest.raises(DownloadError, match="FLAME2020.zip is an archive; unpack it"):
        find(tmp_path / "FLAME2020.zip")
    (tmp_path / "other.pkl").write_bytes(flame.python2({"a": 1}))
    with pytest.raises(DownloadError, match="other.pkl is neither a FLAME model nor its landmarks"):
        find(tmp_path / "other.pkl")
    flame.model_at(tmp_path / "2020" / "generic_model.pkl")
    flame.model_at(tmp_path / "2023" / "generic_model.pkl")
    with pytest.raises(DownloadError, match=r"holds several that could be meant: 2020.generic_model.pkl, 2023"):
        find(tmp_path)


@probtalk3d.needs_transformers
@pytest.mark.parametrize("given", [".", "stage_2", "stage_2/lightning_logs/version_0/checkpoints/last.ckpt"])
def test_the_download_is_known_as_it_is_unpacked_whole_or_in_part(tmp_path, given) -> None:
    checkpoint = published.download(tmp_path)
    found = find(tmp_path / given)
    assert found.files == (checkpoint, checkpoint.with_name("config.json"))
    assert found.licence is LICENCE and found.licence.name == "CC-BY-NC-4.0"
    written, new = found.convert(tmp_path / "data")
    assert new and written == tmp_path / "data" / FOLDER / FILE
    assert find(tmp_path / given).convert(tmp_path / "data") == (written, False)


@probtalk3d.needs_transformers
def test_within_a_copy_of_the_repository_other_models_are_passed_over(tmp_path) -> None:
    """model_weights holds ProbTalk3D, its variant without a codebook, and FaceDiffuser."""
    theirs = tmp_path / "model_weights"
    checkpoint = published.download(theirs / "ProbTalk3D")
    other = theirs / "VAE_variant" / "stage_2" / "lightning_logs" / "version_0" / "checkpoints" / "last.ckpt"
    prior = {key: value for key, value in published.PRIOR.items() if key != "n_embed"}
    published.saved(other, {}, published.STAGE_2 | {"motion_prior": prior})
    strange = theirs / "FaceDiffuser" / "last.ckpt"
    strange.parent.mkdir()
    strange.write_bytes(b"PK\x03\x04 and then nothing")
    assert find(tmp_path).files[0] == checkpoint


def checkpoints(folder: Path, *names: str) -> None:
    for name in names:
        published.saved(folder / name, {"a": torch.zeros(1)}, published.STAGE_2)


def test_the_last_is_taken_or_the_best_by_its_epoch(tmp_path) -> None:
    checkpoints(tmp_path, "best-epoch=9.ckpt", "best-epoch=12.ckpt")
    (tmp_path / "last.ckpt").write_text("best-epoch=12.ckpt")  # a link, after a zip and Windows
    assert find(tmp_path).files == (tmp_path / "best-epoch=12.ckpt",)
    checkpoints(tmp_path, "last.ckpt")
    assert find(tmp_path).files == (tmp_path / "last.ckpt",)


def test_several_that_could_be_meant_are_listed(tmp_path) -> None:
    checkpoints(tmp_path, "one/last.ckpt", "two/last.ckpt")
    with pytest.raises(DownloadError, match=r"holds several that could be meant: one.last.ckpt, two.last.ckpt"):
        find(tmp_path)


def test_stage_1_alone_is_refused(tmp_path) -> None:
    published.saved(tmp_path / "last.ckpt", {}, published.STAGE_1)
    for given in (tmp_path, tmp_path / "last.ckpt"):
        with pytest.raises(DownloadError, match="last.ckpt is ProbTalk3D's stage 1; give its stage 2"):
            find(given)
    published.saved(tmp_path / "b" / "last.ckpt", {}, {"lr": 1})
    with pytest.raises(DownloadError, match="holds no stage 2 of ProbTalk3D with a codebook, only last.ckpt, b.last"):
        find(tmp_path)
    with pytest.raises(DownloadError, match="last.ckpt is no checkpoint of ProbTalk3D"):
        find(tmp_path / "b")


def test_a_checkpoint_that_cannot_be_read_says_why(tmp_path) -> None:
    (tmp_path / "last.ckpt").write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(DownloadError, match="last.ckpt cannot be read: last.ckpt is cut short"):
        find(tmp_path)
    (tmp_path / "last.ckpt").write_bytes(b"<html>")
    with pytest.raises(DownloadError, match="last.ckpt cannot be read: last.ckpt is no zip"):
        find(tmp_path / "last.ckpt")


def test_flame_and_probtalk3d_in_one_folder_come_one_after_the_other(tmp_path) -> None:
    checkpoints(tmp_path, "last.ckpt")
    flame.landmarks_at(tmp_path / "flame_static_embedding.pkl")
    with pytest.raises(DownloadError, match="holds both FLAME's files and ProbTalk3D's: flame_static"):
        find(tmp_path)
    assert find(tmp_path / "last.ckpt").files == (tmp_path / "last.ckpt",)


def test_a_second_import_of_the_same_flame_does_nothing_and_keeps_its_landmarks(tmp_path) -> None:
    model, landmarks = flame.model_at(tmp_path / "generic_model.pkl"), flame.landmarks_at(tmp_path / "marks.pkl")
    assert find(model).convert(tmp_path)[1] and find(landmarks).convert(tmp_path)[1]
    written, new = find(model).convert(tmp_path)
    assert not new and read_flame(written.parent).landmark_weights is not None
