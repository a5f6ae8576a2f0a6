# SPDX-License-Identifier: GPL-3.0-or-later
import math

import numpy as np
import probtalk3d
import pytest
import torch
from mien.engines.base import EngineError
from mien.engines.probtalk3d_published.blocks import LONGEST, MLP, Attention, Embedding, Front, Transformer, positions
from mien.files.checkpoint import read_checkpoint


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def test_the_front_convolves_with_repeated_edges_then_bends_then_norms() -> None:
    front = Front(3)
    x = torch.randn(2, 7, 3)
    weight, bias = front[0][0].weight.detach().numpy(), front[0][0].bias.detach().numpy()
    padded = np.pad(x.numpy(), ((0, 0), (2, 2), (0, 0)), "edge")
    y = bias + sum(padded[:, i : i + 7] @ weight[:, :, i].T for i in range(5))
    y = np.where(y > 0, y, 0.2 * y)
    y = (y - y.mean(1, keepdims=True)) / np.sqrt(y.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(front(x).detach(), y, atol=1e-5)


def test_the_front_norms_by_the_clip_in_evaluation_too() -> None:
    front = Front(4)
    x = torch.randn(1, 30, 4)
    torch.testing.assert_close(front.train()(x), front.eval()(x))


def test_one_frame_is_refused_in_words() -> None:
    with pytest.raises(EngineError, match="at least 2 frames of 40 ms; this one has 1"):
        Front(4)(torch.zeros(1, 1, 4))


def test_positions_are_sines_and_cosines() -> None:
    table = positions(50, 8)
    for t, column in ((0, 0), (0, 5), (7, 2), (49, 7)):
        angle = t * 10000 ** (-2 * (column // 2) / 8)
        assert table[t, column] == pytest.approx(math.cos(angle) if column % 2 else math.sin(angle), abs=1e-5)


@probtalk3d.needs_golden
@pytest.mark.parametrize("stage", [1, 2])
def test_positions_are_those_in_the_published_format(stage: int) -> None:
    tables = [t for name, t in read_checkpoint(probtalk3d.checkpoint(stage)).weights.items() if name.endswith(".pe")]
    assert len(tables) == stage + 1
    for table in tables:
        assert table.shape[:2] == (LONGEST, 1)
        torch.testing.assert_close(positions(LONGEST, table.shape[2]), table[:, 0], rtol=0, atol=1e-6)


def test_the_embedding_drops_out_in_training_alone() -> None:
    embedding = Embedding(8)
    x = torch.randn(1, 40, 8)
    torch.testing.assert_close(embedding.eval()(x), embedding.net(x) + positions(40, 8))
    assert 0.02 < (embedding.train()(x) == 0).float().mean() < 0.25


def test_frames_beyond_the_table_are_refused_in_words() -> None:
    embedding = Embedding(2)
    assert embedding(torch.zeros(1, LONGEST, 2)).shape == (1, LONGEST, 2)
    with pytest.raises(EngineError, match=r"up to frame 5000 \(200 s\); this clip has 5001 frames"):
        embedding(torch.zeros(1, LONGEST + 1, 2))


def test_attention_scales_by_the_width_not_by_the_head() -> None:
    attention = Attention(8, 2)
    x = torch.randn(2, 5, 8)
    # heads before channels
    q, k, v = attention.to_qkv(x).detach().numpy().reshape(2, 5, 3, 2, 4).transpose(2, 0, 3, 1, 4)
    scores = np.exp(q @ k.transpose(0, 1, 3, 2) / np.sqrt(8))
    mixed = (scores / scores.sum(-1, keepdims=True)) @ v
    wanted = attention.to_out(torch.from_numpy(mixed.transpose(0, 2, 1, 3).reshape(2, 5, 8)))
    torch.testing.assert_close(attention(x), wanted, rtol=0, atol=1e-6)


def test_the_mlp_has_the_tanh_gelu() -> None:
    mlp = MLP(4, 6)
    x = torch.randn(3, 4)
    y = mlp.l1(x).detach()
    y = 0.5 * y * (1 + torch.tanh(math.sqrt(2 / math.pi) * (y + 0.044715 * y**3)))
    torch.testing.assert_close(mlp(x), mlp.l2(y), rtol=0, atol=1e-6)


def test_a_transformer_whose_parts_add_nothing_changes_nothing() -> None:
    """Normed before, added after, no norm at the end."""
    transformer = Transformer(probtalk3d.SMALL)
    for name, weight in transformer.named_parameters():
        if "to_out" in name or "l2" in name:
            torch.nn.init.zeros_(weight)
    x = 5 * torch.randn(2, 9, 16) + 3
    torch.testing.assert_close(transformer(x), x, rtol=0, atol=0)


def test_attention_knows_no_order_and_no_other_clip() -> None:
    transformer = Transformer(probtalk3d.SMALL).eval()
    x = torch.randn(3, 11, 16)
    order = torch.randperm(11)
    torch.testing.assert_close(transformer(x[:, order]), transformer(x)[:, order], rtol=0, atol=1e-5)
    torch.testing.assert_close(transformer(x[1:2]), transformer(x)[1:2], rtol=0, atol=1e-5)


def test_every_weight_of_the_blocks_learns() -> None:
    net = torch.nn.Sequential(Front(16), Embedding(16), Transformer(probtalk3d.SMALL))
    net(torch.randn(2, 9, 16)).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in net.parameters())
