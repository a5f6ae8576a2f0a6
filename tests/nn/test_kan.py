# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
import torch
from checkout import SHARED
from mien.nn.kan import KanLayer

GOLDEN = SHARED / "golden" / "tps" / "kan_layer_rule7.npz"


@pytest.fixture
def golden() -> dict[str, np.ndarray]:
    if not GOLDEN.exists():
        pytest.skip("the golden numbers of the KAN layer are in ../shared, which is not here")
    with np.load(GOLDEN, allow_pickle=False) as file:
        return dict(file)


def published_layers(golden: dict[str, np.ndarray]) -> torch.nn.Sequential:
    layers = torch.nn.Sequential(KanLayer(5, 7), KanLayer(7, 3))
    tensors = {k.removeprefix("w_layers_"): torch.from_numpy(v) for k, v in golden.items() if k.startswith("w_")}
    layers.load_state_dict({name.replace("_", ".", 1): value for name, value in tensors.items()})
    return layers


def test_the_published_layers_bases_outputs_and_input_gradient(golden: dict[str, np.ndarray]) -> None:
    layers, x = published_layers(golden), torch.from_numpy(golden["x"]).requires_grad_()
    np.testing.assert_allclose(layers[0].bases(x).detach(), golden["basis_layer0"], atol=1e-5)
    y = layers(x)
    np.testing.assert_allclose(y.detach(), golden["y"], atol=1e-5)
    (y * torch.from_numpy(golden["grad_weight"])).sum().backward()
    np.testing.assert_allclose(x.grad, golden["grad_x"], atol=1e-5)


def test_outside_of_its_knots_only_the_silu_acts() -> None:
    layer, x = KanLayer(4, 2), torch.full((3, 4), 2.5)
    base = torch.nn.functional.silu(x) @ layer.base_weight.T
    torch.testing.assert_close(layer(x), base)


def test_any_leading_axes() -> None:
    layer, x = KanLayer(4, 2), torch.rand(2, 3, 4)
    torch.testing.assert_close(layer(x)[1], layer(x[1]))
