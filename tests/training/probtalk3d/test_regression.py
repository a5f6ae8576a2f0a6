# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
import torch
from mien.engines.neural import audio_features, style_features
from mien.files.safetensors import TensorFileError, write_tensors
from mien.training.probtalk3d import regression


def test_it_is_of_the_size_that_it_is_compared_with() -> None:
    """Of ProbTalk3D count the parts used at inference: the code predictor and the decoders."""
    parameters = sum(each.numel() for each in regression.Regression().parameters())
    assert 5.3e6 < parameters < 5.9e6


def test_a_frame_depends_only_on_frames_near_it() -> None:
    torch.manual_seed(0)
    network = regression.Regression(width=16, blocks=2).eval()
    audio, style = torch.randn(1, 60, audio_features.SIZE), torch.randn(1, 60, style_features.SIZE)
    other = audio.clone()
    other[:, 40:] += 1
    before, after = network(audio, style), network(other, style)
    assert before.shape == (1, 60, 57)
    torch.testing.assert_close(before[:, :32], after[:, :32])
    assert not torch.allclose(before[:, 39], after[:, 39])


def test_its_weights_are_read_and_others_refused(tmp_path) -> None:
    network = regression.Regression()
    tensors = {name: value.numpy().astype(np.float16) for name, value in network.state_dict().items()}
    path = tmp_path / "r.safetensors"
    path.write_bytes(write_tensors(tensors, {"format": "mien.regression"}))
    again = regression.load(path).state_dict()
    for name, value in network.state_dict().items():
        torch.testing.assert_close(again[name], value, atol=1e-3, rtol=1e-2)
    path.write_bytes(b"nothing")
    with pytest.raises(TensorFileError):
        regression.load(path)
