# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 1 of Mien's own ProbTalk3D: codes of one step, and motion from them."""

import pytest
import torch
from mien.engines.probtalk3d.codebook import Codebook
from mien.engines.probtalk3d.codec import Codec, CodecConfig

SMALL = CodecConfig(numbers=6, stride=4, groups=2, codes=8, depth=3, width=16, blocks=1)


def test_the_nearest_code_is_the_nearest() -> None:
    torch.manual_seed(0)
    codebook, z = Codebook(2, 8, 3), torch.randn(5, 4, 2, 3)
    naive = [[[min(range(8), key=lambda c: float(((z[b, t, g] - codebook.vectors[g, c]) ** 2).sum())) for g in range(2)]
              for t in range(4)] for b in range(5)]  # fmt: skip
    assert codebook.nearest(z).tolist() == naive
    vectors = codebook.look_up(codebook.nearest(z))
    torch.testing.assert_close(vectors[3, 2, 1], codebook.vectors[1, naive[3][2][1]])
    torch.testing.assert_close(codebook.distances(z)[1, 2, 0, 4], ((z[1, 2, 0] - codebook.vectors[0, 4]) ** 2).sum())


def test_a_codebook_learns_where_the_data_are_and_replaces_unused_codes() -> None:
    """Four clusters: whatever it starts from, each has a code of its own in the end."""
    torch.manual_seed(0)
    codebook = Codebook(1, 4, 2)
    centres = torch.tensor([[5.0, 5.0], [-5.0, 3.0], [4.0, -6.0], [-3.0, -4.0]])
    for _ in range(1000):
        z = (centres[torch.randint(4, (64,))] + 0.1 * torch.randn(64, 2))[:, None]
        codebook.learn(z, codebook.nearest(z))
    distance = torch.cdist(centres, codebook.vectors[0]).min(1).values
    assert float(distance.max()) < 0.3


def test_a_clip_is_coded_alike_alone_and_in_a_longer_one() -> None:
    """Away from its ends: what the published layout does not do, and windows need."""
    torch.manual_seed(1)
    codec = Codec(SMALL).eval()
    whole = torch.randn(1, 160, 6)
    margin = -(-codec.context // 4) * 4
    part = whole[:, 40:120]
    torch.testing.assert_close(
        codec.encode(part)[:, margin // 4 : -margin // 4], codec.encode(whole)[:, 10 + margin // 4 : 30 - margin // 4]
    )
    vectors = torch.randn(1, 40, 2, 3)
    alone = codec.decode(vectors[:, 10:30])[:, margin:-margin]
    torch.testing.assert_close(alone, codec.decode(vectors)[:, 40 + margin : 120 - margin])


@pytest.mark.parametrize("stride", [1, 4])
def test_what_goes_in_comes_out_in_its_size(stride: int) -> None:
    codec = Codec(CodecConfig(numbers=5, stride=stride, groups=3, codes=4, depth=2, width=8, blocks=1)).eval()
    z = codec.encode(torch.randn(2, 24, 5))
    assert z.shape == (2, 24 // stride, 3, 2)
    assert codec.decode(z).shape == (2, 24, 5)
