# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints as published: the recorded one as it lies there, and small ones written here with every fault."""

import hashlib
import json
import os
import random
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import patched, rezipped
from mien.engines.base import EngineError
from mien.engines.diffted.published.tps.licence import LICENCE
from mien.engines.diffted.published.tps.renderer import Renderer
from mien.engines.diffted.published.tps.weights import import_weights, read_published, read_weights
from mien.files.card import card_path
from motion_model import TINY, model, parts, saved
from tps_golden import CHECKPOINT, needs_golden, recorded

PHOTO = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return saved(tmp_path / "ted.pth.tar", model())


def test_what_is_imported_draws_as_the_checkpoint_does(checkpoint: Path, tmp_path: Path) -> None:
    target = tmp_path / "data" / "ted.safetensors"
    assert import_weights(checkpoint, target) == (target, True)
    before = target.stat().st_mtime_ns
    assert import_weights(checkpoint, target) == (target, False) and target.stat().st_mtime_ns == before
    theirs, (mine, side) = read_published(checkpoint), read_weights(target)
    assert side == 384 and mine.sizes == theirs.sizes == TINY and not mine.training
    one, two = (Renderer(each, PHOTO, 128) for each in (theirs, mine))
    np.testing.assert_allclose(one.key_points, two.key_points, atol=1e-5)
    np.testing.assert_allclose(one.frame(-one.key_points), two.frame(-one.key_points), atol=1)


def test_the_card_says_whence_and_under_which_licence(checkpoint: Path, tmp_path: Path) -> None:
    path, _ = import_weights(checkpoint, tmp_path / "vox.safetensors")
    card = json.loads(card_path(path).read_text())
    assert card["source"] == {"ted.pth.tar": hashlib.sha256(checkpoint.read_bytes()).hexdigest()}
    assert card["licence"] == LICENCE.name and not card["paid_work"] and card["name"] == "tps vox"
    assert read_weights(path)[1] == 256


def test_a_checkpoint_may_lack_what_absolute_points_do_not_need(tmp_path: Path) -> None:
    sizes = replace(TINY, background=False, avatar=None)
    read = read_published(saved(tmp_path / "mgif.pth.tar", model(sizes)))
    assert read.sizes == sizes and read.bg_predictor is None and read.avd_network is None


def test_half_precision_is_read_as_single(tmp_path: Path) -> None:
    read = read_published(saved(tmp_path / "vox.pth.tar", model().half()))
    assert read.kp_detector.fg_encoder.fc.weight.dtype == torch.float32


class System:
    def __reduce__(self):
        return os.system, ("echo harm > harm",)


def test_what_would_run_a_command_is_refused_and_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    hostile = saved(tmp_path / "vox.pth.tar", model(), args=System())
    target = tmp_path / "data" / "vox.safetensors"
    with pytest.raises(EngineError, match=rf"its pickle asks for {os.name}\.system, which is not among"):
        import_weights(hostile, target)
    assert not (tmp_path / "harm").exists() and not target.parent.exists()


def test_a_shape_beyond_its_storage_is_refused(checkpoint: Path) -> None:
    """The last layer of the detector, 100 x 32, is said to be 255 x 32767."""
    with pytest.raises(EngineError, match="does not fit in its storage"):
        read_published(patched(checkpoint, b"KdK\x20\x86", b"K\xffM\xff\x7f\x86"))


def faulty(tmp_path: Path, network: str, key: str, value: torch.Tensor | None) -> Path:
    weights = parts(model())
    if value is None:
        del weights[network][key]
    else:
        weights[network][key] = value
    torch.save({**weights, "epoch": 1}, tmp_path / "vox.pth.tar")
    return tmp_path / "vox.pth.tar"


