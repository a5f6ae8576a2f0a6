# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 2 of Mien's own ProbTalk3D: what is heard, who speaks and how they feel, to codes of the frozen stage 1.

As published (docs/probtalk3d.md, *Published system*, 3), sound times style gives features, the distances of a feature
to the codes of the prior give their probabilities, and sampling those gives takes. The mouth's codes depend on sound
and style alone. The codes of the rest of the face follow one another (a blink that began has to end), so a recurrent
unit remembers those that were drawn; and since a blink begins or does not, but nothing between, a code's probability
there is not a matter of its distance alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional

from mien.engines.probtalk3d.codebook import Codebook
from mien.nn.convnext import Block
from mien.nn.film import Listening


@dataclass(frozen=True)
class Shape:
    """Sizes."""

    heard: int  # numbers of sound a frame
    told: int  # numbers of style and emotion a frame
    width: int = 256
    blocks: int = 5  # for the mouth
    life_blocks: int = 2  # more, for the rest of the face
    kernel: int = 9
    memory: int = 256  # units of the recurrent part
    dropout: float = 0.1

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


class Performer(nn.Module):
    """`mouth` and `life` are the codebooks of stage 1, which are read and never trained here."""

    def __init__(self, shape: Shape, mouth: Codebook, life: Codebook, stride: int) -> None:
        super().__init__()
        self.shape, self.stride = shape, stride
        width = shape.width
        groups, codes, depth = life.vectors.shape
        self.listening = Listening(shape.heard, shape.told, width)
        self.trunk = self._blocks(shape.blocks)
        self.say = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, mouth.vectors.shape[0] * mouth.vectors.shape[2]))
        self.gather = nn.Linear(stride * width, width)
        self.live = self._blocks(shape.life_blocks)
        self.remember = nn.GRU(width + groups * depth, shape.memory, batch_first=True)
        # each code of a step also sees those of the step that were drawn before it
        seen = [shape.memory + width + g * depth for g in range(groups)]
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(known, width), nn.GELU(), nn.Linear(width, depth + codes)) for known in seen
        )
        self.sharpness = nn.Parameter(torch.tensor([0.0, -1.0]))  # log of 1 / temperature of mouth and life
        self.mouth_groups = mouth.vectors.shape[0]

    def _blocks(self, number: int) -> nn.Sequential:
        kernel, drop = self.shape.kernel, self.shape.dropout
        return nn.Sequential(*(Block(self.shape.width, kernel, kernel // 2, dropout=drop) for _ in range(number)))

    @property
    def reach(self) -> int:
        """Frames of sound on either side that a step depends on (backwards also through the memory)."""
        half = self.shape.kernel // 2
        return self.shape.blocks * half + (self.shape.life_blocks * half + 1) * self.stride

    def listen(self, heard: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
        """(B, F, heard), (B, F, told) -> (B, F, width)"""
        return self.trunk(self.listening(heard, told))

    def mouth(self, listened: torch.Tensor) -> torch.Tensor:
        """(B, F, width) -> features (B, F, groups, depth)"""
        return self.say(listened).unflatten(-1, (self.mouth_groups, -1))

    def prepare(self, listened: torch.Tensor) -> torch.Tensor:
        """(B, F, width) -> (B, N, width): what the life of the face hears, a step."""
        batch, frames, _ = listened.shape
        return self.live(self.gather(listened.reshape(batch, frames // self.stride, -1)))

    def life(self, prepared: torch.Tensor, before: torch.Tensor, now: torch.Tensor, book: Codebook) -> torch.Tensor:
        """Logits (B, N, groups, codes) where the vectors of the steps `before` (B, N, groups, depth) and of the step
        itself, `now`, are known: for training."""
        remembered, _ = self.remember(torch.cat([prepared, before.flatten(2)], -1))
        context = torch.cat([remembered, prepared], -1)
        return torch.stack([self.chances(g, torch.cat([context, now[:, :, :g].flatten(2)], -1), book)
                            for g in range(len(self.heads))], 2)  # fmt: skip

    def chances(self, group: int, known: torch.Tensor, book: Codebook) -> torch.Tensor:
        """Logits (..., codes) of one group of the life, of all that is known before it (..., memory + width + ...)."""
        _, codes, depth = book.vectors.shape
        feature, free = self.heads[group](known).split([depth, codes], -1)
        return free - book.distances_within(group, feature) * self.sharpness[1].exp()


def logits(features: torch.Tensor, book: Codebook, sharpness: torch.Tensor) -> torch.Tensor:
    """(..., groups, depth) -> (..., groups, codes): log of the probabilities but for a constant."""
    return -book.distances(features) * sharpness.exp()


def draw(logit: torch.Tensor, temperature: float, noise: torch.Tensor | None) -> torch.Tensor:
    """Codes of logits (..., codes): those of softmax(logit / temperature), drawn by Gumbel `noise` of the same shape
    (Gumbel 1954: the greatest of logits plus such noise is a sample); the most probable without noise or at 0."""
    if noise is None or temperature == 0:
        return logit.argmax(-1)
    return (logit / temperature + noise).argmax(-1)


class Sampler:
    """Draws the life of the face step by step; kept between windows."""

    def __init__(self, performer: Performer, book: Codebook, takes: int) -> None:
        self.performer, self.book = performer, book
        groups, _, depth = book.vectors.shape
        self.state = torch.zeros(1, takes, performer.shape.memory)
        self.last = torch.zeros(takes, groups * depth)

    def __call__(self, prepared: torch.Tensor, temperature: float, noise: torch.Tensor | None) -> torch.Tensor:
        """(takes, N, width) and Gumbel noise (takes, N, groups, codes) -> vectors (takes, N, groups, depth)."""
        performer, book = self.performer, self.book
        steps = []
        for n in range(prepared.shape[1]):
            heard = prepared[:, n]
            out, self.state = performer.remember(torch.cat([heard, self.last], -1)[:, None], self.state)
            context = torch.cat([out[:, 0], heard], -1)
            drawn: list[torch.Tensor] = []
            for g in range(len(performer.heads)):
                logit = performer.chances(g, torch.cat([context, *drawn], -1), book)
                code = draw(logit, temperature, None if noise is None else noise[:, n, g])
                drawn.append(book.vectors[g][code])
            self.last = torch.cat(drawn, -1)
            steps.append(torch.stack(drawn, 1))
        return torch.stack(steps, 1)


def code_loss(logit: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of logits (..., codes) and codes (...)."""
    return functional.cross_entropy(logit.flatten(0, -2), codes.flatten())
