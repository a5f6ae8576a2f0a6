# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
import torch
from mien.engines.neural import audio_features, style_features
from mien.files.safetensors import TensorFileError, write_tensors
from mien.training.probtalk3d import regression


def test_it_is_of_the_size_that_it_is_compared_with() -> None:
    """ProbTalk3D's own parts at work: the performer and the decoders; encoders only serve training."""
    parameters = sum(each.numel() for each in regression.Regression().parameters())
    assert 5.3e6 < parameters < 5.9e6


def test_a_frame_hears_only_what_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = regression.Regression(width=16, blocks=2).eval()
    sound, style = torch.randn(1, 60, audio_features.SIZE), torch.randn(1, 60, style_features.SIZE)
    other = sound.clone()
    other[:, 40:] += 1
    one, two = network(sound, style), network(other, style)
    assert one.shape == (1, 60, 57)
    torch.testing.assert_close(one[:, :32], two[:, :32])
    assert not torch.allclose(one[:, 39], two[:, 39])


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
