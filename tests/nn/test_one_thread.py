# SPDX-License-Identifier: GPL-3.0-or-later
import torch
from mien.nn.one_thread import one_thread


def test_threads_are_as_before() -> None:
    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
