# SPDX-License-Identifier: GPL-3.0-or-later
import io

import pytest
from mien.audio.spliced import Spliced

PARTS = ((10, 20), (30, 30), (0, 5), (90, 100))
WHOLE = b"head" + bytes([*range(10, 20), *range(5), *range(90, 100)])


@pytest.fixture
def spliced() -> Spliced:
    return Spliced(b"head", io.BytesIO(bytes(range(100))), PARTS)


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_it_reads_as_its_parts_in_their_order(spliced: Spliced, size: int) -> None:
    with io.BufferedReader(spliced) as file:
        assert b"".join(iter(lambda: file.read(size), b"")) == WHOLE


def test_it_can_be_read_from_anywhere(spliced: Spliced) -> None:
    file = io.BufferedReader(spliced)
    for at in range(len(WHOLE) + 3):
        assert file.seek(at) == at and file.read(4) == WHOLE[at : at + 4]
    assert file.seek(0, 2) == len(WHOLE) and file.seek(-3, 1) == len(WHOLE) - 3 and file.read() == WHOLE[-3:]
