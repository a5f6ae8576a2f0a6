# SPDX-License-Identifier: GPL-3.0-or-later
"""Work of PyTorch that several threads make no faster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one thread: images of a face are so small that two of them wait for each other, and the encoder has a
    use for the other cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
