# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures that are kept as sums until they are asked for, so that those of many sequences add up."""

from __future__ import annotations

from dataclasses import fields
from typing import Self


class Sums:
    """A dataclass of numbers; two of them add up, one made of nothing being none."""

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def mean(total: float, count: int) -> float:
    """NaN of nothing."""
    return total / count if count else float("nan")