@pytest.mark.parametrize(
    ("network", "key", "value", "sentence"),
    [
        ("kp_detector", "fg_encoder.fc.weight", None, "lacks 'kp_detector.fg_encoder.fc.weight'"),
        ("kp_detector", "fg_encoder.bn1.bias", None, "lacks 'kp_detector.fg_encoder.bn1.bias'"),
        ("kp_detector", "fg_encoder.fc.weight", torch.zeros(7, 32), "finds 3.5 key points"),
        ("kp_detector", "fg_encoder.fc.weight", torch.zeros(10**9, 0), "is 1000000000 wide"),
        ("kp_detector", "fg_encoder.fc.weight", torch.zeros(20, 32), "has other shapes of"),
        ("kp_detector", "fg_encoder.fc.weight", torch.tensor(1.0), "lacks 'kp_detector.fg_encoder.fc.weight'"),
        ("inpainting_network", "resblock.0.conv1.weight", torch.zeros(3, 1), "draws with 3 channels and not eight"),
        ("inpainting_network", "final.bias", torch.full((3,), torch.nan), "no numbers in 'inpainting_network.final.b"),
        ("dense_motion_network", "extra.weight", torch.zeros(1), "has the unknown 'dense_motion_network.extra.weight'"),
    ],
)
def test_weights_of_something_else_are_refused_in_words(
    tmp_path: Path, network: str, key: str, value: torch.Tensor | None, sentence: str
) -> None:
    with pytest.raises(EngineError, match=sentence):
        read_published(faulty(tmp_path, network, key, value))


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    torch.save({"generator": {}, "kp_detector": {}}, tmp_path / "vox-cpk.pth.tar")  # the first-order motion model
    with pytest.raises(EngineError, match="is no such checkpoint: its inpainting_network is missing"):
        read_published(tmp_path / "vox-cpk.pth.tar")
    torch.save({**parts(model()), "kp_detector": [1]}, tmp_path / "vox.pth.tar")
    with pytest.raises(EngineError, match="its kp_detector is a list, not a dict of tensors"):
        read_published(tmp_path / "vox.pth.tar")


def test_a_damaged_download_is_refused(checkpoint: Path) -> None:
    data = checkpoint.read_bytes()
    checkpoint.write_bytes(data[: len(data) // 2])
    with pytest.raises(EngineError, match="ted.pth.tar"):
        read_published(checkpoint)
    checkpoint.write_bytes(data)
    with pytest.raises(EngineError, match="ted.pth.tar is incomplete"):
        read_published(rezipped(checkpoint, data__3=None))


def test_a_harmed_import_says_so(checkpoint: Path, tmp_path: Path) -> None:
    path, _ = import_weights(checkpoint, tmp_path / "ted.safetensors")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(EngineError, match="not what their card describes; import them again"):
        read_weights(path)
    card_path(path).unlink()
    with pytest.raises(EngineError, match="are damaged .*; import them again"):
        read_weights(path)


@needs_golden
def test_the_recorded_checkpoint_draws_the_recorded_picture_after_its_import(tmp_path: Path) -> None:
    path, _ = import_weights(CHECKPOINT, tmp_path / "vox.safetensors")
    golden = recorded("tiny_pipeline_bg0")
    renderer = Renderer(read_weights(path)[0], golden["source_u8"].numpy(), 256)
    np.testing.assert_allclose(renderer.key_points, golden["kp_source"][0], atol=1e-5)
    frame = renderer.frame(golden["kp_driving"][0].numpy())
    np.testing.assert_allclose(frame, 255 * golden["prediction"][0].permute(1, 2, 0).numpy(), atol=0.7)


def test_changed_bytes_of_the_pickle_give_a_sentence_or_a_model(checkpoint: Path) -> None:
    whole, chance, outcomes = checkpoint.read_bytes(), random.Random(1), set()
    with zipfile.ZipFile(checkpoint) as archive:
        pickle = archive.read(next(name for name in archive.namelist() if name.endswith("/data.pkl")))
    for _ in range(30):
        data = bytearray(pickle)
        data[chance.randrange(len(data))] = chance.randrange(256)
        checkpoint.write_bytes(whole)
        try:
            outcomes.add(type(read_published(rezipped(checkpoint, data_pkl=bytes(data)))))
        except EngineError as error:
            outcomes.add(type(error))
            assert "ted.pth.tar" in str(error) and len(str(error)) < 700
    assert EngineError in outcomes
