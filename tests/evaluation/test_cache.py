# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import numpy as np
from mien.evaluation.cache import Cache


def test_a_key_is_made_once_and_another_key_anew(tmp_path: Path) -> None:
    calls = []

    def make() -> dict[str, np.ndarray]:
        calls.append(len(calls))
        return {"numbers": np.arange(3) + len(calls)}

    cache = Cache(tmp_path / "new")
    first, again = cache.recall(("a", "b"), make), cache.recall(("a", "b"), make)
    np.testing.assert_array_equal(first["numbers"], again["numbers"])
    assert calls == [0]
    assert cache.recall(("ab",), make)["numbers"][0] == 2
    assert not list(tmp_path.rglob("*.part"))


def test_without_a_folder_nothing_is_kept() -> None:
    counts = iter(range(9))
    cache = Cache(None)
    assert [int(cache.recall(("a",), lambda: {"n": np.array(next(counts))})["n"]) for _ in range(2)] == [0, 1]
